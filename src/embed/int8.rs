//! Linear layers with 8-bit weights, and the rounding of what enters them.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use pulp::Arch;
use rayon::prelude::*;

use super::arithmetic::largest;
use super::kernel::integer::Weights;

/// Most steps from zero that an activation may be, as long as a matrix has no more than 1,280 inputs.
pub(super) const LARGEST_LEVEL: f32 = 12_000.0;
/// Largest size of a weight's level.
const LARGEST_WEIGHT: f32 = 127.0;
/// Adding it leaves the nearest integer in the low bits of a float.
const ROUNDING: f32 = 12_582_912.0;
/// A row whose values are all smaller counts as zeros.
const SMALLEST: f32 = 1e-30;
/// Rows of one unit of parallel work.
const ROWS: usize = 96;

/// A matrix [in, out] in 8 bits, with the value of one level in each column, and a bias.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weights: Weights,
    pub(super) scale: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Linear {
    /// A layer without a bias from the levels of a matrix [out, in], as `PyTorch` keeps it, and a scale for each output.
    pub(super) fn from_rows(levels: &[i8], scale: Vec<f32>) -> Self {
        Self {
            weights: Weights::transposed(levels, scale.len()),
            bias: vec![0.0; scale.len()],
            scale,
        }
    }

    /// [rows, in] to [rows, out]. Each row is rounded to 16 bits in steps of its own.
    pub(super) fn forward(&self, input: &Tensor) -> Result<Tensor> {
        input.apply_op1_no_bwd(self)
    }

    /// A residual layer's end: `residual + relu(sums * step * scale + bias)`.
    #[inline(always)]
    pub(super) fn finish(&self, sums: &[i32], step: f32, residual: &[f32], output: &mut [f32]) {
        let columns = sums.iter().zip(&self.scale).zip(&self.bias).zip(residual);
        for (output, (((&sum, scale), bias), residual)) in output.iter_mut().zip(columns) {
            *output = (sum as f32 * (step * scale) + bias).max(0.0) + residual;
        }
    }

    /// Most steps from zero for which all the products of a row fit in 32 bits.
    fn largest_level(&self) -> f32 {
        (i32::MAX as f32 / (LARGEST_WEIGHT * (self.weights.inputs() + 1) as f32))
            .min(LARGEST_LEVEL)
            .floor()
    }

    /// The same on the calling thread, for rows one after another.
    pub(super) fn rows(&self, input: &[f32], output: &mut [f32]) {
        let width = self.weights.inputs();
        let count = input.len() / width;
        let mut activations = vec![0; input.len()];
        let mut steps = Vec::with_capacity(count);
        for (row, activations) in input.chunks_exact(width).zip(activations.chunks_exact_mut(width)) {
            let step = Arch::new().dispatch(|| largest(row)).max(SMALLEST) / self.largest_level();
            quantize(row, step, activations);
            steps.push(step);
        }
        let starts: Vec<usize> = (0..count).map(|row| row * width).collect();
        let sums = self.weights.multiply(&activations, &starts);
        let outputs = self.weights.outputs();
        Arch::new().dispatch(|| {
            let rows = output.chunks_exact_mut(outputs).zip(sums.chunks_exact(outputs));
            for ((output, sums), step) in rows.zip(&steps) {
                let columns = sums.iter().zip(&self.scale).zip(&self.bias);
                for (output, ((&sum, scale), bias)) in output.iter_mut().zip(columns) {
                    *output = sum as f32 * (step * scale) + bias;
                }
            }
        });
    }
}

impl CustomOp1 for Linear {
    fn name(&self) -> &'static str {
        "8-bit linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((start, end)) = layout.contiguous_offsets() else {
            bail!("the input is not contiguous")
        };
        let input = &storage.as_slice::<f32>()?[start..end];
        let (width, outputs) = (self.weights.inputs(), self.weights.outputs());
        let rows = input.len() / width;
        let mut output = vec![0.0; rows * outputs];
        let parts = input
            .par_chunks(ROWS * width)
            .zip(output.par_chunks_mut(ROWS * outputs));
        parts.for_each(|(input, output)| self.rows(input, output));
        Ok((CpuStorage::F32(output), (rows, outputs).into()))
    }
}

/// Appends the levels of a row rounded to 8 bits, and gives the value of one level.
pub(super) fn round_row(row: &[f32], levels: &mut Vec<i8>) -> f32 {
    let step = Arch::new().dispatch(|| largest(row)).max(SMALLEST) / LARGEST_WEIGHT;
    levels.extend(row.iter().map(|value| (value / step).round() as i8));
    step
}

/// Rounds `values` to multiples of `step`, and cuts them off at the largest level.
pub(super) fn quantize(values: &[f32], step: f32, levels: &mut [i16]) {
    let factor = step.recip();
    Arch::new().dispatch(|| {
        for (level, value) in levels.iter_mut().zip(values) {
            let steps = (value * factor).clamp(-LARGEST_LEVEL, LARGEST_LEVEL);
            *level = (steps + ROUNDING).to_bits() as i16;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, of size 1 at most.
    fn numbers(count: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 16) as i16) / 32768.0
        };
        (0..count).map(|_| next()).collect()
    }

    fn round(matrix: &[f32], inputs: usize) -> Linear {
        let mut levels = Vec::new();
        let scale = matrix
            .chunks_exact(inputs)
            .map(|row| round_row(row, &mut levels))
            .collect();
        Linear::from_rows(&levels, scale)
    }

    #[test]
    fn a_rounded_layer_is_near_the_original() {
        let (matrix, input) = (numbers(50 * 3072), numbers(100 * 3072));
        let mut output = vec![0.0; 100 * 50];
        round(&matrix, 3072).rows(&input, &mut output);
        let exact = input.chunks_exact(3072).flat_map(|row| {
            let dot = |column: &[f32]| row.iter().zip(column).map(|(a, b)| a * b).sum::<f32>();
            matrix.chunks_exact(3072).map(dot)
        });
        let (mut error, mut size) = (0.0, 0.0);
        for (rounded, exact) in output.iter().zip(exact) {
            error += (rounded - exact).powi(2);
            size += exact.powi(2);
        }
        assert!((error / size).sqrt() < 0.02, "{}", (error / size).sqrt());
    }

    #[test]
    fn rows_of_zeros_and_of_the_largest_levels_stay_in_bounds() {
        let layer = round(&vec![1.0; 16 * 3072], 3072);
        let input = [vec![0.0; 3072], vec![7.0; 3072]].concat();
        let mut output = vec![1.0; 32];
        layer.rows(&input, &mut output);
        assert!(output[..16].iter().all(|value| value.abs() < 1e-9), "{output:?}");
        assert!(
            output[16..].iter().all(|value| (value / 21504.0 - 1.0).abs() < 1e-4),
            "{output:?}"
        );
    }
}
