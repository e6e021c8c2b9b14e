//! A linear layer: a matrix in floats or in 8 bits, and a bias.

use candle_core::{Result, bail};

use super::Precision;
use super::weights::{Numbers, Stored, Weights};
use crate::embed::int8;
use crate::embed::kernel::float;

/// A matrix and a bias.
#[derive(Debug)]
pub(super) struct Linear {
    matrix: Matrix,
    pub(super) bias: Vec<f32>,
}

#[derive(Debug)]
enum Matrix {
    Full(float::Matrix),
    Rounded(int8::Linear),
}

impl Linear {
    /// Reads `name.weight`, [outputs, inputs], and `name.bias`.
    pub(super) fn load(weights: &mut Weights, precision: Precision, name: &str, inputs: usize) -> Result<Self> {
        Self::join(weights, precision, &[name], inputs)
    }

    /// Reads several layers of the same inputs; their outputs stand side by side.
    pub(super) fn join(weights: &mut Weights, precision: Precision, names: &[&str], inputs: usize) -> Result<Self> {
        let mut parts = Vec::new();
        let mut bias = Vec::new();
        for name in names {
            let part = weights.stored(&format!("{name}.weight"))?;
            if part.columns != inputs {
                bail!("the weights of {name} have {} inputs instead of {inputs}", part.columns);
            }
            bias.extend(weights.vector(&format!("{name}.bias"), part.rows())?);
            parts.push(part);
        }
        Ok(Self {
            matrix: Matrix::new(parts, precision, inputs),
            bias,
        })
    }

    /// Number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Writes the product of each row of `input` to `output`, without the bias, which the next operation adds.
    pub(super) fn product(&self, input: &[f32], output: &mut Vec<f32>) {
        match &self.matrix {
            Matrix::Full(matrix) => {
                output.resize(input.len() / matrix.inputs() * matrix.outputs(), 0.0);
                matrix.multiply(input, output);
            }
            Matrix::Rounded(layer) => {
                output.resize(input.len() / layer.weights.inputs() * self.outputs(), 0.0);
                layer.rows(input, output);
            }
        }
    }
}

impl Matrix {
    fn new(parts: Vec<Stored>, precision: Precision, inputs: usize) -> Self {
        let rounded = precision == Precision::EightBit || parts.iter().all(Stored::is_rounded);
        // Activations enter in pairs.
        if rounded && inputs.is_multiple_of(2) {
            return Self::Rounded(rounded_parts(parts));
        }
        let floats: Vec<f32> = parts.into_iter().flat_map(Stored::into_floats).collect();
        Self::Full(float::Matrix::transposed(&floats, inputs))
    }
}

/// What a file keeps in 8 bits is taken as it is.
fn rounded_parts(parts: Vec<Stored>) -> int8::Linear {
    let mut levels = Vec::new();
    let mut scale = Vec::new();
    for part in parts {
        let columns = part.columns;
        match part.numbers {
            Numbers::EightBit(part_levels, part_scale) => {
                levels.extend(part_levels);
                scale.extend(part_scale);
            }
            numbers => {
                let floats = Stored { columns, numbers }.into_floats();
                for row in floats.chunks_exact(columns) {
                    scale.push(int8::round_row(row, &mut levels));
                }
            }
        }
    }
    int8::Linear::from_rows(&levels, scale)
}
