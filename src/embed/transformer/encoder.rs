//! The transformer (Vaswani et al. 2017; Devlin et al. 2019), over packed sequences.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, DType, Layout, Result, Shape, Tensor, bail};
use pulp::Arch;
use rayon::prelude::*;

use super::Precision;
use super::attention::Attention;
use super::config::TransformerConfig;
use super::weights::Weights;
use crate::embed::arithmetic::{Norm, gelu};
use crate::embed::int8;

/// Rows of one unit of parallel work.
const ROWS: usize = 32;

/// Sequences of tokens laid end to end.
#[derive(Debug)]
pub(super) struct Batch {
    ids: Vec<u32>,
    /// Place of each token in its sequence.
    places: Vec<u32>,
    /// Where each sequence ends.
    ends: Vec<usize>,
}

impl Batch {
    pub(super) fn new<'a>(sequences: impl Iterator<Item = &'a [u32]>) -> Self {
        let mut batch = Self {
            ids: Vec::new(),
            places: Vec::new(),
            ends: Vec::new(),
        };
        for sequence in sequences {
            batch.ids.extend(sequence);
            batch.places.extend(0..sequence.len() as u32);
            batch.ends.push(batch.ids.len());
        }
        batch
    }

    /// Number of sequences.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The tokens of each sequence.
    pub(super) fn sequences(&self) -> Vec<std::ops::Range<usize>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end).collect()
    }
}

/// Embeddings and layers.
#[derive(Debug)]
pub(super) struct Encoder {
    words: Tensor,
    /// Embeddings of the positions, with that of the only kind of token added.
    positions: Tensor,
    first_position: u32,
    norm: Norm,
    layers: Vec<Layer>,
    width: usize,
}

impl Encoder {
    pub(super) fn load(config: &TransformerConfig, weights: &mut Weights, precision: Precision) -> Result<Self> {
        weights.find("embeddings.word_embeddings.weight")?;
        let positions = weights.tensor("embeddings.position_embeddings.weight")?;
        let kind = weights
            .tensor("embeddings.token_type_embeddings.weight")?
            .narrow(0, 0, 1)?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::load(config, weights, precision, &format!("encoder.layer.{index}")))
            .collect::<Result<_>>()?;
        Ok(Self {
            words: weights.stored("embeddings.word_embeddings.weight")?,
            positions: positions.broadcast_add(&kind)?,
            first_position: config.first_position() as u32,
            norm: norm(weights, "embeddings.LayerNorm", config.layer_norm_eps)?,
            layers,
            width: config.hidden_size,
        })
    }

    /// Width of a token's state.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The last layer's state of each token, [tokens, width].
    pub(super) fn forward(&self, batch: &Batch) -> Result<Tensor> {
        let device = self.words.device();
        let positions: Vec<u32> = batch.places.iter().map(|place| place + self.first_position).collect();
        let words = self
            .words
            .index_select(&Tensor::new(batch.ids.as_slice(), device)?, 0)?
            .to_dtype(DType::F32)?;
        let positions = self.positions.index_select(&Tensor::new(positions, device)?, 0)?;
        let none = vec![0.0; self.width];
        let mut states = words.apply_op2_no_bwd(
            &positions,
            &AddNorm {
                bias: &none,
                norm: &self.norm,
            },
        )?;
        let sequences = batch.sequences();
        for layer in &self.layers {
            states = layer.forward(&states, &sequences)?;
        }
        Ok(states)
    }
}

#[derive(Debug)]
struct Layer {
    heads: usize,
    /// Queries, keys and values at once.
    attention: Linear,
    attention_output: Linear,
    attention_norm: Norm,
    hidden: Linear,
    output: Linear,
    norm: Norm,
}

impl Layer {
    fn load(config: &TransformerConfig, weights: &mut Weights, precision: Precision, name: &str) -> Result<Self> {
        let mut matrices = Vec::new();
        let mut bias = Vec::new();
        for part in ["query", "key", "value"] {
            matrices.push(weights.tensor(&format!("{name}.attention.self.{part}.weight"))?);
            bias.extend(weights.vector(&format!("{name}.attention.self.{part}.bias"))?);
        }
        let attention = Linear::new(Tensor::cat(&matrices, 0)?, bias, precision)?;
        let mut linear = |part: &str| Linear::load(weights, precision, &format!("{name}.{part}"));
        let [attention_output, hidden, output] = [
            linear("attention.output.dense")?,
            linear("intermediate.dense")?,
            linear("output.dense")?,
        ];
        Ok(Self {
            heads: config.num_attention_heads,
            attention,
            attention_output,
            attention_norm: norm(
                weights,
                &format!("{name}.attention.output.LayerNorm"),
                config.layer_norm_eps,
            )?,
            hidden,
            output,
            norm: norm(weights, &format!("{name}.output.LayerNorm"), config.layer_norm_eps)?,
        })
    }

