//! A linear layer with 8-bit weights, and the rounding of what enters it.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use pulp::Arch;

use crate::embed::arithmetic::largest;
use crate::embed::kernel::Weights;

/// Most steps from zero that an activation may be: as many products as a matrix has rows, 1280, fit in 32 bits.
const LARGEST_LEVEL: f32 = 12_000.0;
/// Adding it leaves the nearest integer in the low bits of a float.
const ROUNDING: f32 = 12_582_912.0;

/// A matrix [in, out] in 8 bits, with the value of one level in each column, and a bias.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) weights: Weights,
    pub(super) scale: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Linear {
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
        let width = self.weights.inputs();
        let rows = input.len() / width;
        let (activations, steps) = round_rows(input, width);
        let starts: Vec<usize> = (0..rows).map(|row| row * width).collect();
        let sums = self.weights.multiply(&activations, &starts);
        let outputs = self.weights.outputs();
        let mut output = vec![0.0; sums.len()];
        Arch::new().dispatch(|| {
            let rows = output
                .chunks_exact_mut(outputs)
                .zip(sums.chunks_exact(outputs))
                .zip(&steps);
            for ((output, sums), step) in rows {
                let columns = sums.iter().zip(&self.scale).zip(&self.bias);
                for (output, ((&sum, scale), bias)) in output.iter_mut().zip(columns) {
                    *output = sum as f32 * (step * scale) + bias;
                }
            }
        });
        Ok((CpuStorage::F32(output), (rows, outputs).into()))
    }
}

/// Rounds each row to 16 bits, in steps that its largest value sets. Gives the steps as well.
fn round_rows(input: &[f32], width: usize) -> (Vec<i16>, Vec<f32>) {
    let mut activations = vec![0; input.len()];
    let mut steps = Vec::with_capacity(input.len() / width);
    for (row, activations) in input.chunks_exact(width).zip(activations.chunks_exact_mut(width)) {
        let step = Arch::new().dispatch(|| largest(row)).max(f32::MIN_POSITIVE) / LARGEST_LEVEL;
        quantize(row, step, activations);
        steps.push(step);
    }
    (activations, steps)
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
