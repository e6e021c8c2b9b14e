//! The normaliser: a character map applied by longest match, and SentencePiece's treatment of white space.

use super::{SPACE, TableError};

/// SentencePiece's `precompiled_charsmap`: a double-array trie (Darts) over UTF-8 keys, whose values are offsets into
/// a table of NUL-terminated replacements.
#[derive(Debug)]
pub(crate) struct Charsmap {
    units: Vec<u32>,
    replacements: String,
}

impl Charsmap {
    /// Leaves every character as it is.
    pub(crate) fn identity() -> Self {
        Self {
            units: vec![0],
            replacements: String::new(),
        }
    }

    /// Reads the blob: length of the trie in bytes (u32, little endian), its units (u32), the replacements.
    pub(crate) fn from_bytes(blob: &[u8]) -> Result<Self, TableError> {
        let (length, rest) = blob.split_first_chunk().ok_or(TableError::Charsmap)?;
        let (trie, replacements) = rest
            .split_at_checked(u32::from_le_bytes(*length) as usize)
            .ok_or(TableError::Charsmap)?;
        let units: Vec<u32> = trie
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| u32::from_le_bytes(bytes))
            .collect();
        if units.is_empty() {
            return Err(TableError::Charsmap);
        }
        let replacements = str::from_utf8(replacements)
            .map_err(|_| TableError::Charsmap)?
            .to_owned();
        Ok(Self { units, replacements })
    }

    /// Maps `text`, folds runs of spaces into one, drops them at both ends, and writes each space, and one before the
    /// first character, as U+2581. Empty when nothing but spaces is left.
    pub(crate) fn normalize(&self, text: &str) -> String {
        let mut rest = text;
        while let Some((" ", length)) = self.longest_match(rest) {
            rest = &rest[length..];
        }
        let mut normalized = String::with_capacity(text.len() + SPACE.len());
        if rest.is_empty() {
            return normalized;
        }
        normalized.push_str(SPACE);
        let mut after_space = true;
        while let Some((mapped, length)) = self.longest_match(rest) {
            rest = &rest[length..];
            let mapped = if after_space {
                mapped.trim_start_matches(' ')
            } else {
                mapped
            };
            if mapped.is_empty() {
                continue;
            }
            after_space = mapped.ends_with(' ');
            push_escaped(&mut normalized, mapped);
        }
        normalized.truncate(normalized.trim_end_matches(SPACE).len());
        normalized
    }

    /// What the longest key at the beginning of `text` becomes, and that key's length; without a key, the first
    /// character as it is. `None` at the end of the text.
    fn longest_match<'a>(&'a self, text: &'a str) -> Option<(&'a str, usize)> {
        let first = text.chars().next()?.len_utf8();
        let mut node = offset(self.units[0]);
        let mut best = None;
        for (index, byte) in text.bytes().enumerate() {
            node ^= usize::from(byte);
            let Some(&unit) = self.units.get(node) else { break };
            if unit & 0x8000_00FF != u32::from(byte) {
                break;
            }
            node ^= offset(unit);
            if unit & 0x100 != 0 {
                best = self.units.get(node).map(|leaf| (leaf & 0x7FFF_FFFF, index + 1));
            }
        }
        let replaced = best.and_then(|(start, length)| Some((self.replacement(start as usize)?, length)));
        Some(replaced.unwrap_or((&text[..first], first)))
    }

    fn replacement(&self, start: usize) -> Option<&str> {
        self.replacements.get(start..)?.split('\0').next()
    }
}

/// Where a unit's children lie, relative to the unit (exclusive-or).
fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 0x200) >> 6)) as usize
}

fn push_escaped(normalized: &mut String, mapped: &str) {
    for (index, part) in mapped.split(' ').enumerate() {
        if index > 0 {
            normalized.push_str(SPACE);
        }
        normalized.push_str(part);
    }
}
