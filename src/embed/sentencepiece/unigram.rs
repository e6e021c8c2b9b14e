//! Segmentation under a unigram language model: the sequence of pieces with the highest sum of scores (Viterbi).

use std::ops::Range;

use super::TableError;
use super::trie::Trie;

/// A piece of the vocabulary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) id: u32,
    /// Log probability.
    pub(crate) score: f32,
}

/// Below the worst piece by this much stands an unknown character.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A vocabulary and its scores.
#[derive(Debug)]
pub(crate) struct Unigram {
    trie: Trie,
    unknown: u32,
    unknown_score: f64,
}

/// The best way to reach a place in the text.
#[derive(Clone, Copy)]
struct Best {
    score: f64,
    start: usize,
    id: u32,
}

impl Unigram {
    /// A model of `pieces`, which stand in the order of their bytes, each once. `unknown` is the id that characters
    /// outside the vocabulary get.
    pub(crate) fn new(pieces: &[Piece], unknown: u32) -> Result<Self, TableError> {
        let worst = pieces.iter().map(|piece| piece.score).fold(f32::INFINITY, f32::min);
        Ok(Self {
            trie: Trie::new(pieces)?,
            unknown,
            unknown_score: f64::from(worst) - UNKNOWN_PENALTY,
        })
    }

    /// Id of a whole piece.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        self.trie.find(text)
    }

    /// The id of what is not known.
    pub(crate) fn unknown(&self) -> u32 {
        self.unknown
    }

    /// Ids of the best segmentation; of equal ones, the one whose pieces start earliest, as in SentencePiece.
    pub(crate) fn segment(&self, text: &str) -> Vec<u32> {
        self.segments(text).into_iter().map(|(id, _)| id).collect()
    }

    /// The same with each piece's place.
    pub(crate) fn segments(&self, text: &str) -> Vec<(u32, Range<usize>)> {
        let best = self.best(text);
        let mut segments = Vec::new();
        let mut end = text.len();
        while end > 0 {
            let Best { start, id, .. } = best[end];
            segments.push((id, start..end));
            end = start;
        }
        segments.reverse();
        segments
    }

    /// The best way to each place.
    fn best(&self, text: &str) -> Vec<Best> {
        let unreached = Best {
            score: f64::NEG_INFINITY,
            start: 0,
            id: self.unknown,
        };
        let mut best = vec![unreached; text.len() + 1];
        best[0].score = 0.0;
        for (start, character) in text.char_indices() {
            let base = best[start].score;
            let mut known = false;
            for (end, id, score) in self.trie.prefixes(text.as_bytes(), start) {
                known |= end - start == character.len_utf8();
                let score = base + f64::from(score);
                improve(&mut best[end], Best { score, start, id });
            }
            if !known {
                let unknown = Best {
                    score: base + self.unknown_score,
                    start,
                    id: self.unknown,
                };
                improve(&mut best[start + character.len_utf8()], unknown);
            }
        }
        best
    }
}

fn improve(best: &mut Best, candidate: Best) {
    if candidate.score > best.score {
        *best = candidate;
    }
}
