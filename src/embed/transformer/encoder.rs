//! The transformer (Vaswani et al. 2017; Devlin et al. 2019), over packed sequences.
//!
//! A batch runs through all layers on one thread; callers compute batches side by side. Nothing is written to tensors
//! in between: a library's operations would each wait for all threads.

use std::ops::Range;

use candle_core::{Result, bail};
use pulp::Arch;

use super::Precision;
use super::attention::Attention;
use super::config::TransformerConfig;
use super::linear::Linear;
use super::names::{self, Names};
use super::weights::{Stored, Weights};
use crate::embed::arithmetic::{Norm, gelu};

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

    /// The tokens of all sequences.
    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Number of sequences.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The tokens of each sequence.
    pub(super) fn sequences(&self) -> Vec<Range<usize>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end).collect()
    }
}

/// Embeddings and layers.
#[derive(Debug)]
pub(super) struct Encoder {
    words: Stored,
    /// Embeddings of the positions, with that of the only kind of token added.
    positions: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    width: usize,
}

impl Encoder {
    pub(super) fn load(config: &TransformerConfig, weights: &mut Weights, precision: Precision) -> Result<Self> {
        let width = config.hidden_size;
        weights.find("embeddings.word_embeddings.weight")?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::load(config, weights, precision, &names::of_layer(config.model_type, index)))
            .collect::<Result<_>>()?;
        Ok(Self {
            words: weights.matrix("embeddings.word_embeddings.weight", width)?,
            positions: positions(config, weights)?,
            norm: norm(weights, "embeddings.LayerNorm", config)?,
            layers,
            width,
        })
    }

    /// Number of tokens, and of places in a sequence, that have an embedding.
    pub(super) fn limits(&self) -> (usize, usize) {
        (self.words.rows(), self.positions.len() / self.width)
    }

    /// The last layer's state of each token, [tokens, width].
    pub(super) fn forward(&self, batch: &Batch) -> Vec<f32> {
        let mut states = self.embed(batch);
        let sequences = batch.sequences();
        let mut scratch = Scratch::default();
        for layer in &self.layers {
            layer.forward(&mut states, &sequences, &mut scratch);
        }
        states
    }

    fn embed(&self, batch: &Batch) -> Vec<f32> {
        let mut states = vec![0.0; batch.ids.len() * self.width];
        let tokens = batch.ids.iter().zip(&batch.places);
        for (state, (&id, &place)) in states.chunks_exact_mut(self.width).zip(tokens) {
            self.words.write(id as usize, state);
            let position = &self.positions[place as usize * self.width..][..self.width];
            state
                .iter_mut()
                .zip(position)
                .for_each(|(value, position)| *value += position);
            Arch::new().dispatch(|| self.norm.apply(state));
        }
        states
    }
}

/// Embeddings of the positions that a sequence can have.
pub(super) fn positions(config: &TransformerConfig, weights: &mut Weights) -> Result<Vec<f32>> {
    let width = config.hidden_size;
    let mut positions = weights
        .matrix("embeddings.position_embeddings.weight", width)?
        .into_floats();
    positions.drain(..(config.first_position() * width).min(positions.len()));
    let kinds = "embeddings.token_type_embeddings.weight";
    if weights.contains(kinds) {
        let kinds = weights.matrix(kinds, width)?.into_floats();
        for row in positions.chunks_exact_mut(width) {
            row.iter_mut().zip(&kinds).for_each(|(value, kind)| *value += kind);
        }
    }
    Ok(positions)
}

/// What layers write to in turn.
#[derive(Debug, Default)]
struct Scratch {
    attention: Vec<f32>,
    context: Vec<f32>,
    hidden: Vec<f32>,
    output: Vec<f32>,
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
    fn load(config: &TransformerConfig, weights: &mut Weights, precision: Precision, names: &Names) -> Result<Self> {
        let width = config.hidden_size;
        let parts = [&names.query, &names.key, &names.value].map(String::as_str);
        let attention = Linear::join(weights, precision, &parts, width)?;
        let attention_output = Linear::load(weights, precision, &names.attention_output, width)?;
        let hidden = Linear::load(weights, precision, &names.hidden, width)?;
        let output = Linear::load(weights, precision, &names.output, hidden.outputs())?;
        if [attention.outputs(), attention_output.outputs(), output.outputs()] != [3 * width, width, width] {
            bail!("a layer of the weights does not have the width of {width} that config.json says");
        }
        Ok(Self {
            heads: config.num_attention_heads,
            attention,
            attention_output,
            attention_norm: norm(weights, &names.attention_norm, config)?,
            hidden,
            output,
            norm: norm(weights, &names.norm, config)?,
        })
    }

    /// Replaces the states by those that the layer makes of them.
    fn forward(&self, states: &mut [f32], sequences: &[Range<usize>], scratch: &mut Scratch) {
        let Scratch {
            attention,
            context,
            hidden,
            output,
        } = scratch;
        self.attention.product(states, attention);
        let heads = Attention {
            bias: &self.attention.bias,
            heads: self.heads,
            sequences,
        };
        heads.forward(attention, context);
        self.attention_output.product(context, output);
        add_norm(states, output, &self.attention_output.bias, &self.attention_norm);
        self.hidden.product(states, hidden);
        activate(hidden, &self.hidden.bias);
        self.output.product(hidden, output);
        add_norm(states, output, &self.output.bias, &self.norm);
    }
}

/// Older files call the parts of a normalisation gamma and beta.
fn norm(weights: &mut Weights, name: &str, config: &TransformerConfig) -> Result<Norm> {
    let [weight, bias] = if weights.contains(&format!("{name}.weight")) {
        ["weight", "bias"]
    } else {
        ["gamma", "beta"]
    };
    let [weight, bias] = [weight, bias].map(|part| weights.vector(&format!("{name}.{part}"), config.hidden_size));
    Ok(Norm {
        weight: weight?,
        bias: bias?,
        epsilon: config.layer_norm_eps,
    })
}

/// Replaces each state by `norm(state + change + bias)`.
fn add_norm(states: &mut [f32], changes: &[f32], bias: &[f32], norm: &Norm) {
    let width = bias.len();
    Arch::new().dispatch(|| {
        for (state, change) in states.chunks_exact_mut(width).zip(changes.chunks_exact(width)) {
            for (value, (change, bias)) in state.iter_mut().zip(change.iter().zip(bias)) {
                *value += change + bias;
            }
            norm.apply(state);
        }
    });
}

/// Replaces each value by `gelu(value + bias)`.
fn activate(rows: &mut [f32], bias: &[f32]) {
    Arch::new().dispatch(|| {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value = gelu(*value + bias);
            }
        }
    });
}
