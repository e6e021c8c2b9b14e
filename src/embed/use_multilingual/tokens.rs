//! The layers that see tokens, as far as the sum over them.
//!
//! Matrices hold 8-bit levels of one scale (that is how the model was published), so products are computed in integers.
//! Activations are rounded to 16 bits in fixed steps: a token's features then come out the same to the last bit in
//! whatever company it is computed.
//!
//! Up to its first convolution the model looks at each token alone, and a convolution adds up a product of each token
//! in the window. These products are computed once for each piece that occurs, and added up where it occurs.

use pulp::Arch;

use super::batch::{Batch, Partial};
use crate::embed::arithmetic::Norm;
use crate::embed::int8::{Linear, quantize};

/// Width of a row of the table.
pub(super) const EMBEDDING: usize = 512;
/// Blocks of the table, each with a scale of its own: piece `id` stands in block `id % BLOCKS`.
const BLOCKS: usize = 17;
/// Width of one n-gram branch.
pub(super) const BRANCH: usize = 256;
/// Number of n-gram branches.
pub(super) const BRANCHES: usize = 3;
/// Width of what the branches start from.
const INPUT: usize = BRANCHES * BRANCH;
/// Width of a token's features.
pub(super) const FEATURES: usize = EMBEDDING + INPUT;
/// Pieces whose products are computed together: the working set stays in the cache.
const PIECES: usize = 384;
/// Steps of the activations that enter a branch's first and second convolution. Over the whole vocabulary the former
/// stay below 20; over 800,000 tokens of text in a hundred languages the latter stay below 82.
const INPUT_STEP: f32 = 1.0 / 512.0;
const HIDDEN_STEP: f32 = 1.0 / 128.0;

/// From tokens to sums of features.
#[derive(Debug)]
pub(super) struct TokenLayers {
    pub(super) table: Table,
    /// From the table to all branches.
    pub(super) projection: Linear,
    /// What a row of ones is projected to, without bias.
    pub(super) projected_one: Vec<f32>,
    pub(super) projection_norm: Norm,
    pub(super) branches: Vec<Branch>,
    pub(super) norm: Norm,
}

/// The table of piece vectors, in 6 bits a number.
#[derive(Debug)]
pub(super) struct Table {
    /// Levels, [block, row, EMBEDDING].
    pub(super) levels: Vec<u8>,
    /// Value of one level, and of level 0, in each block.
    pub(super) scale: Vec<f32>,
    pub(super) offset: Vec<f32>,
}

/// Two residual convolutions over n-grams, each `x + relu(W [x_(t-left) .. x_(t-left+order-1)] + b)`, where tokens
/// outside the sequence are zeros.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) order: usize,
    /// How many tokens the window starts before the token.
    pub(super) left: usize,
    /// The window's places side by side, [BRANCH, order * BRANCH]. The bias belongs to their sum.
    pub(super) first: Linear,
    /// The window's places one below the other, [order * BRANCH, BRANCH].
    pub(super) second: Linear,
}

/// What the layers make of each piece of a text by itself.
#[derive(Debug)]
struct Vocabulary {
    /// The pieces, in ascending order.
    ids: Vec<u32>,
    /// What the branches start from, [ids, INPUT].
    inputs: Vec<f32>,
    /// For each branch the sums in its first convolution's products, [ids, order * BRANCH].
    products: Vec<Vec<i32>>,
}

impl TokenLayers {
    /// Adds the features of the tokens of `batches` up, by the row that each counts towards.
    pub(super) fn sums(&self, batches: &[Batch]) -> Partial {
        let mut ids: Vec<u32> = batches.iter().flat_map(Batch::ids).copied().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        let vocabulary = self.vocabulary(ids);
        let mut partial = Partial::new(FEATURES);
        for batch in batches {
            self.add_batch(batch, &vocabulary, &mut partial);
        }
        partial
    }

    fn vocabulary(&self, ids: Vec<u32>) -> Vocabulary {
        let mut inputs = Vec::with_capacity(ids.len() * INPUT);
        let mut products = vec![Vec::new(); self.branches.len()];
        for ids in ids.chunks(PIECES) {
            let chunk = self.inputs(ids);
            let mut activations = vec![0; chunk.len()];
            quantize(&chunk, INPUT_STEP, &mut activations);
            for (index, (branch, products)) in self.branches.iter().zip(&mut products).enumerate() {
                let starts: Vec<usize> = (0..ids.len()).map(|row| row * INPUT + index * BRANCH).collect();
                products.extend(branch.first.weights.multiply(&activations, &starts));
            }
            inputs.extend(chunk);
        }
        Vocabulary { ids, inputs, products }
    }

