//! From the states of a text's tokens to one vector: pooling, and dense layers behind it.

use std::path::Path;

use candle_core::{Result, bail};

use super::config::DenseStage;
use super::encoder::Batch;
use super::weights::Weights;
use crate::embed::EmbedError;
use crate::embed::kernel::float::Matrix;

/// How tokens become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The first token's state.
    First,
    /// The mean of all states.
    Mean,
    /// The largest value of each column.
    Max,
}

#[derive(Debug)]
pub(super) struct Pooling {
    pub(super) mode: Mode,
}

impl Pooling {
    /// From one state a token, of `width` numbers, to one row a sequence.
    pub(super) fn forward(&self, states: &[f32], batch: &Batch, width: usize) -> Vec<f32> {
        let mut pooled = Vec::with_capacity(batch.len() * width);
        for sequence in batch.sequences() {
            let mut states = states[sequence.start * width..sequence.end * width].chunks_exact(width);
            let mut row = states.next().map_or_else(|| vec![0.0; width], <[f32]>::to_vec);
            let combine: fn(f32, f32) -> f32 = match self.mode {
                Mode::First => |first, _| first,
                Mode::Mean => |sum, value| sum + value,
                Mode::Max => f32::max,
            };
            for state in states {
                row.iter_mut()
                    .zip(state)
                    .for_each(|(value, &state)| *value = combine(*value, state));
            }
            if self.mode == Mode::Mean {
                for value in &mut row {
                    *value /= sequence.len().max(1) as f32;
                }
            }
            pooled.extend(row);
        }
        pooled
    }
}

/// A dense layer on pooled rows.
#[derive(Debug)]
pub(super) struct Dense {
    matrix: Matrix,
    /// Empty where there is none.
    bias: Vec<f32>,
    tanh: bool,
}

impl Dense {
    /// Reads the layer for rows of `inputs` numbers.
    pub(super) fn load(
        stage: &DenseStage,
        folder: &Path,
        inputs: usize,
        model: &str,
    ) -> std::result::Result<Self, EmbedError> {
        let failed = |reason: String| EmbedError::Load {
            model: model.to_owned(),
            reason,
        };
        let name = stage.config.activation_function.as_str();
        let tanh = match name.rsplit('.').next().unwrap_or_default() {
            "Tanh" => true,
            "Identity" => false,
            _ => {
                return Err(failed(format!(
                    "{}/config.json asks for {name}; Tanh and Identity are supported",
                    stage.path
                )));
            }
        };
        let mut weights = Weights::open(&folder.join(&stage.path)).map_err(failed)?;
        let (matrix, bias) = matrix_and_bias(&mut weights, stage.config.bias, inputs)?;
        Ok(Self { matrix, bias, tanh })
    }

    pub(super) fn outputs(&self) -> usize {
        self.matrix.outputs()
    }

    pub(super) fn forward(&self, rows: &[f32]) -> Vec<f32> {
        let mut output = vec![0.0; rows.len() / self.matrix.inputs() * self.outputs()];
        self.matrix.multiply(rows, &mut output);
        if !self.bias.is_empty() {
            for row in output.chunks_exact_mut(self.outputs()) {
                row.iter_mut().zip(&self.bias).for_each(|(value, bias)| *value += bias);
            }
        }
        if self.tanh {
            output.iter_mut().for_each(|value| *value = value.tanh());
        }
        output
    }
}

fn matrix_and_bias(weights: &mut Weights, has_bias: bool, inputs: usize) -> Result<(Matrix, Vec<f32>)> {
    let matrix = weights.stored("linear.weight")?;
    if matrix.columns != inputs {
        bail!("a dense layer has {} inputs instead of {inputs}", matrix.columns);
    }
    let matrix = Matrix::transposed(&matrix.into_floats(), inputs);
    let bias = if has_bias {
        weights.vector("linear.bias", matrix.outputs())?
    } else {
        Vec::new()
    };
    Ok((matrix, bias))
}
