//! Products of 32-bit floats.

use pulp::{NullaryFnOnce, cast, f32x8, f32x16};

use super::{Dot, LANES, Product};

/// One row of a panel.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Step([f32; LANES]);

/// A matrix [inputs, outputs], laid out for [`Matrix::multiply`].
#[derive(Debug)]
pub(crate) struct Matrix {
    /// Panel by panel, row by row; the last panel is filled up with zeros.
    panels: Vec<Step>,
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
    /// All that the processor has, the widest first.
    fn detect() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let known = [
            pulp::x86::V4::try_new().map(Self::V4),
            pulp::x86::V3::try_new().map(Self::V3),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let known = [];
        known.into_iter().flatten().chain([Self::Portable(Portable)])
    }
}

impl Matrix {
    /// A matrix without numbers, to be filled.
    pub(crate) fn empty() -> Self {
        Self {
            panels: Vec::new(),
            inputs: 0,
            outputs: 0,
            instructions: Instructions::detect()
                .next()
                .unwrap_or(Instructions::Portable(Portable)),
        }
    }

    /// Lays out a matrix [outputs, inputs], as `PyTorch` keeps it, the rows of width `inputs` one after another.
    pub(crate) fn transposed(weights: &[f32], inputs: usize) -> Self {
        let mut matrix = Self::empty();
        matrix.set_columns(inputs, weights.chunks_exact(inputs));
        matrix
    }

