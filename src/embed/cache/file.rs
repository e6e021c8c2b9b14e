//! One file of vectors: magic, identity (length u32, UTF-8), dimension (u32), count (u64), a fingerprint (u128) and a
//! row of 16-bit floats a text, and a fingerprint of all that; little endian.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use half::f16;

use super::fingerprint;

/// Of the names of files with vectors.
pub(super) const EXTENSION: &str = "vectors";
const MAGIC: &[u8] = b"enface vectors 1";
/// Bytes of a fingerprint.
const FINGERPRINT: usize = size_of::<u128>();

/// A file that was found whole.
#[derive(Debug)]
pub(super) struct VectorFile {
    file: File,
    dimension: usize,
    /// Where the first row stands.
    rows: u64,
}

impl VectorFile {
    /// Opens and checks a file, and gives the fingerprints of its texts in the order of its rows. Nothing for a file
    /// that is damaged or belongs to another model.
    pub(super) fn open(path: &Path, identity: &str, dimension: usize) -> io::Result<Option<(Self, Vec<u128>)>> {
        let mut file = File::open(path)?;
        let mut data = Vec::new();
        file.read_to_end(&mut data)?;
        let header = header(identity, dimension);
        let Some((content, sum)) = data.split_last_chunk::<FINGERPRINT>() else {
            return Ok(None);
        };
        if fingerprint(content) != u128::from_le_bytes(*sum) {
            return Ok(None);
        }
        let body = content
            .strip_prefix(header.as_slice())
            .and_then(|rest| rest.split_first_chunk());
        let Some((count, body)) = body else { return Ok(None) };
        let count = u64::from_le_bytes(*count) as usize;
        if count.checked_mul(FINGERPRINT + dimension * size_of::<f16>()) != Some(body.len()) {
            return Ok(None);
        }
        let (fingerprints, _) = body.split_at(count * FINGERPRINT);
        let rows = (content.len() - body.len() + fingerprints.len()) as u64;
        let fingerprints = fingerprints
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| u128::from_le_bytes(bytes))
            .collect();
        Ok(Some((Self { file, dimension, rows }, fingerprints)))
    }

    pub(super) fn read(&mut self, row: usize) -> io::Result<Vec<f16>> {
        let mut data = vec![0; self.dimension * size_of::<f16>()];
        self.file.seek(SeekFrom::Start(self.rows + (row * data.len()) as u64))?;
        self.file.read_exact(&mut data)?;
        Ok(data
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f16::from_le_bytes(bytes))
            .collect())
    }
}

/// Writes a file of its own for `vectors`, named after what it holds.
pub(super) fn write(
    folder: &Path,
    identity: &str,
    dimension: usize,
    vectors: &HashMap<u128, Vec<f16>>,
) -> io::Result<PathBuf> {
    let mut entries: Vec<(&u128, &Vec<f16>)> = vectors.iter().collect();
    entries.sort_unstable_by_key(|(text, _)| **text);
    let mut data = header(identity, dimension);
    data.extend((entries.len() as u64).to_le_bytes());
    data.extend(entries.iter().flat_map(|(text, _)| text.to_le_bytes()));
    data.extend(
        entries
            .iter()
            .flat_map(|(_, row)| row.iter().flat_map(|value| value.to_le_bytes())),
    );
    let sum = fingerprint(&data);
    data.extend(sum.to_le_bytes());
    let path = folder.join(format!("{sum:032x}.{EXTENSION}"));
    let unfinished = folder.join(format!("{sum:032x}.{}.part", std::process::id()));
    fs::write(&unfinished, &data)?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}

fn header(identity: &str, dimension: usize) -> Vec<u8> {
    let length = (identity.len() as u32).to_le_bytes();
    [MAGIC, &length, identity.as_bytes(), &(dimension as u32).to_le_bytes()].concat()
}
