//! The dot product of two vectors, with the widest instructions that the processor has.

use pulp::{Arch, Simd, WithSimd};

/// Dot product; the cosine, for unit vectors. Both slices have the same length.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    Arch::new().dispatch(Dot { a, b })
}

struct Dot<'a> {
    a: &'a [f32],
    b: &'a [f32],
}

impl WithSimd for Dot<'_> {
    type Output = f32;

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "only what is inlined is compiled for the wider instruction set"
    )]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (a, a_rest) = S::as_simd_f32s(self.a);
        let (b, b_rest) = S::as_simd_f32s(self.b);
        // Four sums at a time: an addition takes as long as four can be begun in.
        let mut sums = [simd.splat_f32s(0.0); 4];
        let (a_fours, a_last) = a.as_chunks::<4>();
        let (b_fours, b_last) = b.as_chunks::<4>();
        for (a, b) in a_fours.iter().zip(b_fours) {
            for lane in 0..4 {
                sums[lane] = simd.mul_add_f32s(a[lane], b[lane], sums[lane]);
            }
        }
        for (a, b) in a_last.iter().zip(b_last) {
            sums[0] = simd.mul_add_f32s(*a, *b, sums[0]);
        }
        let halves = (simd.add_f32s(sums[0], sums[1]), simd.add_f32s(sums[2], sums[3]));
        let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        simd.reduce_sum_f32s(simd.add_f32s(halves.0, halves.1)) + rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_sum_of_products(pairs in proptest::collection::vec((-1.0_f32..1.0, -1.0_f32..1.0), 0..300)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let exact: f64 = pairs.iter().map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            prop_assert!((f64::from(cosine(&a, &b)) - exact).abs() < 1e-4);
        }
    }
}