    /// Replaces the numbers by columns of `inputs` numbers each.
    pub(crate) fn set_columns<'a>(&mut self, inputs: usize, columns: impl ExactSizeIterator<Item = &'a [f32]>) {
        self.inputs = inputs;
        self.outputs = columns.len();
        self.panels.clear();
        self.panels
            .resize(self.outputs.div_ceil(LANES) * inputs, Step([0.0; LANES]));
        for (output, column) in columns.enumerate() {
            let panel = &mut self.panels[output / LANES * inputs..][..inputs];
            for (step, &number) in panel.iter_mut().zip(column) {
                step.0[output % LANES] = number;
            }
        }
    }

    /// Replaces the numbers by rows of `outputs` numbers each.
    pub(crate) fn set_rows<'a>(&mut self, outputs: usize, rows: impl ExactSizeIterator<Item = &'a [f32]>) {
        self.inputs = rows.len();
        self.outputs = outputs;
        self.panels.clear();
        self.panels
            .resize(outputs.div_ceil(LANES) * self.inputs, Step([0.0; LANES]));
        for (input, row) in rows.enumerate() {
            for (panel, numbers) in row.chunks(LANES).enumerate() {
                self.panels[panel * self.inputs + input].0[..numbers.len()].copy_from_slice(numbers);
            }
        }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Multiplies rows, one after another in `input`, and writes the products one after another to `output`.
    pub(crate) fn multiply(&self, input: &[f32], output: &mut [f32]) {
        let rows: Vec<&[f32]> = input.chunks_exact(self.inputs).collect();
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::V4(v4) => v4.vectorize(self.product::<_, 6, 4>(Wide(v4), &rows, output)),
            #[cfg(target_arch = "x86_64")]
            Instructions::V3(v3) => v3.vectorize(self.product::<_, 6, 1>(Narrow(v3), &rows, output)),
            Instructions::Portable(portable) => self.product::<_, 2, 1>(portable, &rows, output).call(),
        }
    }

    #[inline(always)]
    fn product<'a, D, const ROWS: usize, const PANELS: usize>(
        &'a self,
        dot: D,
        rows: &'a [&'a [f32]],
        output: &'a mut [f32],
    ) -> Product<'a, D, ROWS, PANELS>
    where
        D: Dot<Activation = f32, Stored = Step, Number = f32>,
    {
        Product {
            dot,
            panels: &self.panels,
            rows,
            output,
            outputs: self.outputs,
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
struct Wide(pulp::x86::V4);

#[cfg(target_arch = "x86_64")]
impl Dot for Wide {
    type Activation = f32;
    type Stored = Step;
    type Loaded = f32x16;
    type Sums = f32x16;
    type Number = f32;

    #[inline(always)]
    fn zero(self) -> f32x16 {
        cast([0_f32; LANES])
    }

    #[inline(always)]
    fn load(self, stored: &Step) -> f32x16 {
        cast(stored.0)
    }

    #[inline(always)]
    fn add(self, sums: f32x16, activation: f32, weights: f32x16) -> f32x16 {
        self.0.mul_add_f32x16(self.0.splat_f32x16(activation), weights, sums)
    }

    #[inline(always)]
    fn store(self, sums: f32x16) -> [f32; LANES] {
        cast(sums)
    }
}

#[cfg(target_arch = "x86_64")]
#[derive(Debug, Clone, Copy)]
struct Narrow(pulp::x86::V3);

#[cfg(target_arch = "x86_64")]
impl Dot for Narrow {
    type Activation = f32;
    type Stored = Step;
    type Loaded = [f32x8; 2];
    type Sums = [f32x8; 2];
    type Number = f32;

    #[inline(always)]
    fn zero(self) -> [f32x8; 2] {
        cast([0_f32; LANES])
    }

    #[inline(always)]
    fn load(self, stored: &Step) -> [f32x8; 2] {
        cast(stored.0)
    }

    #[inline(always)]
    fn add(self, [low, high]: [f32x8; 2], activation: f32, weights: [f32x8; 2]) -> [f32x8; 2] {
        let activation = self.0.splat_f32x8(activation);
        [
            self.0.mul_add_f32x8(activation, weights[0], low),
            self.0.mul_add_f32x8(activation, weights[1], high),
        ]
    }

    #[inline(always)]
    fn store(self, sums: [f32x8; 2]) -> [f32; LANES] {
        cast(sums)
    }
}

/// Any processor: plain loops, which compilers vectorise.
#[derive(Debug, Clone, Copy)]
struct Portable;

impl Dot for Portable {
    type Activation = f32;
    type Stored = Step;
    type Loaded = [f32; LANES];
    type Sums = [f32; LANES];
    type Number = f32;

    #[inline(always)]
    fn zero(self) -> [f32; LANES] {
        [0.0; LANES]
    }

    #[inline(always)]
    fn load(self, stored: &Step) -> [f32; LANES] {
        stored.0
    }

    #[inline(always)]
    fn add(self, mut sums: [f32; LANES], activation: f32, weights: [f32; LANES]) -> [f32; LANES] {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += activation * weight;
        }
        sums
    }

    #[inline(always)]
    fn store(self, sums: [f32; LANES]) -> [f32; LANES] {
        sums
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_instruction_set_gives_the_product(
            (rows, inputs, outputs, seed) in (0..20_usize, 1..60_usize, 1..150_usize, any::<u64>())
        ) {
            let mut state = seed;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f32::from((state >> 48) as i8)
            };
            let weights: Vec<f32> = (0..inputs * outputs).map(|_| next()).collect();
            let input: Vec<f32> = (0..rows * inputs).map(|_| next()).collect();
            let dot = |row: &[f32], weights: &[f32]| row.iter().zip(weights).map(|(a, b)| a * b).sum::<f32>();
            // Integers this small are exact in floats, whatever the order of the sum.
            let expected: Vec<f32> = input
                .chunks_exact(inputs)
                .flat_map(|row| weights.chunks_exact(inputs).map(move |weights| dot(row, weights)))
                .collect();
            let mut by_rows = Matrix::empty();
            let rows: Vec<Vec<f32>> = (0..inputs)
                .map(|input| weights[input..].iter().step_by(inputs).copied().collect())
                .collect();
            by_rows.set_rows(outputs, rows.iter().map(Vec::as_slice));
            for mut matrix in [Matrix::transposed(&weights, inputs), by_rows] {
                for instructions in Instructions::detect() {
                    matrix.instructions = instructions;
                    let mut output = vec![0.0; expected.len()];
                    matrix.multiply(&input, &mut output);
                    prop_assert_eq!(&output, &expected, "{:?}", instructions);
                }
            }
        }
    }
}
