//! Long short-term memory in both directions (Hochreiter & Schmidhuber 1997; Graves & Schmidhuber 2005).

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

use std::ops::Range;

use candle_core::{Result, bail};
use pulp::Arch;

use super::checkpoint::Checkpoint;
use crate::embed::arithmetic::{exp, tanh};
use crate::embed::kernel::float::Matrix;

/// Gates of a cell: input, forget, candidate, output, in `PyTorch`'s order.
const GATES: usize = 4;

/// Layers one above the other, each reading both directions of the one below.
#[derive(Debug)]
pub(super) struct Lstm {
    layers: Vec<[Direction; 2]>,
    hidden: usize,
}

#[derive(Debug)]
struct Direction {
    /// From a token to its part of the gates.
    input: Matrix,
    /// From the state before to its part.
    recurrent: Matrix,
    bias: Vec<f32>,
}

impl Lstm {
    pub(super) fn load(checkpoint: &Checkpoint) -> Result<Self> {
        let hidden = checkpoint.hidden;
        let layer = |index: usize| -> Result<[Direction; 2]> {
            let inputs = if index == 0 { checkpoint.width } else { 2 * hidden };
            let direction = |name: String| Direction::load(checkpoint, &name, inputs);
            Ok([direction(format!("l{index}"))?, direction(format!("l{index}_reverse"))?])
        };
        Ok(Self {
            layers: (0..checkpoint.layers).map(layer).collect::<Result<_>>()?,
            hidden,
        })
    }

    /// Width of a token's state.
    pub(super) fn outputs(&self) -> usize {
        2 * self.hidden
    }

    /// From one row a token to the states of both directions, [tokens, outputs]. The longest sequence comes first, the
    /// shortest last.
    pub(super) fn forward(&self, input: Vec<f32>, sequences: &[Range<usize>]) -> Vec<f32> {
        let mut states = input;
        for layer in &self.layers {
            let tokens = sequences.last().map_or(0, |sequence| sequence.end);
            let mut output = vec![0.0; tokens * self.outputs()];
            for (index, direction) in layer.iter().enumerate() {
                let columns = Columns {
                    width: self.outputs(),
                    first: index * self.hidden,
                };
                direction.forward(&states, sequences, index == 1, &columns, &mut output);
            }
            states = output;
        }
        states
    }
}

/// Where a direction's states stand in the rows of the output.
struct Columns {
    width: usize,
    first: usize,
}

impl Direction {
    fn load(checkpoint: &Checkpoint, name: &str, inputs: usize) -> Result<Self> {
        let hidden = checkpoint.hidden;
        let input = Matrix::transposed(&checkpoint.floats(&format!("lstm.weight_ih_{name}"), inputs)?, inputs);
        let recurrent = Matrix::transposed(&checkpoint.floats(&format!("lstm.weight_hh_{name}"), hidden)?, hidden);
        let mut bias = checkpoint.floats(&format!("lstm.bias_ih_{name}"), GATES * hidden)?;
        let other = checkpoint.floats(&format!("lstm.bias_hh_{name}"), GATES * hidden)?;
        bias.iter_mut().zip(other).for_each(|(bias, other)| *bias += other);
        if [input.outputs(), recurrent.outputs()] != [bias.len(); 2] {
            bail!("its layer {name} does not have {} gates", bias.len());
        }
        Ok(Self { input, recurrent, bias })
    }

    /// Goes through all sequences side by side, one token of each at a time.
    fn forward(
        &self,
        input: &[f32],
        sequences: &[Range<usize>],
        backward: bool,
        columns: &Columns,
        output: &mut [f32],
    ) {
        let width = self.bias.len();
        let hidden = width / GATES;
        let mut gates = vec![0.0; input.len() / self.input.inputs() * width];
        self.input.multiply(input, &mut gates);
        let mut states = vec![0.0; sequences.len() * hidden];
        let mut cells = states.clone();
        let mut before = vec![0.0; sequences.len() * width];
        for step in 0..sequences.first().map_or(0, Range::len) {
            let active = sequences.partition_point(|sequence| sequence.len() > step);
            self.recurrent
                .multiply(&states[..active * hidden], &mut before[..active * width]);
            for (index, sequence) in sequences[..active].iter().enumerate() {
                let token = if backward {
                    sequence.end - 1 - step
                } else {
                    sequence.start + step
                };
                let own = index * hidden..(index + 1) * hidden;
                let (state, cell) = (&mut states[own.clone()], &mut cells[own]);
                let gates = &gates[token * width..(token + 1) * width];
                let before = &before[index * width..(index + 1) * width];
                Arch::new().dispatch(|| self.step(gates, before, state, cell));
                output[token * columns.width + columns.first..][..hidden].copy_from_slice(state);
            }
        }
    }

    /// One cell's step.
    #[inline(always)]
    fn step(&self, gates: &[f32], before: &[f32], state: &mut [f32], cell: &mut [f32]) {
        let hidden = state.len();
        let gate = |gate: usize, at: usize| {
            let at = gate * hidden + at;
            gates[at] + before[at] + self.bias[at]
        };
        for (at, (state, cell)) in state.iter_mut().zip(cell).enumerate() {
            *cell = sigmoid(gate(1, at)) * *cell + sigmoid(gate(0, at)) * tanh(gate(2, at));
            *state = sigmoid(gate(3, at)) * tanh(*cell);
        }
    }
}

#[inline(always)]
fn sigmoid(value: f32) -> f32 {
    1.0 / (1.0 + exp(-value))
}
