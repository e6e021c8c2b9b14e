//! Scaled dot-product attention (Vaswani et al. 2017, eq. 1) within each sequence of a batch.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

use std::ops::Range;

use pulp::Arch;

use crate::embed::arithmetic::{exp, sum};

/// From queries, keys and values side by side, [tokens, 3 * width], to the states they select, [tokens, width]. Tokens
/// of other sequences are never looked at, so there is no mask.
pub(super) struct Attention<'a> {
    /// Added to queries, keys and values first.
    pub(super) bias: &'a [f32],
    pub(super) heads: usize,
    pub(super) sequences: &'a [Range<usize>],
}

impl Attention<'_> {
    /// Replaces `output` by the states that the queries of `input` select.
    pub(super) fn forward(&self, input: &[f32], output: &mut Vec<f32>) {
        output.clear();
        output.resize(input.len() / 3, 0.0);
        let inputs = self.bias.len();
        for sequence in self.sequences {
            let output = &mut output[sequence.start * inputs / 3..sequence.end * inputs / 3];
            let input = &input[sequence.start * inputs..sequence.end * inputs];
            Arch::new().dispatch(|| self.sequence(input, output));
        }
    }

    #[inline(always)]
    fn sequence(&self, input: &[f32], output: &mut [f32]) {
        let width = self.bias.len() / 3;
        let size = width / self.heads;
        let tokens = (output.len() / width).max(1);
        let [mut queries, mut keys, mut values, mut columns] = [(); 4].map(|()| vec![0.0; tokens * size]);
        let mut scores = vec![0.0; tokens];
        for head in 0..self.heads {
            for (part, rows) in [&mut queries, &mut keys, &mut values].into_iter().enumerate() {
                self.gather(input, part * width + head * size, rows, size);
            }
            // Column by column, the scores of all keys grow side by side and nothing is summed across a register.
            for (column, columns) in columns.chunks_exact_mut(tokens).enumerate() {
                for (value, key) in columns.iter_mut().zip(keys.chunks_exact(size)) {
                    *value = key[column] / (size as f32).sqrt();
                }
            }
            for (query, output) in queries.chunks_exact(size).zip(output.chunks_exact_mut(width)) {
                scores.fill(0.0);
                for (&query, column) in query.iter().zip(columns.chunks_exact(tokens)) {
                    for (score, key) in scores.iter_mut().zip(column) {
                        *score += query * key;
                    }
                }
                softmax(&mut scores);
                let output = &mut output[head * size..(head + 1) * size];
                for (&score, value) in scores.iter().zip(values.chunks_exact(size)) {
                    output
                        .iter_mut()
                        .zip(value)
                        .for_each(|(output, value)| *output += score * value);
                }
            }
        }
    }

    /// Copies some columns of all rows, with the bias added.
    #[inline(always)]
    fn gather(&self, input: &[f32], column: usize, rows: &mut [f32], size: usize) {
        let columns = column..column + size;
        let bias = &self.bias[columns.clone()];
        for (row, input) in rows.chunks_exact_mut(size).zip(input.chunks_exact(self.bias.len())) {
            for (value, (input, bias)) in row.iter_mut().zip(input[columns.clone()].iter().zip(bias)) {
                *value = input + bias;
            }
        }
    }
}

#[inline(always)]
fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for score in scores.iter_mut() {
        *score = exp(*score - largest);
    }
    let total = sum(scores, |score| score);
    for score in scores {
        *score /= total;
    }
}
