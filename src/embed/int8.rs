//! Linear layers with 8-bit weights, and the rounding of what enters them.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use pulp::Arch;
use rayon::prelude::*;

use super::arithmetic::largest;
use super::kernel::Weights;

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
    /// Rounds a matrix [out, in] of floats, as `PyTorch` keeps it, to 8 bits, with one scale for each output.
    pub(super) fn round(matrix: &Tensor, bias: Vec<f32>) -> Result<Self> {
        let (outputs, inputs) = matrix.dims2()?;
        let mut levels = vec![0; outputs * inputs];
        let mut scale = Vec::with_capacity(outputs);
        for (output, row) in matrix.to_vec2::<f32>()?.iter().enumerate() {
            let step = largest(row).max(SMALLEST) / LARGEST_WEIGHT;
            for (level, value) in levels[output..].iter_mut().step_by(outputs).zip(row) {
                *level = (value / step).round() as i8;
            }
            scale.push(step);
        }
        Ok(Self {
            weights: Weights::new(&levels, outputs),
            scale,
            bias,
        })
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

    fn rows(&self, input: &[f32], output: &mut [f32]) {
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
    use candle_core::Device;

    use super::*;

    #[test]
    fn a_rounded_layer_is_near_the_original() {
        let matrix = Tensor::randn(0_f32, 1.0, (50, 3072), &Device::Cpu).unwrap();
        let input = Tensor::randn(0_f32, 3.0, (100, 3072), &Device::Cpu).unwrap();
        let bias: Vec<f32> = (0..50_u8).map(f32::from).collect();
        let exact = input.matmul(&matrix.t().unwrap()).unwrap();
        let exact = exact
            .broadcast_add(&Tensor::new(bias.as_slice(), &Device::Cpu).unwrap())
            .unwrap();
        let rounded = Linear::round(&matrix, bias).unwrap().forward(&input).unwrap();
        let error = (rounded - &exact)
            .unwrap()
            .sqr()
            .unwrap()
            .mean_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        let size = exact.sqr().unwrap().mean_all().unwrap().to_scalar::<f32>().unwrap();
        assert!((error / size).sqrt() < 0.02, "{}", (error / size).sqrt());
    }

    #[test]
    fn rows_of_zeros_and_of_the_largest_levels_stay_in_bounds() {
        let matrix = Tensor::ones((16, 3072), candle_core::DType::F32, &Device::Cpu).unwrap();
        let layer = Linear::round(&matrix, vec![0.5; 16]).unwrap();
        let input = Tensor::cat(
            &[
                Tensor::zeros((1, 3072), candle_core::DType::F32, &Device::Cpu).unwrap(),
                Tensor::full(7_f32, (1, 3072), &Device::Cpu).unwrap(),
            ],
            0,
        );
        let output = layer.forward(&input.unwrap()).unwrap().to_vec2::<f32>().unwrap();
        assert!(output[0].iter().all(|value| (value - 0.5).abs() < 1e-9), "{output:?}");
        assert!(
            output[1].iter().all(|value| (value / 21504.5 - 1.0).abs() < 1e-4),
            "{output:?}"
        );
    }
}
