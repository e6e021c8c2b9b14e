//! The space that vectors are compared in: maps that move one side of a pair, and the whitening that opens it up.

mod adapter;
pub mod compact;
pub mod whiten;

use candle_core::{Device, Storage, Tensor};
use rayon::prelude::*;

pub use adapter::{Adapter, AdapterError, Glossary};

use crate::embed::Vectors;
use crate::rank::cosine;

/// `x -> normalise((x - mean) M)`, with `M` stored row after row, `dimension` x `dimension`.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    mean: Vec<f32>,
    matrix: Vec<f32>,
}

impl Map {
    /// The map that changes nothing but the length.
    pub fn identity(dimension: usize) -> Self {
        let mut matrix = vec![0.0; dimension * dimension];
        matrix.iter_mut().step_by(dimension + 1).for_each(|cell| *cell = 1.0);
        Self {
            mean: vec![0.0; dimension],
            matrix,
        }
    }

    /// A map from its mean (length d) and matrix (d x d, row after row).
    ///
    /// # Panics
    /// In debug builds, when the sizes do not fit together.
    pub fn new(mean: Vec<f32>, matrix: Vec<f32>) -> Self {
        debug_assert_eq!(mean.len() * mean.len(), matrix.len());
        Self { mean, matrix }
    }

    /// Width of the vectors it takes and gives.
    pub fn dimension(&self) -> usize {
        self.mean.len()
    }

    /// The mean that is subtracted first.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// The matrix, row after row.
    pub fn matrix(&self) -> &[f32] {
        &self.matrix
    }

    /// Maps every row. A vector that the map sends to zero stays zero.
    ///
    /// # Errors
    /// When the tensor library refuses, as it does for vectors of another dimension.
    pub fn apply(&self, vectors: &Vectors) -> Result<Vectors, candle_core::Error> {
        if vectors.is_empty() {
            return Ok(vectors.clone());
        }
        if vectors.dimension() != self.dimension() {
            candle_core::bail!("vectors {} wide for a map of {}", vectors.dimension(), self.dimension());
        }
        let width = self.dimension();
        let matrix = tensor(&self.matrix, width)?;
        let mut mapped = vec![0.0; vectors.as_slice().len()];
        let chunks = mapped.par_chunks_mut(ROWS * width);
        chunks
            .zip(vectors.as_slice().par_chunks(ROWS * width))
            .try_for_each(|(mapped, rows)| self.apply_to(rows, &matrix, mapped))?;
        Ok(Vectors::new(width, mapped))
    }

    fn apply_to(&self, rows: &[f32], matrix: &Tensor, mapped: &mut [f32]) -> Result<(), candle_core::Error> {
        let width = self.dimension();
        let mut centred = Vec::with_capacity(rows.len());
        for row in rows.chunks_exact(width) {
            centred.extend(row.iter().zip(&self.mean).map(|(value, mean)| value - mean));
        }
        let product = Tensor::from_vec(centred, (rows.len() / width, width), &Device::Cpu)?.matmul(matrix)?;
        // Read where it lies: copying it first takes a noticeable part of the whole.
        let (storage, _) = product.storage_and_layout();
        let Storage::Cpu(storage) = &*storage else {
            candle_core::bail!("a product on the processor that lies elsewhere");
        };
        let product = storage.as_slice::<f32>()?;
        for (mapped, row) in mapped.chunks_exact_mut(width).zip(product.chunks_exact(width)) {
            let scale = 1.0 / cosine(row, row).sqrt().max(SHORTEST);
            mapped.iter_mut().zip(row).for_each(|(to, value)| *to = value * scale);
        }
        Ok(())
    }
}

/// Rows mapped at a time.
const ROWS: usize = 512;
/// Length below which a vector counts as zero.
const SHORTEST: f32 = 1e-9;

pub(crate) fn tensor(rows: &[f32], width: usize) -> Result<Tensor, candle_core::Error> {
    Tensor::from_slice(rows, (rows.len() / width.max(1), width), &Device::Cpu)
}
