//! Encoders of the sentence-transformers library: BERT and XLM-RoBERTa with what stands behind them.
//!
//! Everything is read from the model's own files: `modules.json` lists the stages, `config.json` describes the
//! transformer, and each later stage has a folder. What these files ask for and this module cannot do is refused by
//! name.
//!
//! Sentences are packed: the tokens of a batch lie end to end, so that no time is spent on padding and no sentence can
//! see another.

mod attention;
mod config;
mod encoder;
mod pooling;
mod weights;

use std::path::Path;

use candle_core::{Device, Tensor};
use rayon::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};

use self::config::Description;
use self::encoder::{Batch, Encoder};
use self::pooling::{Dense, Pooling};
use self::weights::Weights;
use super::{EmbedError, Embedder, Vectors};

/// Tokens of one batch, unless a single text has more.
const BUDGET: usize = 1024;

/// A model in a folder.
#[derive(Debug)]
pub struct Transformer {
    name: String,
    tokenizer: Tokenizer,
    max_tokens: usize,
    prompt: String,
    encoder: Encoder,
    pooling: Pooling,
    dense: Vec<Dense>,
    dimension: usize,
    languages: &'static [&'static str],
}

/// What a caller may settle about a model beyond what its files say.
#[derive(Debug, Clone, Default)]
pub struct TransformerOptions {
    /// What stands before every text, in place of the default prompt of the model's files.
    pub prompt: Option<String>,
    /// How exactly the layers' matrices are kept.
    pub precision: Precision,
    /// BCP 47 tags of the languages it was trained on, where they are known.
    pub languages: &'static [&'static str],
}

/// How exactly the matrices of a model's layers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// In 32 bits: vectors are the original's.
    #[default]
    Full,
    /// Rounded to 8 bits while the model is loaded: half the memory and faster, with vectors that differ slightly.
    EightBit,
}

/// Says why the program could not use the model whose descriptions, and no weights yet, lie in `folder`.
///
/// # Errors
/// When a description is missing or damaged, or asks for something that this program cannot do.
pub fn check(folder: &Path) -> Result<(), String> {
    Description::read(folder).map(drop)
}

impl Transformer {
    /// Reads the model in `folder`, in the format of sentence-transformers.
    ///
    /// # Errors
    /// When a file is missing or damaged, or asks for something that this program cannot do.
    pub fn load(name: &str, folder: &Path, options: TransformerOptions) -> Result<Self, EmbedError> {
        let failed = |reason: String| EmbedError::Load {
            model: name.to_owned(),
            reason,
        };
        let description = Description::read(folder).map_err(failed)?;
        let mut tokenizer = Tokenizer::from_file(folder.join("tokenizer.json"))
            .map_err(|error| failed(format!("tokenizer.json: {error}")))?;
        let truncation = TruncationParams {
            max_length: description.max_tokens,
            ..TruncationParams::default()
        };
        tokenizer
            .with_truncation(Some(truncation))
            .map_err(|error| failed(error.to_string()))?;
        tokenizer.with_padding(None);
        let mut weights = Weights::open(folder).map_err(failed)?;
        let encoder = Encoder::load(&description.transformer, &mut weights, options.precision)?;
        let dense: Vec<Dense> = description
            .dense
            .iter()
            .map(|stage| Dense::load(stage, folder, name))
            .collect::<Result<_, _>>()?;
        let width = description.transformer.hidden_size;
        Ok(Self {
            name: name.to_owned(),
            tokenizer,
            max_tokens: description.max_tokens,
            prompt: options.prompt.unwrap_or(description.prompt),
            encoder,
            pooling: description.pooling,
            dimension: dense.last().map_or(width, Dense::outputs),
            dense,
            languages: options.languages,
        })
    }

    /// Ids of the tokens of `text`, with prompt and markers, cut at the model's limit.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let encoding = self.tokenizer.encode_fast(format!("{}{text}", self.prompt), true);
        let failed = |error: tokenizers::Error| EmbedError::Tokenize {
            model: self.name.clone(),
            reason: error.to_string(),
        };
        Ok(encoding.map_err(failed)?.get_ids().to_vec())
    }

    fn encode_batch(&self, batch: &Batch) -> Result<Vec<f32>, EmbedError> {
        let states = self.encoder.forward(batch)?;
        let pooled = self
            .pooling
            .forward(&states.flatten_all()?.to_vec1()?, batch, self.encoder.width());
        let mut rows = Tensor::from_vec(pooled, (batch.len(), self.encoder.width()), &Device::Cpu)?;
        for dense in &self.dense {
            rows = dense.forward(&rows)?;
        }
        let mut rows: Vec<f32> = rows.flatten_all()?.to_vec1()?;
        rows.chunks_exact_mut(self.dimension).for_each(normalize);
        Ok(rows)
    }
}

impl Embedder for Transformer {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn max_tokens(&self) -> Option<usize> {
        Some(self.max_tokens)
    }

    fn languages(&self) -> &[&str] {
        self.languages
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let tokens: Vec<Vec<u32>> = texts
            .par_iter()
            .map(|text| self.tokenize(text))
            .collect::<Result<_, _>>()?;
        // Texts of like length meet in a batch, so that batches are of like size.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| tokens[text].len());
        let mut vectors = vec![0.0; texts.len() * self.dimension];
        for texts in batches(&order, &tokens) {
            let batch = Batch::new(texts.iter().map(|&text| tokens[text].as_slice()));
            let rows = self.encode_batch(&batch)?;
            for (text, row) in texts.iter().zip(rows.chunks_exact(self.dimension)) {
                vectors[text * self.dimension..(text + 1) * self.dimension].copy_from_slice(row);
            }
        }
        Ok(Vectors::new(self.dimension, vectors))
    }
}

/// Cuts `order` into stretches of about [`BUDGET`] tokens.
fn batches<'a>(order: &'a [usize], tokens: &[Vec<u32>]) -> Vec<&'a [usize]> {
    let mut batches = Vec::new();
    let mut rest = order;
    while !rest.is_empty() {
        let mut sum = 0;
        let fitting = rest.iter().take_while(|&&text| {
            sum += tokens[text].len();
            sum <= BUDGET
        });
        let (batch, others) = rest.split_at(fitting.count().max(1));
        batches.push(batch);
        rest = others;
    }
    batches
}

/// Scales a row to length 1; a row of zeros, which has no direction, becomes the first axis.
fn normalize(row: &mut [f32]) {
    let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 && length.is_finite() {
        for value in row {
            *value /= length;
        }
    } else {
        row.fill(0.0);
        row[0] = 1.0;
    }
}
