//! The network: from tokens to sums of features, and from sums to unit vectors.

use candle_core::{Device, Result, Tensor};
use pulp::Arch;
use rayon::prelude::*;

use super::DIMENSION;
use super::batch::{Batch, Partial, Sequence};
use super::tokens::{FEATURES, TokenLayers};
use crate::embed::arithmetic::{sum, tanh};
use crate::embed::int8::Linear;

/// Batches that share the work on their pieces.
const BATCHES: usize = 12;
/// Rows of the head in one piece. From 65,536 elements on, candle hands an operation to threads of its own, which wait
/// for each other actively and do not know of the caller's limit.
const HEAD_ROWS: usize = 32;

/// All layers.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) tokens: TokenLayers,
    pub(super) pool: Linear,
    pub(super) head: [Block; 2],
    pub(super) epsilon: f32,
}

impl Network {
    /// Adds the features of all tokens of `sequences` up into `rows` rows of width [`FEATURES`].
    pub(super) fn sums(&self, sequences: Vec<Sequence>, rows: usize) -> Vec<f32> {
        let batches = Batch::pack(sequences);
        let partials: Vec<Partial> = batches
            .par_chunks(BATCHES)
            .map(|batches| self.tokens.sums(batches))
            .collect();
        let mut sums = vec![0.0; rows * FEATURES];
        for partial in &partials {
            partial.add_to(&mut sums);
        }
        sums
    }

    /// Unit vectors from sums of features and the number of tokens in each.
    pub(super) fn head(&self, sums: &[f32], counts: &[usize]) -> Result<Vec<f32>> {
        let groups = sums.par_chunks(HEAD_ROWS * FEATURES).zip(counts.par_chunks(HEAD_ROWS));
        let vectors: Vec<Vec<f32>> = groups
            .map(|(sums, counts)| self.head_group(sums, counts))
            .collect::<Result<_>>()?;
        Ok(vectors.concat())
    }

    fn head_group(&self, sums: &[f32], counts: &[usize]) -> Result<Vec<f32>> {
        let counts: Vec<f32> = counts.iter().map(|&count| count as f32).collect();
        let counts = Tensor::new(counts, &Device::Cpu)?.unsqueeze(1)?;
        let sums = Tensor::from_slice(sums, (counts.dim(0)?, FEATURES), &Device::Cpu)?;
        // The sum of projected tokens is the projected sum, with the bias once a token.
        let pooled = self
            .pool
            .forward(&sums.broadcast_div(&counts)?)?
            .broadcast_mul(&counts.sqrt()?)?;
        let [first, last] = &self.head;
        let mut vectors: Vec<f32> = last
            .forward(&first.forward(&pooled)?.relu()?)?
            .flatten_all()?
            .to_vec1()?;
        Arch::new().dispatch(|| {
            for vector in vectors.chunks_exact_mut(DIMENSION) {
                self.finish(vector);
            }
        });
        Ok(vectors)
    }

    /// Hyperbolic tangent and unit length.
    #[inline(always)]
    fn finish(&self, vector: &mut [f32]) {
        for value in vector.iter_mut() {
            *value = tanh(*value);
        }
        let length = sum(vector, |value| value * value).max(self.epsilon).sqrt();
        for value in vector {
            *value /= length;
        }
    }
}

/// A residual block of the head: a hidden layer beside a linear shortcut.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) hidden: Linear,
    pub(super) output: Linear,
    pub(super) shortcut: Linear,
}

impl Block {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        self.shortcut.forward(input)? + self.output.forward(&self.hidden.forward(input)?.relu()?)?
    }
}
