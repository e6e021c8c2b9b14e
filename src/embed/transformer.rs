//! Encoders of the sentence-transformers library: BERT, `DistilBERT` and XLM-RoBERTa with what stands behind them.
//!
//! Everything is read from the model's own files: `modules.json` lists the stages, `config.json` describes the
//! transformer, and each later stage has a folder. What these files ask for and this module cannot do is refused by
//! name.
//!
//! On the processor, sentences are packed: the tokens of a batch lie end to end, so that no time is spent on padding and no sentence can
//! see another.

mod attention;
mod config;
mod encoder;
mod linear;
mod names;
mod on_device;
mod pooling;
mod quantize;
mod tokenizer;
mod weights;

pub use quantize::{Bits, QuantizeError, quantize};

use std::path::Path;

use rayon::prelude::*;
use tokenizers::Encoding;

use self::config::Description;
use self::encoder::{Batch, Encoder};
use self::on_device::DeviceEncoder;
use self::pooling::{Dense, Pooling};
use self::tokenizer::Tokenizer;
use self::weights::Weights;
use super::{Device, EmbedError, Embedder, Vectors, normalize};

/// Tokens of one batch, unless a single text has more: many enough to pay for reading the matrices, few enough to share
/// a page of text out among the threads.
const BUDGET: usize = 256;
/// The same on a graphics card, which wants more at once.
const DEVICE_BUDGET: usize = 16_384;

/// A model in a folder.
#[derive(Debug)]
pub struct Transformer {
    name: String,
    tokenizer: Tokenizer,
    max_tokens: usize,
    prompt: String,
    encoder: Backend,
    width: usize,
    pooling: Pooling,
    dense: Vec<Dense>,
    dimension: usize,
    languages: &'static [&'static str],
}

/// What computes the layers.
#[derive(Debug)]
enum Backend {
    Processor(Encoder),
    Device(DeviceEncoder),
}

/// What a caller may settle about a model beyond what its files say.
#[derive(Debug, Clone, Default)]
pub struct TransformerOptions {
    /// What stands before every text, in place of the default prompt of the model's files.
    pub prompt: Option<String>,
    /// How exactly the layers' matrices are kept.
    pub precision: Precision,
    /// Where they are computed. On other devices than the processor they are in 32 bits.
    pub device: Device,
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
        let tokenizer = Tokenizer::load(&folder.join("tokenizer.json"), description.max_tokens)
            .map_err(|error| failed(format!("tokenizer.json: {error}")))?;
        let mut weights = Weights::open(folder).map_err(failed)?;
        let config = &description.transformer;
        let device = options.device.open().map_err(|error| failed(error.to_string()))?;
        let encoder = match device {
            None => Backend::Processor(Encoder::load(config, &mut weights, options.precision)?),
            Some(device) => Backend::Device(DeviceEncoder::load(config, &mut weights, &device)?),
        };
        let (vocabulary, places) = match &encoder {
            Backend::Processor(encoder) => encoder.limits(),
            Backend::Device(encoder) => encoder.limits(),
        };
        if vocabulary < tokenizer.size() || places < description.max_tokens {
            return Err(failed(format!(
                "its weights know {vocabulary} tokens and {places} places in a text, fewer than its other files say"
            )));
        }
        let width = config.hidden_size;
        let mut dimension = width;
        let mut dense = Vec::new();
        for stage in &description.dense {
            let stage = Dense::load(stage, folder, dimension, name)?;
            dimension = stage.outputs();
            dense.push(stage);
        }
        Ok(Self {
            name: name.to_owned(),
            tokenizer,
            max_tokens: description.max_tokens,
            prompt: options.prompt.unwrap_or(description.prompt),
            encoder,
            width,
            pooling: description.pooling,
            dense,
            dimension,
            languages: options.languages,
        })
    }

    /// Ids of the tokens of `text`, with prompt and markers, cut at the model's limit.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn tokenize(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        Ok(self.tokens(text)?.get_ids().to_vec())
    }

    fn tokens(&self, text: &str) -> Result<Encoding, EmbedError> {
        let encoding = self.tokenizer.encode(format!("{}{text}", self.prompt));
        encoding.map_err(|error| EmbedError::Tokenize {
            model: self.name.clone(),
            reason: error.to_string(),
        })
    }

    /// Unit vectors from the last layer's states.
    fn pool(&self, states: &[f32], batch: &Batch) -> Vec<f32> {
        let mut rows = self.pooling.forward(states, batch, self.width);
        for dense in &self.dense {
            rows = dense.forward(&rows);
        }
        rows.chunks_exact_mut(self.dimension).for_each(normalize);
        rows
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

    fn count_cut(&self, texts: &[&str]) -> Result<usize, EmbedError> {
        // A token stands for a byte or more, but for ligatures of a kind that no text has many of.
        let long = texts
            .par_iter()
            .filter(|text| self.prompt.len() + text.len() + 2 > self.max_tokens);
        let cut: Vec<bool> = long
            .map(|text| Ok(!self.tokens(text)?.get_overflowing().is_empty()))
            .collect::<Result<_, EmbedError>>()?;
        Ok(cut.into_iter().filter(|&cut| cut).count())
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let tokens: Vec<Vec<u32>> = texts
            .par_iter()
            .map(|text| self.tokenize(text))
            .collect::<Result<_, _>>()?;
        // Texts of like length meet in a batch, so that batches are of like size.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| tokens[text].len());
        let batch = |texts: &&[usize]| Batch::new(texts.iter().map(|&text| tokens[text].as_slice()));
        let rows: Vec<Vec<f32>> = match &self.encoder {
            Backend::Processor(encoder) => batches(&order, &tokens, BUDGET)
                .par_iter()
                .with_max_len(1)
                .map(batch)
                .map(|batch| self.pool(&encoder.forward(&batch), &batch))
                .collect(),
            Backend::Device(encoder) => batches(&order, &tokens, DEVICE_BUDGET)
                .iter()
                .map(batch)
                .map(|batch| Ok(self.pool(&encoder.forward(&batch)?, &batch)))
                .collect::<Result<_, EmbedError>>()?,
        };
        Ok(Vectors::from_rows_in(&order, self.dimension, &rows))
    }
}

/// Cuts `order` into stretches of about `budget` tokens.
fn batches<'a>(order: &'a [usize], tokens: &[Vec<u32>], budget: usize) -> Vec<&'a [usize]> {
    let mut batches = Vec::new();
    let mut rest = order;
    while !rest.is_empty() {
        let mut sum = 0;
        let fitting = rest.iter().take_while(|&&text| {
            sum += tokens[text].len();
            sum <= budget
        });
        let (batch, others) = rest.split_at(fitting.count().max(1));
        batches.push(batch);
        rest = others;
    }
    batches
}
