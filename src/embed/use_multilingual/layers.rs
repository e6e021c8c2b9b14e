//! The network, layer by layer.

use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::layer_norm;
use rayon::prelude::*;

use super::DIMENSION;
use super::batch::{Batch, Partial, Sequence};

/// Width of a row of the table.
const EMBEDDING: usize = 512;
/// Blocks of the table, each with a scale of its own: piece `id` stands in block `id % BLOCKS`.
const BLOCKS: usize = 17;
/// Width of one n-gram branch.
const BRANCH: usize = 256;
/// Width of a token's features.
pub(super) const FEATURES: usize = EMBEDDING + ORDERS.len() * BRANCH;
/// Order of each n-gram branch, and how many tokens its window starts before the token.
pub(super) const ORDERS: [(usize, usize); 3] = [(2, 0), (3, 1), (5, 2)];

/// All layers.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) embedding: Embedding,
    pub(super) projection: Linear,
    pub(super) projection_norm: Norm,
    pub(super) branches: [Branch; ORDERS.len()],
    pub(super) norm: Norm,
    pub(super) pool: Linear,
    pub(super) head: [Block; 2],
    pub(super) epsilon: f32,
}

impl Network {
    /// Adds the features of all tokens of `sequences` up into `rows` rows of width [`FEATURES`].
    pub(super) fn sums(&self, sequences: Vec<Sequence>, rows: usize) -> Result<Vec<f32>> {
        let batches = Batch::pack(sequences);
        let partials: Vec<Partial> = batches
            .par_iter()
            .map(|batch| {
                let features = self.features(batch)?.flatten_all()?.to_vec1()?;
                Ok(Partial::new(&batch.rows, &features, FEATURES))
            })
            .collect::<Result<_>>()?;
        let mut sums = vec![0.0; rows * FEATURES];
        for partial in &partials {
            partial.add_to(&mut sums);
        }
        Ok(sums)
    }

    /// Features of each token, [tokens, FEATURES].
    fn features(&self, batch: &Batch) -> Result<Tensor> {
        let embedded = self.embedding.forward(&batch.ids)?;
        let projected = self.projection_norm.forward(&self.projection.forward(&embedded)?)?;
        let mut features = vec![embedded];
        for (index, branch) in self.branches.iter().enumerate() {
            let own = projected.narrow(1, index * BRANCH, BRANCH)?.contiguous()?;
            let (order, left) = ORDERS[index];
            features.push(branch.forward(&own, &batch.windows(order, left))?);
        }
        self.norm.forward(&Tensor::cat(&features, 1)?)
    }

    /// Unit vectors from sums of features and the number of tokens in each.
    pub(super) fn head(&self, sums: &[f32], counts: &[usize]) -> Result<Vec<f32>> {
        let counts: Vec<f32> = counts.iter().map(|&count| count as f32).collect();
        let counts = Tensor::new(counts, &Device::Cpu)?.unsqueeze(1)?;
        let sums = Tensor::from_slice(sums, (counts.dim(0)?, FEATURES), &Device::Cpu)?;
        // The sum of projected tokens is the projected sum, with the bias once a token.
        let pooled = sums.broadcast_div(&counts)?;
        let pooled = self.pool.forward(&pooled)?.broadcast_mul(&counts.sqrt()?)?;
        let [first, last] = &self.head;
        let vectors = last.forward(&first.forward(&pooled)?.relu()?)?.tanh()?;
        let squares = vectors
            .sqr()?
            .sum_keepdim(D::Minus1)?
            .maximum(f64::from(self.epsilon))?;
        let vectors = vectors.broadcast_div(&squares.sqrt()?)?;
        debug_assert_eq!(vectors.dim(1)?, DIMENSION);
        vectors.flatten_all()?.to_vec1()
    }
}

/// The table of piece vectors, in 6 bits a number.
#[derive(Debug)]
pub(super) struct Embedding {
    /// Levels, [block, row, EMBEDDING].
    pub(super) levels: Vec<u8>,
    pub(super) scale: Vec<f32>,
    pub(super) offset: Vec<f32>,
}

impl Embedding {
    fn forward(&self, ids: &[u32]) -> Result<Tensor> {
        let rows = self.levels.len() / EMBEDDING / BLOCKS;
        let mut embedded = Vec::with_capacity(ids.len() * EMBEDDING);
        for &id in ids {
            let (block, row) = (id as usize % BLOCKS, id as usize / BLOCKS);
            let start = (block * rows + row) * EMBEDDING;
            let levels = &self.levels[start..start + EMBEDDING];
            embedded.extend(
                levels
                    .iter()
                    .map(|&level| f32::from(level) * self.scale[block] + self.offset[block]),
            );
        }
        Tensor::from_vec(embedded, (ids.len(), EMBEDDING), &Device::Cpu)
    }
}

/// A matrix [in, out] and a bias.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

impl Linear {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        input.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

/// Normalisation of a row to mean 0 and variance 1, then a scale and an offset a column.
#[derive(Debug)]
pub(super) struct Norm {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
    pub(super) epsilon: f32,
}

impl Norm {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        layer_norm(input, &self.weight, &self.bias, self.epsilon)
    }
}

/// Two residual convolutions over n-grams of one order.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) convolutions: [Linear; 2],
}

impl Branch {
    /// `windows` holds the places of each token's n-gram, where the number of tokens stands for zeros.
    fn forward(&self, input: &Tensor, windows: &[u32]) -> Result<Tensor> {
        let tokens = input.dim(0)?;
        let zeros = Tensor::zeros((1, BRANCH), input.dtype(), input.device())?;
        let windows = Tensor::new(windows, input.device())?;
        let mut output = input.clone();
        for convolution in &self.convolutions {
            let ngrams = Tensor::cat(&[&output, &zeros], 0)?
                .index_select(&windows, 0)?
                .reshape((tokens, ()))?;
            output = (convolution.forward(&ngrams)?.relu()? + output)?;
        }
        Ok(output)
    }
}

/// A residual block of the head: a hidden layer beside a linear shortcut. No biases.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) hidden: Tensor,
    pub(super) output: Tensor,
    pub(super) shortcut: Tensor,
}

impl Block {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        input.matmul(&self.shortcut)? + input.matmul(&self.hidden)?.relu()?.matmul(&self.output)?
    }
}
