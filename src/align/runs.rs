//! Vectors of runs of consecutive segments, asked for as the aligner comes to need them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

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

/// Runs whose vectors are remembered, for a pair that is weighed several times.
pub struct Remembered<'a> {
    /// Where vectors come from that are not remembered.
    inner: &'a dyn RunVectors,
    kept: Mutex<HashMap<(usize, usize), Row>>,
}

/// One vector.
type Row = Box<[f32]>;

impl<'a> Remembered<'a> {
    /// Nothing is remembered yet.
    pub fn new(inner: &'a dyn RunVectors) -> Self {
        Self {
            inner,
            kept: Mutex::default(),
        }
    }
}

impl RunVectors for Remembered<'_> {
    fn singles(&self) -> &Vectors {
        self.inner.singles()
    }

    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let name = |run: &Range<usize>| (run.start, run.end);
        // What is kept is whole whenever the lock is free, and it is free while the model computes.
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: Vec<Range<usize>> = {
            let kept = kept();
            runs.iter()
                .filter(|run| !kept.contains_key(&name(run)))
                .cloned()
                .collect()
        };
        let vectors = if missing.is_empty() {
            Vectors::default()
        } else {
            self.inner.runs(&missing)?
        };
        let mut kept = kept();
        let rows = missing.iter().enumerate();
        kept.extend(rows.map(|(row, run)| (name(run), vectors.row(row).into())));
        let rows: Vec<f32> = runs.iter().flat_map(|run| kept[&name(run)].iter().copied()).collect();
        Ok(if rows.is_empty() {
            Vectors::default()
        } else {
            Vectors::new(self.singles().dimension(), rows)
        })
    }
}
