//! Unit vectors in half the memory: 16 bits a value, of which the exponent has as many as a float's.
//!
//! Rounding to 8 significant bits moves the cosine of two vectors of some hundred dimensions by about 0.0001: too little to
//! matter where a rough path is looked for, too much where two readings of a sentence are weighed against each other.
//!
//! Two values share a word. The word itself, taken as a float, is the upper one: this one is rounded so that the lower one
//! in its last bits brings it nearer to what it was. Shifted up, the word is the lower one. That makes the dot product
//! quicker than that of floats, which wait for memory.

use pulp::{Arch, Simd, WithSimd};

use crate::embed::Vectors;

/// Rows that are compared with another one at a time, which is then taken apart only once.
pub const SEVERAL: usize = 4;
/// The bit that says whether a float is negative.
const SIGN: u32 = 1 << 31;

/// Rows of equal width.
#[derive(Debug, Clone, Default)]
pub struct Compact {
    /// Words a row.
    width: usize,
    words: Vec<u32>,
}

impl Compact {
    /// No row yet, with room for `rows` of this dimension.
    pub fn with_capacity(dimension: usize, rows: usize) -> Self {
        let width = dimension.div_ceil(2);
        Self {
            width,
            words: Vec::with_capacity(width * rows),
        }
    }

    /// Rounds `rows`, which have the same dimension, and appends them.
    pub fn append(&mut self, rows: &Vectors) {
        (0..rows.len()).for_each(|row| self.append_row(rows.row(row)));
    }

    /// Rounds a row of the same dimension and appends it.
    pub fn append_row(&mut self, row: &[f32]) {
        let (pairs, last) = row.as_chunks::<2>();
        self.words.extend(pairs.iter().map(|&[a, b]| word(a, b)));
        self.words.extend(last.iter().map(|&a| word(a, 0.0)));
    }

    /// Dot product of two rows of the same dimension; the cosine, for unit vectors.
    pub fn cosine(&self, row: usize, other: &Self, other_row: usize) -> f32 {
        let words = |of: &Self, row: usize| row * of.width..(row + 1) * of.width;
        let (a, b) = (&self.words[words(self, row)], &other.words[words(other, other_row)]);
        Arch::new().dispatch(Dot { a, b })
    }

    /// [`Compact::cosine`] of several rows with one.
    pub fn cosines(&self, rows: [usize; SEVERAL], other: &Self, other_row: usize) -> [f32; SEVERAL] {
        let words = |of: &Self, row: usize| row * of.width..(row + 1) * of.width;
        Arch::new().dispatch(Dots {
            a: rows.map(|row| &self.words[words(self, row)]),
            b: &other.words[words(other, other_row)],
        })
    }
}

/// `lower` in the lower half, rounded; in the upper one what makes the whole word come nearest to `upper`.
fn word(lower: f32, upper: f32) -> u32 {
    let lower = lower.to_bits().wrapping_add(1 << 15) >> 16;
    let (sign, size) = (upper.to_bits() & SIGN, upper.to_bits() & !SIGN);
    let rounded = size.saturating_sub(lower).saturating_add(1 << 15) >> 16;
    sign | rounded << 16 | lower
}

struct Dot<'a> {
    a: &'a [u32],
    b: &'a [u32],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "only what is inlined is compiled for the wider instruction set"
    )]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (a, a_rest) = S::as_simd_u32s(self.a);
        let (b, b_rest) = S::as_simd_u32s(self.b);
        let half = simd.splat_u32s(16);
        let upper = |words| simd.transmute_f32s_u32s(words);
        let lower = |words| simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(words, half));
        let mut sums = [simd.splat_f32s(0.0); 4];
        let (a_twos, a_last) = a.as_chunks::<2>();
        let (b_twos, b_last) = b.as_chunks::<2>();
        for (a, b) in a_twos.iter().zip(b_twos) {
            for word in 0..2 {
                sums[2 * word] = simd.mul_add_f32s(upper(a[word]), upper(b[word]), sums[2 * word]);
                sums[2 * word + 1] = simd.mul_add_f32s(lower(a[word]), lower(b[word]), sums[2 * word + 1]);
            }
        }
        for (&a, &b) in a_last.iter().zip(b_last) {
            sums[0] = simd.mul_add_f32s(upper(a), upper(b), sums[0]);
            sums[1] = simd.mul_add_f32s(lower(a), lower(b), sums[1]);
        }
        let halves = (simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3]));
        simd.reduce_sum_f32s(simd.add_f32s(halves.0, halves.1)) + rest(a_rest, b_rest)
    }
}

struct Dots<'a> {
    a: [&'a [u32]; SEVERAL],
    b: &'a [u32],
}

impl WithSimd for Dots<'_> {
    type Output = [f32; SEVERAL];

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "only what is inlined is compiled for the wider instruction set"
    )]
    fn with_simd<S: Simd>(self, simd: S) -> [f32; SEVERAL] {
        let (b, b_rest) = S::as_simd_u32s(self.b);
        let a = self.a.map(|words| &S::as_simd_u32s(words).0[..b.len()]);
        let half = simd.splat_u32s(16);
        let upper = |words| simd.transmute_f32s_u32s(words);
        let lower = |words| simd.transmute_f32s_u32s(simd.wrapping_dyn_shl_u32s(words, half));
        let mut sums = [[simd.splat_f32s(0.0); 2]; SEVERAL];
        for (place, &b) in b.iter().enumerate() {
            let (b_upper, b_lower) = (upper(b), lower(b));
            for (a, sums) in a.iter().zip(&mut sums) {
                sums[0] = simd.mul_add_f32s(upper(a[place]), b_upper, sums[0]);
                sums[1] = simd.mul_add_f32s(lower(a[place]), b_lower, sums[1]);
            }
        }
        let done = self.b.len() - b_rest.len();
        // Not a closure over the rows: it would not be compiled for the wider instruction set.
        let mut dots = [0.0; SEVERAL];
        for (row, dot) in dots.iter_mut().enumerate() {
            let rest = rest(&self.a[row][done..], b_rest);
            *dot = simd.reduce_sum_f32s(simd.add_f32s(sums[row][0], sums[row][1])) + rest;
        }
        dots
    }
}

/// Dot product of what does not fill an instruction.
#[inline(always)]
#[allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]
fn rest(a: &[u32], b: &[u32]) -> f32 {
    let float = f32::from_bits;
    a.iter()
        .zip(b)
        .map(|(&a, &b)| float(a) * float(b) + float(a << 16) * float(b << 16))
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cosines_stay_what_they_were(
            rows in (1_usize..300).prop_flat_map(|width| proptest::collection::vec(-1.0_f32..1.0, 2 * width))
        ) {
            let width = rows.len() / 2;
            let unit = |row: &[f32]| {
                let length = crate::rank::cosine(row, row).sqrt().max(1e-6);
                row.iter().map(|value| value / length).collect::<Vec<f32>>()
            };
            let (a, b) = (unit(&rows[..width]), unit(&rows[width..]));
            let mut compact = Compact::with_capacity(width, 2);
            compact.append(&Vectors::new(width, [a.clone(), b.clone()].concat()));
            let exact = crate::rank::cosine(&a, &b);
            prop_assert!((compact.cosine(0, &compact, 1) - exact).abs() < 8e-3);
            let several = compact.cosines([0, 1, 0, 1], &compact, 1);
            prop_assert!((several[2] - exact).abs() < 8e-3 && (several[3] - crate::rank::cosine(&b, &b)).abs() < 8e-3);
        }
    }
}