    /// What the branches start from, for each of `ids`. Levels are integers: nothing is rounded in the product.
    fn inputs(&self, ids: &[u32]) -> Vec<f32> {
        let Linear { weights, scale, bias } = &self.projection;
        let activations: Vec<i16> = ids
            .iter()
            .flat_map(|&id| self.table.row(id))
            .map(|&level| level.into())
            .collect();
        let starts: Vec<usize> = (0..ids.len()).map(|row| row * EMBEDDING).collect();
        let sums = weights.multiply(&activations, &starts);
        let mut inputs = vec![0.0; sums.len()];
        Arch::new().dispatch(|| {
            let rows = inputs.chunks_exact_mut(INPUT).zip(sums.chunks_exact(INPUT));
            for (&id, (input, sums)) in ids.iter().zip(rows) {
                let (row_scale, row_offset) = self.table.scale_and_offset(id);
                let columns = sums.iter().zip(scale).zip(bias).zip(&self.projected_one);
                for (input, (((&sum, scale), bias), one)) in input.iter_mut().zip(columns) {
                    *input = sum as f32 * (row_scale * scale) + (row_offset * one + bias);
                }
                self.projection_norm.apply(input);
            }
        });
        inputs
    }

    fn add_batch(&self, batch: &Batch, vocabulary: &Vocabulary, partial: &mut Partial) {
        let slots: Vec<Option<usize>> = batch
            .ids()
            .iter()
            .map(|id| vocabulary.ids.binary_search(id.as_ref()?).ok())
            .collect();
        let kept: Vec<usize> = (0..slots.len())
            .filter(|&place| batch.rows()[place].is_some())
            .collect();
        let mut features = vec![0.0; kept.len() * FEATURES];
        Arch::new().dispatch(|| {
            for (&place, features) in kept.iter().zip(features.chunks_exact_mut(FEATURES)) {
                if let Some(id) = batch.ids()[place] {
                    self.table.write(id, &mut features[..EMBEDDING]);
                }
            }
        });
        for (index, branch) in self.branches.iter().enumerate() {
            let hidden = branch.hidden(index, &slots, vocabulary);
            branch.write(&hidden, &kept, EMBEDDING + index * BRANCH, &mut features);
        }
        Arch::new().dispatch(|| {
            for (&place, features) in kept.iter().zip(features.chunks_exact_mut(FEATURES)) {
                self.norm.apply(features);
                if let Some(row) = batch.rows()[place] {
                    partial.add(row, features);
                }
            }
        });
    }
}

impl Table {
    fn row(&self, id: u32) -> &[u8] {
        let rows = self.levels.len() / EMBEDDING / BLOCKS;
        let (block, row) = (id as usize % BLOCKS, id as usize / BLOCKS);
        let start = (block * rows + row) * EMBEDDING;
        &self.levels[start..start + EMBEDDING]
    }

    fn scale_and_offset(&self, id: u32) -> (f32, f32) {
        let block = id as usize % BLOCKS;
        (self.scale[block], self.offset[block])
    }

    #[inline(always)]
    fn write(&self, id: u32, output: &mut [f32]) {
        let (scale, offset) = self.scale_and_offset(id);
        for (output, &level) in output.iter_mut().zip(self.row(id)) {
            *output = f32::from(level) * scale + offset;
        }
    }
}

impl Branch {
    /// Output of the first convolution at every place, [places, BRANCH]; zeros where there is no token.
    fn hidden(&self, index: usize, slots: &[Option<usize>], vocabulary: &Vocabulary) -> Vec<f32> {
        let products = &vocabulary.products[index];
        let width = self.order * BRANCH;
        let mut hidden = vec![0.0; slots.len() * BRANCH];
        Arch::new().dispatch(|| {
            for (place, hidden) in hidden.chunks_exact_mut(BRANCH).enumerate() {
                let Some(own) = slots[place] else { continue };
                let mut sums = [0; BRANCH];
                for (at, slot) in slots[place - self.left..].iter().take(self.order).enumerate() {
                    let Some(slot) = slot else { continue };
                    let products = &products[slot * width + at * BRANCH..][..BRANCH];
                    sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
                }
                let input = &vocabulary.inputs[own * INPUT + index * BRANCH..][..BRANCH];
                self.first.finish(&sums, INPUT_STEP, input, hidden);
            }
        });
        hidden
    }

    /// Writes the output of the second convolution at the `kept` places into `features`, from `column` on.
    fn write(&self, hidden: &[f32], kept: &[usize], column: usize, features: &mut [f32]) {
        let mut activations = vec![0; hidden.len()];
        quantize(hidden, HIDDEN_STEP, &mut activations);
        // With zeros between the sequences, the window of a token is one stretch of memory.
        let starts: Vec<usize> = kept.iter().map(|place| (place - self.left) * BRANCH).collect();
        let sums = self.second.weights.multiply(&activations, &starts);
        Arch::new().dispatch(|| {
            let rows = features.chunks_exact_mut(FEATURES).zip(sums.chunks_exact(BRANCH));
            for (place, (features, sums)) in kept.iter().zip(rows) {
                let hidden = &hidden[place * BRANCH..][..BRANCH];
                self.second
                    .finish(sums, HIDDEN_STEP, hidden, &mut features[column..column + BRANCH]);
            }
        });
    }
}
