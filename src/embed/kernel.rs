//! Integer matrix products: 16-bit activations by 8-bit weights, summed in 32 bits without rounding.
//!
//! 8-bit weights with one scale are a quarter of the memory of floats, and one vector instruction multiplies twice as
//! many of them. Activations keep 16 bits: with 8, cosines to the exact vectors fall to 0.9996; with 16 they stay above
//! 0.99999. The code is safe: `pulp` hands out a token for an instruction set only where the processor has it.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

use pulp::{NullaryFnOnce, cast, i16x16, i16x32, i32x8, i32x16};

/// Columns of a panel: the 32-bit lanes of the widest registers.
const LANES: usize = 16;

/// Two rows of a panel, interleaved: a column's two weights meet two neighbouring activations in one instruction.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Pair([i16; 2 * LANES]);

/// A matrix of 8-bit weights, [inputs, outputs], laid out for [`Weights::multiply`]. The number of inputs is even.
#[derive(Debug)]
pub(crate) struct Weights {
    /// Panel by panel, pair by pair; the last panel is filled up with zeros.
    panels: Vec<Pair>,
    inputs: usize,
    outputs: usize,
    instructions: Instructions,
}

/// The widest instruction set that the processor has.
#[derive(Debug, Clone, Copy)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    V4(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    V3(pulp::x86::V3),
    Portable(Portable),
}

impl Instructions {
    fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(v4) = pulp::x86::V4::try_new() {
                return Self::V4(v4);
            }
            if let Some(v3) = pulp::x86::V3::try_new() {
                return Self::V3(v3);
            }
        }
        Self::Portable(Portable)
    }
}

impl Weights {
    /// Lays `weights` out, the rows of width `outputs` one after another.
    pub(crate) fn new(weights: &[i8], outputs: usize) -> Self {
        let inputs = weights.len() / outputs;
        debug_assert!(inputs.is_multiple_of(2) && inputs * outputs == weights.len());
        let weight = |input: usize, output: usize| {
            weights[input * outputs..][..outputs]
                .get(output)
                .copied()
                .map_or(0, i16::from)
        };
        let mut panels = Vec::with_capacity(outputs.div_ceil(LANES) * inputs / 2);
        for first in (0..outputs).step_by(LANES) {
            for input in (0..inputs).step_by(2) {
                panels.push(Pair(std::array::from_fn(|lane| {
                    weight(input + lane % 2, first + lane / 2)
                })));
            }
        }
        Self {
            panels,
            inputs,
            outputs,
            instructions: Instructions::detect(),
        }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies the rows of `activations` that start at `starts`, each as long as the matrix has inputs; rows may
    /// overlap. Gives one row of `outputs` sums for each.
    pub(crate) fn multiply(&self, activations: &[i16], starts: &[usize]) -> Vec<i32> {
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::V4(v4) => v4.vectorize(Product::<_, 6, 4> {
                weights: self,
                activations,
                starts,
                dot: v4,
            }),
            #[cfg(target_arch = "x86_64")]
            Instructions::V3(v3) => v3.vectorize(Product::<_, 6, 1> {
                weights: self,
                activations,
                starts,
                dot: v3,
            }),
            Instructions::Portable(portable) => NullaryFnOnce::call(Product::<_, 2, 1> {
                weights: self,
                activations,
                starts,
                dot: portable,
            }),
        }
    }
}

/// The instructions that a product needs.
trait PairDot: Copy {
    /// One 32-bit sum for each column of a panel.
    type Sums: Copy;
    fn zero(self) -> Self::Sums;
    /// Adds, to each column's sum, the products of its two weights with two activations.
    fn add(self, sums: Self::Sums, activations: [i16; 2], weights: &Pair) -> Self::Sums;
    fn store(self, sums: Self::Sums) -> [i32; LANES];
}

/// A product computed in blocks of `ROWS` rows and `PANELS` panels, whose sums fill the registers.
struct Product<'a, S, const ROWS: usize, const PANELS: usize> {
    weights: &'a Weights,
    activations: &'a [i16],
    starts: &'a [usize],
    dot: S,
}

impl<S: PairDot, const ROWS: usize, const PANELS: usize> NullaryFnOnce for Product<'_, S, ROWS, PANELS> {
    type Output = Vec<i32>;

    #[inline(always)]
    fn call(self) -> Vec<i32> {
        let Self { weights, .. } = self;
        let mut output = vec![0; self.starts.len() * weights.outputs];
        let pairs = weights.inputs / 2;
        for (index, panels) in weights.panels.chunks(PANELS * pairs).enumerate() {
            let column = index * PANELS * LANES;
            let mut panels = panels.chunks_exact(pairs);
            if panels.len() == PANELS {
                self.stripe::<PANELS>(
                    std::array::from_fn(|_| panels.next().unwrap_or_default()),
                    column,
                    &mut output,
                );
            } else {
                for (index, panel) in panels.enumerate() {
                    self.stripe::<1>([panel], column + index * LANES, &mut output);
                }
            }
        }
        output
    }
}

