//! Unit vectors in half the memory: 16 bits a value, of which the exponent has as many as a float's.
//!
//! Rounding to 8 significant bits moves the cosine of two vectors of some hundred dimensions by about 0.0001: too little to
//! matter where a rough path is looked for, too much where two readings of a sentence are weighed against each other.

use half::bf16;
use half::slice::HalfFloatSliceExt as _;
use pulp::{Arch, Simd, WithSimd};

use crate::embed::Vectors;

/// Rows of equal width.
#[derive(Debug, Clone, Default)]
pub struct Compact {
    dimension: usize,
    data: Vec<bf16>,
}

impl Compact {
    /// No row yet, of vectors this wide.
    pub fn new(dimension: usize) -> Self {
        Self {
            dimension,
            data: Vec::new(),
        }
    }

    /// Room for this many rows in all.
    #[must_use]
    pub fn with_capacity(mut self, rows: usize) -> Self {
        self.data.reserve_exact(rows * self.dimension);
        self
    }

    /// Rounds `rows`, which are as wide, and appends them.
    pub fn append(&mut self, rows: &Vectors) {
        let start = self.data.len();
        self.data.resize(start + rows.as_slice().len(), bf16::ZERO);
        self.data[start..].convert_from_f32_slice(rows.as_slice());
    }

    /// Row `index`.
    pub fn row(&self, index: usize) -> &[bf16] {
        &self.data[index * self.dimension..(index + 1) * self.dimension]
    }
}

/// Dot product of two rows of the same width; the cosine, for unit vectors.
pub fn cosine(a: &[bf16], b: &[bf16]) -> f32 {
    Arch::new().dispatch(Dot { a, b })
}

struct Dot<'a> {
    a: &'a [bf16],
    b: &'a [bf16],
}

/// Values multiplied at a time: four of the widest registers.
const LANES: usize = 64;

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "only what is inlined is compiled for the wider instruction set"
    )]
    fn with_simd<S: Simd>(self, _: S) -> f32 {
        let widen = |value: bf16| f32::from_bits(u32::from(value.to_bits()) << 16);
        let (a, a_rest) = self.a.as_chunks::<LANES>();
        let (b, b_rest) = self.b.as_chunks::<LANES>();
        let mut sums = [0.0_f32; LANES];
        for (a, b) in a.iter().zip(b) {
            for lane in 0..LANES {
                sums[lane] += widen(a[lane]) * widen(b[lane]);
            }
        }
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(&a, &b)| widen(a) * widen(b)).sum();
        sums.iter().sum::<f32>() + rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cosines_stay_what_they_were(rows in proptest::collection::vec(-1.0_f32..1.0, 2 * 300)) {
            let unit = |row: &[f32]| {
                let length = crate::rank::cosine(row, row).sqrt().max(1e-6);
                row.iter().map(|value| value / length).collect::<Vec<f32>>()
            };
            let (a, b) = (unit(&rows[..300]), unit(&rows[300..]));
            let mut compact = Compact::new(300).with_capacity(2);
            compact.append(&Vectors::new(300, a.clone()));
            compact.append(&Vectors::new(300, b.clone()));
            let found = cosine(compact.row(0), compact.row(1));
            prop_assert!((found - crate::rank::cosine(&a, &b)).abs() < 2e-3);
        }
    }
}