    fn forward(&self, states: &Tensor, sequences: &[std::ops::Range<usize>]) -> Result<Tensor> {
        let attention = Attention {
            bias: &self.attention.bias,
            heads: self.heads,
            sequences,
        };
        let context = self.attention.product(states)?.apply_op1_no_bwd(&attention)?;
        let states = self.attention_output.add_norm(&context, states, &self.attention_norm)?;
        let hidden = self.hidden.product(&states)?.apply_op1_no_bwd(&Gelu {
            bias: &self.hidden.bias,
        })?;
        self.output.add_norm(&hidden, &states, &self.norm)
    }
}

/// A matrix and a bias.
#[derive(Debug)]
struct Linear {
    matrix: Matrix,
    bias: Vec<f32>,
}

#[derive(Debug)]
enum Matrix {
    /// [out, in].
    Full(Tensor),
    Rounded(int8::Linear),
}

impl Linear {
    fn load(weights: &mut Weights, precision: Precision, name: &str) -> Result<Self> {
        Self::new(
            weights.tensor(&format!("{name}.weight"))?,
            weights.vector(&format!("{name}.bias"))?,
            precision,
        )
    }

    fn new(weight: Tensor, bias: Vec<f32>, precision: Precision) -> Result<Self> {
        let matrix = match precision {
            Precision::Full => Matrix::Full(weight),
            Precision::EightBit => Matrix::Rounded(int8::Linear::round(&weight, vec![0.0; bias.len()])?),
        };
        Ok(Self { matrix, bias })
    }

    /// Without the bias, which the next operation adds.
    fn product(&self, input: &Tensor) -> Result<Tensor> {
        match &self.matrix {
            Matrix::Full(weight) => input.matmul(&weight.t()?),
            Matrix::Rounded(layer) => layer.forward(input),
        }
    }

    fn add_norm(&self, input: &Tensor, residual: &Tensor, norm: &Norm) -> Result<Tensor> {
        self.product(input)?
            .apply_op2_no_bwd(residual, &AddNorm { bias: &self.bias, norm })
    }
}

/// Older files call the parts of a normalisation gamma and beta.
fn norm(weights: &mut Weights, name: &str, epsilon: f32) -> Result<Norm> {
    let [weight, bias] = if weights.contains(&format!("{name}.weight")) {
        ["weight", "bias"]
    } else {
        ["gamma", "beta"]
    };
    let [weight, bias] = [weight, bias].map(|part| weights.vector(&format!("{name}.{part}")));
    Ok(Norm {
        weight: weight?,
        bias: bias?,
        epsilon,
    })
}

/// `norm(input + bias + residual)`.
struct AddNorm<'a> {
    bias: &'a [f32],
    norm: &'a Norm,
}

impl CustomOp2 for AddNorm<'_> {
    fn name(&self) -> &'static str {
        "add and normalise"
    }

    fn cpu_fwd(
        &self,
        input: &CpuStorage,
        layout: &Layout,
        residual: &CpuStorage,
        residual_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let mut output = contiguous(input, layout)?.to_vec();
        let residual = contiguous(residual, residual_layout)?;
        let width = self.bias.len();
        output
            .par_chunks_mut(ROWS * width)
            .zip(residual.par_chunks(ROWS * width))
            .for_each(|(rows, residual)| {
                Arch::new().dispatch(|| {
                    for (row, residual) in rows.chunks_exact_mut(width).zip(residual.chunks_exact(width)) {
                        for (value, (bias, residual)) in row.iter_mut().zip(self.bias.iter().zip(residual)) {
                            *value += bias + residual;
                        }
                        self.norm.apply(row);
                    }
                });
            });
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

/// `gelu(input + bias)`.
struct Gelu<'a> {
    bias: &'a [f32],
}

impl CustomOp1 for Gelu<'_> {
    fn name(&self) -> &'static str {
        "add and activate"
    }

    fn cpu_fwd(&self, input: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut output = contiguous(input, layout)?.to_vec();
        let width = self.bias.len();
        output.par_chunks_mut(ROWS * width).for_each(|rows| {
            Arch::new().dispatch(|| {
                for row in rows.chunks_exact_mut(width) {
                    for (value, bias) in row.iter_mut().zip(self.bias) {
                        *value = gelu(*value + bias);
                    }
                }
            });
        });
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }
}

pub(super) fn contiguous<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice()?[start..end]),
        None => bail!("the input is not contiguous"),
    }
}
