//! LASER2: layers of LSTM in both directions, and the largest value of each column over all tokens (Artetxe & Schwenk
//! 2019, "Massively Multilingual Sentence Embeddings"; Heffernan et al. 2022, §3).
//!
//! Its files are `laser2.pt` and `laser2.spm`; `laser2.cvocab` stands in where the former holds no vocabulary. Text is
//! treated as in the package `laser_encoders`.

mod checkpoint;
mod lstm;
mod text;

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use rayon::prelude::*;

use self::checkpoint::Checkpoint;
use self::lstm::Lstm;
use self::text::Normalizer;
use super::sentencepiece::{SentencePiece, file};
use super::{EmbedError, Embedder, Vectors, normalize};

/// Names of its files.
pub const FILES: [&str; 3] = ["laser2.pt", "laser2.spm", "laser2.cvocab"];

/// Tokens read of a text: as many as LASER's own scripts put into one batch.
const MAX_TOKENS: usize = 12_000;
/// Texts that go through the layers side by side, which pays for reading the matrices at every token.
const TEXTS: usize = 48;

/// Ids with a meaning.
const END: u32 = 2;
const UNKNOWN: u32 = 3;
/// Ids before the first piece of a `.cvocab` file.
const SPECIAL: u32 = 4;

/// A LASER2 in a folder.
#[derive(Debug)]
pub struct Laser {
    name: String,
    normalizer: Normalizer,
    tokenizer: SentencePiece,
    /// Ids of the model by those of the tokenizer.
    ids: Vec<u32>,
    /// The tokenizer's id for what it does not know.
    unknown: u32,
    /// Embeddings, row after row.
    table: Vec<f32>,
    width: usize,
    layers: Lstm,
    languages: &'static [&'static str],
}

impl Laser {
    /// Whether `folder` holds its files.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(FILES[0]).exists()
    }

    /// Reads the model in `folder`.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn load(name: &str, folder: &Path, languages: &'static [&'static str]) -> Result<Self, EmbedError> {
        let failed = |reason: String| EmbedError::Load {
            model: name.to_owned(),
            reason,
        };
        let of_file = |file: &str, error: &dyn std::fmt::Display| failed(format!("{file}: {error}"));
        let [model, pieces, vocabulary] = FILES;
        let mut checkpoint = Checkpoint::open(&folder.join(model)).map_err(|error| of_file(model, &error))?;
        let bytes = fs::read(folder.join(pieces)).map_err(|error| of_file(pieces, &error))?;
        let spm = file::read(&bytes).map_err(|error| of_file(pieces, &error))?;
        let dictionary = match checkpoint.dictionary.take() {
            Some(dictionary) => dictionary,
            None => read_vocabulary(&folder.join(vocabulary)).map_err(|error| of_file(vocabulary, &error))?,
        };
        let id = |piece: &&str| dictionary.get(*piece).copied().unwrap_or(UNKNOWN);
        let ids: Vec<u32> = spm.pieces.iter().map(id).collect();
        let layers = Lstm::load(&checkpoint).map_err(|error| of_file(model, &error))?;
        let width = checkpoint.width;
        let table = checkpoint
            .floats("embed_tokens.weight", width)
            .map_err(|error| of_file(model, &error))?;
        if ids.iter().any(|&id| (id as usize + 1) * width > table.len()) {
            return Err(failed("its vocabulary has more pieces than the model".to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            normalizer: Normalizer::new().map_err(|error| failed(error.to_string()))?,
            unknown: spm.unknown,
            tokenizer: spm.tokenizer,
            ids,
            table,
            width,
            layers,
            languages,
        })
    }

    fn pieces(&self, text: &str) -> Vec<u32> {
        let mut pieces = self.tokenizer.encode(&self.normalizer.apply(text));
        // Unknown characters in a row are one piece.
        pieces.dedup_by(|next, before| *next == self.unknown && *before == self.unknown);
        pieces
    }

    /// Ids of the pieces of `text` and the marker of its end.
    pub fn tokenize(&self, text: &str) -> Vec<u32> {
        let pieces = self.pieces(text);
        let id = |piece: u32| self.ids.get(piece as usize).copied().unwrap_or(UNKNOWN);
        let mut ids: Vec<u32> = pieces.into_iter().take(MAX_TOKENS - 1).map(id).collect();
        ids.push(END);
        ids
    }

    /// Unit vectors of texts, the longest first, given as their tokens.
    fn encode_batch(&self, texts: &[&[u32]]) -> Vec<f32> {
        let mut input = Vec::new();
        let mut sequences: Vec<Range<usize>> = Vec::with_capacity(texts.len());
        for ids in texts {
            let start = sequences.last().map_or(0, |sequence| sequence.end);
            sequences.push(start..start + ids.len());
            for &id in *ids {
                input.extend(&self.table[id as usize * self.width..][..self.width]);
            }
        }
        let width = self.layers.outputs();
        let states = self.layers.forward(input, &sequences);
        let mut rows = Vec::with_capacity(texts.len() * width);
        for sequence in sequences {
            let mut row = vec![f32::NEG_INFINITY; width];
            for state in states[sequence.start * width..sequence.end * width].chunks_exact(width) {
                row.iter_mut()
                    .zip(state)
                    .for_each(|(most, &value)| *most = most.max(value));
            }
            normalize(&mut row);
            rows.extend(row);
        }
        rows
    }
}

impl Embedder for Laser {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimension(&self) -> usize {
        self.layers.outputs()
    }

    fn max_tokens(&self) -> Option<usize> {
        Some(MAX_TOKENS)
    }

    fn languages(&self) -> &[&str] {
        self.languages
    }

    fn count_cut(&self, texts: &[&str]) -> Result<usize, EmbedError> {
        let long = texts.par_iter().filter(|text| text.len() >= MAX_TOKENS);
        Ok(long.filter(|text| self.pieces(text).len() >= MAX_TOKENS).count())
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let tokens: Vec<Vec<u32>> = texts.par_iter().map(|text| self.tokenize(text)).collect();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| std::cmp::Reverse(tokens[text].len()));
        let rows: Vec<Vec<f32>> = order
            .par_chunks(TEXTS)
            .map(|texts| {
                let tokens: Vec<&[u32]> = texts.iter().map(|&text| tokens[text].as_slice()).collect();
                self.encode_batch(&tokens)
            })
            .collect();
        Ok(Vectors::from_rows_in(&order, self.dimension(), &rows))
    }
}

/// Reads a `.cvocab`: a piece and its count a line.
fn read_vocabulary(path: &Path) -> std::io::Result<HashMap<String, u32>> {
    let text = fs::read_to_string(path)?;
    let pieces = text.lines().filter_map(|line| line.rsplit_once(' '));
    Ok(pieces
        .zip(SPECIAL..)
        .map(|((piece, _), id)| (piece.to_owned(), id))
        .collect())
}
