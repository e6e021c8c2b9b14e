//! 16-bit activations by 8-bit weights, summed in 32 bits without rounding.
//!
//! 8-bit weights with one scale are a quarter of the memory of floats, and one vector instruction multiplies twice as
//! many of them. Activations keep 16 bits: with 8, cosines to the exact vectors fall to 0.9996; with 16 they stay above
//! 0.99999.

use pulp::{NullaryFnOnce, cast, i8x32, i16x16, i16x32, i32x8, i32x16};

use super::{Dot, LANES, Product};

/// Two rows of a panel, interleaved: a column's two weights meet two neighbouring activations in one instruction.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub(super) struct Pair([i8; 2 * LANES]);

/// A matrix of 8-bit weights, [inputs, outputs], laid out for [`Weights::multiply`]. The number of inputs is even.
#[derive(Debug)]
pub(crate) struct Weights {
    /// Panel by panel, pair by pair; the last panel is filled up with zeros.
    panels: Vec<Pair>,
    inputs: usize,
    outputs: usize,
    instructions: Instructions,
}

#[cfg(target_arch = "x86_64")]
pulp::simd_type!({
    /// AVX-512 with instructions that multiply and add at once, which the compiler finds by itself.
    #[allow(missing_docs, unreachable_pub)]
    struct Fused {
        f: feature!("avx512f"),
        bw: feature!("avx512bw"),
        vnni: feature!("avx512vnni"),
    }
});

/// The widest instruction set that the processor has.
#[derive(Debug, Clone, Copy)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Fused(Fused, pulp::x86::V4),
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
        let known = {
            let v4 = pulp::x86::V4::try_new();
            let fused = Fused::try_new().zip(v4).map(|(fused, v4)| Self::Fused(fused, v4));
            let v3 = pulp::x86::V3::try_new();
            [fused, v4.map(Self::V4), v3.map(Self::V3)]
        };
        #[cfg(not(target_arch = "x86_64"))]
        let known = [];
        known.into_iter().flatten().chain([Self::Portable(Portable)])
    }
}

impl Weights {
    /// Lays `weights` out, the rows of width `outputs` one after another.
    pub(crate) fn new(weights: &[i8], outputs: usize) -> Self {
        let inputs = weights.len() / outputs;
        Self::from_fn(inputs, outputs, |input, output| weights[input * outputs + output])
    }

    /// The same for a matrix [outputs, inputs].
    pub(crate) fn transposed(weights: &[i8], outputs: usize) -> Self {
        let inputs = weights.len() / outputs;
        Self::from_fn(inputs, outputs, |input, output| weights[output * inputs + input])
    }

    fn from_fn(inputs: usize, outputs: usize, weight: impl Fn(usize, usize) -> i8) -> Self {
        debug_assert!(inputs.is_multiple_of(2));
        let weight = |input, output| if output < outputs { weight(input, output) } else { 0 };
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
            instructions: Instructions::detect()
                .next()
                .unwrap_or(Instructions::Portable(Portable)),
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
        let row = |&start: &usize| activations[start..start + self.inputs].as_chunks().0;
        let rows: Vec<&[[i16; 2]]> = starts.iter().map(row).collect();
        let mut output = vec![0; rows.len() * self.outputs];
        match self.instructions {
            #[cfg(target_arch = "x86_64")]
            Instructions::Fused(fused, v4) => fused.vectorize(self.product::<_, 6, 4>(v4, &rows, &mut output)),
            #[cfg(target_arch = "x86_64")]
            Instructions::V4(v4) => v4.vectorize(self.product::<_, 6, 4>(v4, &rows, &mut output)),
            #[cfg(target_arch = "x86_64")]
            Instructions::V3(v3) => v3.vectorize(self.product::<_, 6, 1>(v3, &rows, &mut output)),
            Instructions::Portable(portable) => self.product::<_, 2, 1>(portable, &rows, &mut output).call(),
        }
        output
    }

    #[inline(always)]
    fn product<'a, D, const ROWS: usize, const PANELS: usize>(
        &'a self,
        dot: D,
        rows: &'a [&'a [[i16; 2]]],
        output: &'a mut [i32],
    ) -> Product<'a, D, ROWS, PANELS>
    where
        D: Dot<Activation = [i16; 2], Stored = Pair, Number = i32>,
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
impl Dot for pulp::x86::V4 {
    type Activation = [i16; 2];
    type Stored = Pair;
    type Loaded = i16x32;
    type Sums = i32x16;
    type Number = i32;

    #[inline(always)]
    fn zero(self) -> i32x16 {
        cast([0_i32; LANES])
    }

    #[inline(always)]
    fn load(self, stored: &Pair) -> i16x32 {
        let narrow: i8x32 = cast(stored.0);
        self.convert_i8x32_to_i16x32(narrow)
    }

    #[inline(always)]
    fn add(self, sums: i32x16, activations: [i16; 2], weights: i16x32) -> i32x16 {
        let activations: i16x32 = cast([activations; LANES]);
        self.wrapping_add_i32x16(sums, self.multiply_wrapping_add_adjacent_i16x32(activations, weights))
    }

    #[inline(always)]
    fn store(self, sums: i32x16) -> [i32; LANES] {
        cast(sums)
    }
}

#[cfg(target_arch = "x86_64")]
impl Dot for pulp::x86::V3 {
    type Activation = [i16; 2];
    type Stored = Pair;
    type Loaded = [i16x16; 2];
    type Sums = [i32x8; 2];
    type Number = i32;

    #[inline(always)]
    fn zero(self) -> [i32x8; 2] {
        cast([0_i32; LANES])
    }

    #[inline(always)]
    fn load(self, stored: &Pair) -> [i16x16; 2] {
        let [low, high]: [pulp::i8x16; 2] = cast(stored.0);
        [self.convert_i8x16_to_i16x16(low), self.convert_i8x16_to_i16x16(high)]
    }

    #[inline(always)]
    fn add(self, [low, high]: [i32x8; 2], activations: [i16; 2], weights: [i16x16; 2]) -> [i32x8; 2] {
        let activations: i16x16 = cast([activations; LANES / 2]);
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

impl Dot for Portable {
    type Activation = [i16; 2];
    type Stored = Pair;
    type Loaded = Pair;
    type Sums = [i32; LANES];
    type Number = i32;

    #[inline(always)]
    fn zero(self) -> [i32; LANES] {
        [0; LANES]
    }

    #[inline(always)]
    fn load(self, stored: &Pair) -> Pair {
        *stored
    }

    #[inline(always)]
    fn add(self, mut sums: [i32; LANES], activations: [i16; 2], weights: Pair) -> [i32; LANES] {
        let [first, second] = activations.map(i32::from);
        for (sum, pair) in sums.iter_mut().zip(weights.0.as_chunks().0) {
            let [low, high]: [i8; 2] = *pair;
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
            for instructions in Instructions::detect() {
                weights.instructions = instructions;
                prop_assert_eq!(&weights.multiply(&activations, &starts), &expected, "{:?}", instructions);
            }
        }
    }
}