impl<S: PairDot, const ROWS: usize, const PANELS: usize> Product<'_, S, ROWS, PANELS> {
    /// Some columns of the output, all rows.
    #[inline(always)]
    fn stripe<const P: usize>(&self, panels: [&[Pair]; P], column: usize, output: &mut [i32]) {
        let mut row = 0;
        while row + ROWS <= self.starts.len() {
            self.block::<ROWS, P>(row, panels, column, output);
            row += ROWS;
        }
        while row < self.starts.len() {
            self.block::<1, P>(row, panels, column, output);
            row += 1;
        }
    }

    #[inline(always)]
    fn block<const R: usize, const P: usize>(
        &self,
        row: usize,
        panels: [&[Pair]; P],
        column: usize,
        output: &mut [i32],
    ) {
        let pairs = panels[0].len();
        let rows: [&[[i16; 2]]; R] = std::array::from_fn(|index| {
            let start = self.starts[row + index];
            &self.activations[start..start + 2 * pairs].as_chunks().0[..pairs]
        });
        let mut sums = [[self.dot.zero(); P]; R];
        for pair in 0..pairs {
            for (sums, row) in sums.iter_mut().zip(&rows) {
                for (sum, panel) in sums.iter_mut().zip(&panels) {
                    *sum = self.dot.add(*sum, row[pair], &panel[pair]);
                }
            }
        }
        let width = self.weights.outputs;
        for (index, sums) in sums.iter().enumerate() {
            let output = &mut output[(row + index) * width..(row + index + 1) * width];
            for (sums, output) in sums.iter().zip(output[column..].chunks_mut(LANES)) {
                output.copy_from_slice(&self.dot.store(*sums)[..output.len()]);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl PairDot for pulp::x86::V4 {
    type Sums = i32x16;

    #[inline(always)]
    fn zero(self) -> i32x16 {
        cast([0_i32; LANES])
    }

    #[inline(always)]
    fn add(self, sums: i32x16, activations: [i16; 2], weights: &Pair) -> i32x16 {
        let activations: i16x32 = cast([activations; LANES]);
        self.wrapping_add_i32x16(
            sums,
            self.multiply_wrapping_add_adjacent_i16x32(activations, cast(weights.0)),
        )
    }

    #[inline(always)]
    fn store(self, sums: i32x16) -> [i32; LANES] {
        cast(sums)
    }
}

#[cfg(target_arch = "x86_64")]
impl PairDot for pulp::x86::V3 {
    type Sums = [i32x8; 2];

    #[inline(always)]
    fn zero(self) -> [i32x8; 2] {
        cast([0_i32; LANES])
    }

    #[inline(always)]
    fn add(self, [low, high]: [i32x8; 2], activations: [i16; 2], weights: &Pair) -> [i32x8; 2] {
        let activations: i16x16 = cast([activations; LANES / 2]);
        let weights: [i16x16; 2] = cast(weights.0);
        [
            self.wrapping_add_i32x8(low, self.multiply_wrapping_add_adjacent_i16x16(activations, weights[0])),
            self.wrapping_add_i32x8(
                high,
                self.multiply_wrapping_add_adjacent_i16x16(activations, weights[1]),
            ),
        ]
    }

    #[inline(always)]
    fn store(self, sums: [i32x8; 2]) -> [i32; LANES] {
        cast(sums)
    }
}

/// Any processor: plain loops, which compilers vectorise.
#[derive(Debug, Clone, Copy)]
struct Portable;

impl PairDot for Portable {
    type Sums = [i32; LANES];

    #[inline(always)]
    fn zero(self) -> [i32; LANES] {
        [0; LANES]
    }

    #[inline(always)]
    fn add(self, mut sums: [i32; LANES], activations: [i16; 2], weights: &Pair) -> [i32; LANES] {
        let [first, second] = activations.map(i32::from);
        for (sum, pair) in sums.iter_mut().zip(weights.0.as_chunks().0) {
            let [low, high]: [i16; 2] = *pair;
            *sum += first * i32::from(low) + second * i32::from(high);
        }
        sums
    }

    #[inline(always)]
    fn store(self, sums: [i32; LANES]) -> [i32; LANES] {
        sums
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn available() -> Vec<Instructions> {
        let mut all = vec![Instructions::Portable(Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(pulp::x86::V3::try_new().map(Instructions::V3));
            all.extend(pulp::x86::V4::try_new().map(Instructions::V4));
        }
        all
    }

    /// Sizes, a generator's seed and the distance between the starts of two rows.
    fn shapes() -> impl Strategy<Value = (usize, usize, usize, u64, usize)> {
        (0..20_usize, 1..40_usize, 1..150_usize, any::<u64>(), 0..30_usize)
    }

    proptest! {
        #[test]
        fn every_instruction_set_gives_the_exact_product((rows, half, outputs, seed, stride) in shapes()) {
            let inputs = 2 * half;
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 40) as i16
            };
            let levels: Vec<i8> = (0..inputs * outputs).map(|_| (next() % 128) as i8).collect();
            let activations: Vec<i16> = (0..rows * stride + inputs).map(|_| next() % 12_001).collect();
            let starts: Vec<usize> = (0..rows).map(|row| row * stride).collect();
            let expected: Vec<i32> = starts
                .iter()
                .flat_map(|start| (0..outputs).map(move |output| (start, output)))
                .map(|(start, output)| {
                    let weights = levels[output..].iter().step_by(outputs);
                    activations[*start..].iter().zip(weights).map(|(&a, &w)| i32::from(a) * i32::from(w)).sum()
                })
                .collect();
            let mut weights = Weights::new(&levels, outputs);
            for instructions in available() {
                weights.instructions = instructions;
                prop_assert_eq!(&weights.multiply(&activations, &starts), &expected, "{:?}", instructions);
            }
        }
    }
}
