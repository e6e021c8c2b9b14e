//! Vectors of runs of consecutive segments, asked for as the aligner comes to need them.

use std::collections::HashMap;
use std::hash::Hash;
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

    /// One unit vector for any text, such as a part of a segment; nothing where only segments are known.
    ///
    /// # Errors
    /// When the model's computation fails.
    fn texts(&self, _texts: &[&str]) -> Result<Option<Vectors>, EmbedError> {
        Ok(None)
    }
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

    fn texts(&self, texts: &[&str]) -> Result<Option<Vectors>, EmbedError> {
        self.embedder.encode(texts).map(Some)
    }
}

/// Vectors that are remembered, for a pair that is weighed several times.
pub struct Remembered<'a> {
    /// Where vectors come from that are not remembered.
    inner: &'a dyn RunVectors,
    runs: Memory<(usize, usize)>,
    texts: Memory<Box<str>>,
}

impl<'a> Remembered<'a> {
    /// Nothing is remembered yet.
    pub fn new(inner: &'a dyn RunVectors) -> Self {
        Self {
            inner,
            runs: Memory::default(),
            texts: Memory::default(),
        }
    }
}

impl RunVectors for Remembered<'_> {
    fn singles(&self) -> &Vectors {
        self.inner.singles()
    }

    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let names: Vec<(usize, usize)> = runs.iter().map(|run| (run.start, run.end)).collect();
        let of_missing = |missing: &[(usize, usize)]| {
            let missing: Vec<Range<usize>> = missing.iter().map(|&(start, end)| start..end).collect();
            self.inner.runs(&missing).map(Some)
        };
        Ok(self.runs.recall(&names, of_missing)?.unwrap_or_default())
    }

    fn texts(&self, texts: &[&str]) -> Result<Option<Vectors>, EmbedError> {
        let names: Vec<Box<str>> = texts.iter().map(|&text| text.into()).collect();
        self.texts.recall(&names, |missing| {
            let missing: Vec<&str> = missing.iter().map(|text| &**text).collect();
            self.inner.texts(&missing)
        })
    }
}

/// Vectors by name.
struct Memory<N>(Mutex<HashMap<N, Box<[f32]>>>);

impl<N> Default for Memory<N> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<N: Clone + Eq + Hash> Memory<N> {
    /// One row a name, those not remembered from `compute`; nothing where that gives nothing.
    fn recall(
        &self,
        names: &[N],
        compute: impl FnOnce(&[N]) -> Result<Option<Vectors>, EmbedError>,
    ) -> Result<Option<Vectors>, EmbedError> {
        // What is kept is whole whenever the lock is free, and it is free while the model computes.
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let missing: Vec<N> = {
            let kept = kept();
            names.iter().filter(|&name| !kept.contains_key(name)).cloned().collect()
        };
        if !missing.is_empty() {
            let Some(vectors) = compute(&missing)? else {
                return Ok(None);
            };
            let rows = missing.into_iter().enumerate();
            kept().extend(rows.map(|(row, name)| (name, vectors.row(row).into())));
        }
        let kept = kept();
        let Some(width) = names.first().map(|name| kept[name].len()) else {
            return Ok(Some(Vectors::default()));
        };
        let rows = names.iter().flat_map(|name| kept[name].iter().copied()).collect();
        Ok(Some(Vectors::new(width, rows)))
    }
}

#[cfg(test)]
pub(crate) mod sums {
    use super::{EmbedError, Range, RunVectors, Vectors};

    /// Vectors of segments; a run's is the sum of them.
    #[derive(Debug)]
    pub(crate) struct Sums(pub(crate) Vectors);

    impl RunVectors for Sums {
        fn singles(&self) -> &Vectors {
            &self.0
        }

        fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
            let width = self.0.dimension();
            let sum = |run: &Range<usize>| {
                let column = |k: usize| run.clone().map(|segment| self.0.row(segment)[k]).sum::<f32>();
                (0..width).map(column).collect::<Vec<f32>>()
            };
            Ok(Vectors::new(width, runs.iter().flat_map(sum).collect()))
        }
    }
}
