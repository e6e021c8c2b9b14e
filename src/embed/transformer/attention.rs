//! Scaled dot-product attention (Vaswani et al. 2017, eq. 1) within each sequence of a batch.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

use std::ops::Range;

use pulp::Arch;

use crate::embed::arithmetic::{exp, maximum, sum};
use crate::embed::kernel::float::Matrix;

/// From queries, keys and values side by side, [tokens, 3 * width], to the states they select, [tokens, width]. Tokens
/// of other sequences are never looked at, so there is no mask.
pub(super) struct Attention<'a> {
    /// Added to queries, keys and values first.
    pub(super) bias: &'a [f32],
    pub(super) heads: usize,
    pub(super) sequences: &'a [Range<usize>],
}

/// What the heads write to in turn.
struct Scratch {
    queries: Vec<f32>,
    keys: Matrix,
    scores: Vec<f32>,
    values: Matrix,
    context: Vec<f32>,
}

impl Attention<'_> {
    /// Adds the bias to `input`, and replaces `output` by the states that the queries select.
    pub(super) fn forward(&self, input: &mut [f32], output: &mut Vec<f32>) {
        let inputs = self.bias.len();
        for row in input.chunks_exact_mut(inputs) {
            row.iter_mut().zip(self.bias).for_each(|(value, bias)| *value += bias);
        }
        output.clear();
        output.resize(input.len() / 3, 0.0);
        let mut scratch = Scratch {
            queries: Vec::new(),
            keys: Matrix::empty(),
            scores: Vec::new(),
            values: Matrix::empty(),
            context: Vec::new(),
        };
        for sequence in self.sequences {
            let output = &mut output[sequence.start * inputs / 3..sequence.end * inputs / 3];
            let input = &input[sequence.start * inputs..sequence.end * inputs];
            for head in 0..self.heads {
                self.head(head, input, output, &mut scratch);
            }
        }
    }

    /// One head of one sequence.
    fn head(&self, head: usize, input: &[f32], output: &mut [f32], scratch: &mut Scratch) {
        let width = self.bias.len() / 3;
        let size = width / self.heads;
        let tokens = output.len() / width;
        let part = |part: usize| {
            let first = part * width + head * size;
            input
                .chunks_exact(self.bias.len())
                .map(move |row| &row[first..first + size])
        };
        scratch.queries.clear();
        part(0).for_each(|query| scratch.queries.extend(query));
        scratch.keys.set_columns(size, part(1));
        scratch.scores.resize(tokens * tokens, 0.0);
        scratch.keys.multiply(&scratch.queries, &mut scratch.scores);
        let scale = (size as f32).sqrt().recip();
        Arch::new().dispatch(|| {
            for scores in scratch.scores.chunks_exact_mut(tokens.max(1)) {
                softmax(scores, scale);
            }
        });
        scratch.values.set_rows(size, part(2));
        scratch.context.resize(tokens * size, 0.0);
        scratch.values.multiply(&scratch.scores, &mut scratch.context);
        let rows = output.chunks_exact_mut(width).zip(scratch.context.chunks_exact(size));
        for (output, context) in rows {
            output[head * size..(head + 1) * size].copy_from_slice(context);
        }
    }
}

/// Turns products into weights that sum to 1.
#[inline(always)]
fn softmax(scores: &mut [f32], scale: f32) {
    let largest = maximum(scores);
    for score in scores.iter_mut() {
        *score = exp((*score - largest) * scale);
    }
    let factor = sum(scores, |score| score).recip();
    for score in scores {
        *score *= factor;
    }
}
