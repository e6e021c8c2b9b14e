//! Sentence segmentation: a paragraph in, its sentences out.
//!
//! The rules are data (module `srx`), so that a user can bring a house rule file and a language needs no code. The `srx`
//! crate was weighed as the engine and left: it runs every rule over the whole text and misses overlapping matches, by
//! its own account. Unicode's sentence boundaries (UAX #29) were left too: they know no abbreviations and
//! split "said he" from its quotation only by the case of a letter; suppression lists for them are no standard.

mod boundary;
mod srx;

use unicode_segmentation::UnicodeSegmentation;

use boundary::Boundaries;
pub use srx::{Rule, Srx, SrxError};

/// The rule file that ships with the program.
const BUNDLED: &str = include_str!("../../assets/segmentation/rules.srx");

/// A sentence longer than this many characters is cut: no encoder reads more, and no screen shows it.
pub const LONGEST_SEGMENT: usize = 2000;

/// Cuts paragraphs of one language into sentences.
pub struct Segmenter {
    boundaries: Boundaries,
}

impl Segmenter {
    /// A segmenter with the bundled rules for `language` (a BCP 47 tag); `und` for an unknown one.
    ///
    /// # Errors
    /// Never with the bundled rules, which the tests compile for every language.
    pub fn bundled(language: &str) -> Result<Self, SrxError> {
        Self::new(&Srx::parse(BUNDLED)?, language)
    }

    /// A segmenter with the rules that `srx` has for `language`.
    ///
    /// # Errors
    /// When no rules are meant for the language, or one of them is no regular expression that the engine can run
    /// (look-around, back references and Unicode `\b` are not).
    pub fn new(srx: &Srx, language: &str) -> Result<Self, SrxError> {
        Ok(Self {
            boundaries: Boundaries::new(&srx.rules(language)?)?,
        })
    }

    /// The sentences of `paragraph`: not empty, without white space at their ends, in order, and together all of the
    /// paragraph but white space. Sentences over [`LONGEST_SEGMENT`] characters are cut.
    pub fn segment<'text>(&mut self, paragraph: &'text str) -> Vec<&'text str> {
        let mut sentences = Vec::new();
        let mut start = 0;
        let ends = self.boundaries.find(paragraph);
        for end in ends.into_iter().chain([paragraph.len()]) {
            push_pieces(paragraph[start..end].trim(), &mut sentences);
            start = end;
        }
        sentences
    }
}

/// Adds `sentence`, cut where it is too long, without empty pieces.
fn push_pieces<'text>(mut sentence: &'text str, pieces: &mut Vec<&'text str>) {
    while let Some((limit, _)) = sentence.char_indices().nth(LONGEST_SEGMENT) {
        let (head, tail) = sentence.split_at(cut_before(&sentence[..limit]));
        pieces.push(head.trim_end());
        sentence = tail.trim_start();
    }
    if !sentence.is_empty() {
        pieces.push(sentence);
    }
}

/// Where to cut a text that goes on too long: after the last clause, else at the last space, else between graphemes. The
/// first half is left alone, lest pieces get tiny.
fn cut_before(head: &str) -> usize {
    let half = head.char_indices().nth(LONGEST_SEGMENT / 2).map_or(0, |(at, _)| at);
    let clause = |character: char| {
        matches!(
            character,
            ';' | ':' | ',' | '；' | '：' | '，' | '、' | '؛' | '،' | '—' | '–'
        )
    };
    let after = |found: usize| found + head[found..].chars().next().map_or(0, char::len_utf8);
    let clause_end = head.rfind(clause).map(after).filter(|&at| at > half && at < head.len());
    let space = || head.rfind(char::is_whitespace).filter(|&at| at > half);
    let grapheme = || {
        head.grapheme_indices(true)
            .next_back()
            .map(|(at, _)| at)
            .filter(|&at| at > half)
    };
    clause_end.or_else(space).or_else(grapheme).unwrap_or(head.len())
}
