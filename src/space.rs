//! The space that vectors are compared in: maps that move one side of a pair, and the whitening that opens it up.

mod adapter;
pub mod whiten;

use candle_core::{Device, Tensor};

pub use adapter::{Adapter, AdapterError, Glossary};

use crate::embed::Vectors;

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
        let rows = tensor(vectors.as_slice(), self.dimension())?;
        let mean = tensor(&self.mean, self.dimension())?;
        let mapped = rows
            .broadcast_sub(&mean)?
            .matmul(&tensor(&self.matrix, self.dimension())?)?;
        let unit = normalise(&mapped)?.0;
        Ok(Vectors::new(self.dimension(), unit.flatten_all()?.to_vec1()?))
    }
}

pub(crate) fn tensor(rows: &[f32], width: usize) -> Result<Tensor, candle_core::Error> {
    Tensor::from_slice(rows, (rows.len() / width.max(1), width), &Device::Cpu)
}

/// Rows at unit length, and the lengths they had (a column, never zero).
pub(crate) fn normalise(rows: &Tensor) -> Result<(Tensor, Tensor), candle_core::Error> {
    let lengths = rows.sqr()?.sum_keepdim(1)?.sqrt()?.maximum(1e-9)?;
    Ok((rows.broadcast_div(&lengths)?, lengths))
}
