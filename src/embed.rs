//! Sentence encoders: text in, unit vectors out.
//!
//! A *dual encoder* with shared parameters embeds source and target into one space (Feng et al. 2020, §2); two texts
//! are compatible to the degree of the dot product of their unit vectors. [`Embedder`] is the one trait that every
//! model implements.

pub(crate) mod arithmetic;
pub mod cache;
pub mod coverage;
pub mod cut;
mod device;
pub mod hub;
mod int8;
mod kernel;
pub mod laser;
pub mod models;
mod sentencepiece;
mod source;
pub mod transformer;
pub mod use_multilingual;

use std::ops::Range;

pub use device::{Device, DeviceError};
pub use laser::Laser;
pub use source::ModelSource;
pub use transformer::{Precision, Transformer, TransformerOptions};
pub use use_multilingual::UseMultilingual;

/// Rows of equal width, each of Euclidean length 1, stored row after row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vectors {
    dimension: usize,
    data: Vec<f32>,
}

impl Vectors {
    /// Wraps `data`, the rows of width `dimension` one after another.
    ///
    /// # Panics
    /// In debug builds, when `data` is not a whole number of rows.
    pub fn new(dimension: usize, data: Vec<f32>) -> Self {
        debug_assert!(dimension > 0 && data.len().is_multiple_of(dimension));
        Self { dimension, data }
    }

    /// Gathers rows that were computed in another order: number `n` of all `parts` is row `order[n]`.
    fn from_rows_in(order: &[usize], dimension: usize, parts: &[Vec<f32>]) -> Self {
        let mut data = vec![0.0; order.len() * dimension];
        let rows = parts.iter().flat_map(|part| part.chunks_exact(dimension));
        for (&place, row) in order.iter().zip(rows) {
            data[place * dimension..(place + 1) * dimension].copy_from_slice(row);
        }
        Self { dimension, data }
    }

    /// Rows of zeros, to be [`Vectors::put`] in their places.
    pub fn zeros(dimension: usize, rows: usize) -> Self {
        Self {
            dimension,
            data: vec![0.0; dimension * rows],
        }
    }

    /// Replaces the rows from `first` on by those of `chunk`, which has the same dimension.
    pub fn put(&mut self, first: usize, chunk: &Self) {
        let start = first * self.dimension;
        self.data[start..start + chunk.data.len()].copy_from_slice(&chunk.data);
    }

    /// Width of a row.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.data.len().checked_div(self.dimension).unwrap_or(0)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Row `index`.
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.dimension..(index + 1) * self.dimension]
    }

    /// A copy of some rows.
    #[must_use]
    pub fn rows(&self, rows: Range<usize>) -> Self {
        Self {
            dimension: self.dimension,
            data: self.data[rows.start * self.dimension..rows.end * self.dimension].to_vec(),
        }
    }

    /// All rows, one after another.
    pub fn as_slice(&self) -> &[f32] {
        &self.data
    }

    /// Appends the rows of `other`, which has the same dimension (or either is empty).
    pub fn append(&mut self, other: Self) {
        if self.is_empty() {
            *self = other;
        } else {
            self.data.extend(other.data);
        }
    }
}

/// Why texts could not be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The tensor library refused.
    #[error("the model could not be computed: {0}")]
    Compute(#[from] candle_core::Error),
    /// The model's tokenizer refused a text.
    #[error("the tokenizer of {model} failed: {reason}")]
    Tokenize {
        /// Name of the model.
        model: String,
        /// What it says.
        reason: String,
    },
    /// No model has this name.
    #[error(
        "there is no model {name}: give one of {known}, a folder in the sentence-transformers format, or OWNER/NAME as on \
         the Hugging Face hub"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// The known names.
        known: String,
    },
    /// The model is not on this machine.
    #[error("the model {model} is not on this machine; `enface models pull {model}` downloads it")]
    Absent {
        /// The model, as it is typed.
        model: String,
    },
    /// The model's files are damaged or of another kind than expected.
    #[error("the model {model} could not be loaded: {reason}")]
    Load {
        /// Name of the model.
        model: String,
        /// What is wrong.
        reason: String,
    },
}

/// A sentence encoder.
pub trait Embedder: Send + Sync {
    /// Name as the user types it, such as `use-multilingual`.
    fn name(&self) -> &str;

    /// Width of its vectors.
    fn dimension(&self) -> usize;

    /// The most tokens of a text that it reads, or `None` where a text may have any length.
    fn max_tokens(&self) -> Option<usize>;

    /// BCP 47 tags of the languages it was trained on.
    fn languages(&self) -> &[&str];

    /// Embeds `texts`; row `n` of the result belongs to text `n`, whatever the batching inside.
    ///
    /// Runs on rayon's current thread pool, so a caller limits the threads by calling from a pool of its own.
    ///
    /// # Errors
    /// When the computation fails; never because of what a text contains.
    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError>;

    /// How many of `texts` are longer than [`Embedder::max_tokens`], so that their ends are not read.
    ///
    /// # Errors
    /// When a text cannot be cut into tokens.
    fn count_cut(&self, _texts: &[&str]) -> Result<usize, EmbedError> {
        Ok(0)
    }

    /// Embeds runs of consecutive texts, each as if joined by one space. Every run is a non-empty range of indexes of
    /// `texts`, of which only those that a run covers are read; row `n` of the result belongs to run `n`.
    ///
    /// A model that adds tokens up shares the work among overlapping runs of one call: hand over the runs of a stretch
    /// of the document together, one hundred segments or more.
    ///
    /// # Errors
    /// As [`Embedder::encode`].
    fn encode_runs(&self, texts: &[&str], runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let joined: Vec<String> = runs.iter().map(|run| texts[run.clone()].join(" ")).collect();
        let joined: Vec<&str> = joined.iter().map(String::as_str).collect();
        self.encode(&joined)
    }
}

impl<E: Embedder + ?Sized> Embedder for Box<E> {
    fn count_cut(&self, texts: &[&str]) -> Result<usize, EmbedError> {
        (**self).count_cut(texts)
    }

    fn name(&self) -> &str {
        (**self).name()
    }

    fn dimension(&self) -> usize {
        (**self).dimension()
    }

    fn max_tokens(&self) -> Option<usize> {
        (**self).max_tokens()
    }

    fn languages(&self) -> &[&str] {
        (**self).languages()
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        (**self).encode(texts)
    }

    fn encode_runs(&self, texts: &[&str], runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        (**self).encode_runs(texts, runs)
    }
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
