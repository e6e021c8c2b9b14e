//! Vectors of runs of consecutive segments, asked for as the aligner comes to need them.

use std::ops::Range;

use crate::embed::{EmbedError, Embedder, Vectors};

/// A document's vectors: one a segment, and one for any run of consecutive segments as if they were a single text.
pub trait RunVectors: Sync {
    /// One unit vector a segment, in order.
    fn singles(&self) -> &Vectors;

    /// One unit vector a run; row `n` belongs to run `n`. Every run is a non-empty range of segments.
    ///
    /// # Errors
    /// When the model's computation fails.
    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError>;
}

/// A document's texts as an [`Embedder`] encoded them.
#[derive(Clone, Copy)]
pub struct EmbeddedTexts<'a> {
    /// The model that made `vectors`.
    pub embedder: &'a dyn Embedder,
    /// The segments' texts.
    pub texts: &'a [&'a str],
    /// One vector a segment.
    pub vectors: &'a Vectors,
}

impl RunVectors for EmbeddedTexts<'_> {
    fn singles(&self) -> &Vectors {
        self.vectors
    }

    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        self.embedder.encode_runs(self.texts, runs)
    }
}
