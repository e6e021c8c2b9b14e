//! The bundled model: Google's Universal Sentence Encoder, multilingual, version 3 (Yang et al. 2020, "Multilingual
//! Universal Sentence Encoder for Semantic Retrieval"), in the variant of convolutions over n-grams.
//!
//! ```text
//! text --> pieces --> table (512) --> projection, norm (3 x 256) --> n-grams of 2, 3, 5: two residual convolutions
//!      --> [table | 2 | 3 | 5] (1280) --> norm --> sum over tokens / sqrt(count) --> residual head --> tanh --> L2
//! ```
//!
//! A token's features depend on the four tokens on either side of it and on nothing else. Long texts are therefore
//! computed in stretches (module `batch`), and joined texts from shared parts (module `runs`), without approximation.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

mod asset;
mod batch;
mod network;
mod runs;
mod tokens;

use std::ops::Range;

use rayon::prelude::*;

use self::batch::Sequence;
use self::network::Network;
use super::sentencepiece::SentencePiece;
use super::{EmbedError, Embedder, Vectors};

/// Name as the user types it.
pub const NAME: &str = "use-multilingual";

/// BCP 47 tags of the languages it was trained on.
pub const LANGUAGES: [&str; 16] = [
    "ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh", "zh-TW",
];

const DIMENSION: usize = 512;
/// Texts of one unit of parallel work.
const TEXTS: usize = 128;
/// Runs that share their parts.
const RUNS: usize = 1024;

/// Piece ids with a meaning.
const UNKNOWN: u32 = 0;
const BEGIN: u32 = 1;
const END: u32 = 2;

/// Universal Sentence Encoder, multilingual, version 3.
#[derive(Debug)]
pub struct UseMultilingual {
    tokenizer: SentencePiece,
    network: Network,
}

impl UseMultilingual {
    /// Unpacks the model that is built into the program. Takes a fraction of a second and 80 MB: keep one and share it.
    ///
    /// # Errors
    /// When the built-in files are damaged.
    pub fn load() -> Result<Self, EmbedError> {
        let (tokenizer, network) = rayon::join(asset::tokenizer, asset::network);
        Ok(Self {
            tokenizer: tokenizer?,
            network: network?,
        })
    }

    /// Ids of the pieces of `text` between the markers of beginning and end; an empty text is one unknown piece.
    pub fn tokenize(&self, text: &str) -> Vec<u32> {
        enclose(&self.tokenizer.encode(text))
    }

    fn encode_group(&self, texts: &[&str]) -> Result<Vec<f32>, EmbedError> {
        let tokens: Vec<Vec<u32>> = texts.iter().map(|text| self.tokenize(text)).collect();
        let counts: Vec<usize> = tokens.iter().map(Vec::len).collect();
        let sequences = tokens
            .into_iter()
            .enumerate()
            .map(|(row, ids)| Sequence::whole(ids, row))
            .collect();
        let sums = self.network.sums(sequences, texts.len());
        Ok(self.network.head(&sums, &counts)?)
    }
}

impl Embedder for UseMultilingual {
    fn name(&self) -> &str {
        NAME
    }

    fn dimension(&self) -> usize {
        DIMENSION
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn languages(&self) -> &[&str] {
        &LANGUAGES
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let groups: Result<Vec<_>, _> = texts.par_chunks(TEXTS).map(|group| self.encode_group(group)).collect();
        Ok(Vectors::new(DIMENSION, groups?.concat()))
    }

    fn encode_runs(&self, texts: &[&str], runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let mut order: Vec<usize> = (0..runs.len()).collect();
        order.sort_unstable_by_key(|&run| runs[run].start);
        let groups: Result<Vec<_>, EmbedError> = order
            .par_chunks(RUNS)
            .map(|group| {
                let group: Vec<Range<usize>> = group.iter().map(|&run| runs[run].clone()).collect();
                self.encode_run_group(texts, &group)
            })
            .collect();
        let mut vectors = vec![0.0; runs.len() * DIMENSION];
        for (run, vector) in order.into_iter().zip(groups?.concat().chunks_exact(DIMENSION)) {
            vectors[run * DIMENSION..(run + 1) * DIMENSION].copy_from_slice(vector);
        }
        Ok(Vectors::new(DIMENSION, vectors))
    }
}

/// Adds the markers of beginning and end, and gives an empty text its one unknown piece.
fn enclose(pieces: &[u32]) -> Vec<u32> {
    let pieces = if pieces.is_empty() { &[UNKNOWN] } else { pieces };
    [&[BEGIN], pieces, &[END]].concat()
}
