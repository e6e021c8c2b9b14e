//! Sums of path weights far beyond the range of floating-point numbers.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use crate::embed::arithmetic::exp;

/// Bits of one step of the exponent.
const STEP: i32 = 32;
/// Sizes between which a mass's greatest value is kept.
const SETTLED: Range<f32> = power(-STEP) as f32..power(STEP) as f32;
/// Sizes that are added as they are; others change the exponent first.
const PLAIN: Range<f64> = power(-2 * STEP)..power(2 * STEP);
/// Natural logarithm of a step.
const LOG_STEP: f64 = STEP as f64 * std::f64::consts::LN_2;

/// A node's sum of path weights in each of the three states: `values * 2^(32 exponent)`.
///
/// Weights of paths are products of thousands of factors. Keeping their logarithms instead costs an exponential and a
/// logarithm for every edge; a common exponent costs a comparison. Large lattices have millions of nodes: hence the
/// single precision.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mass {
    values: [f32; 3],
    pub(super) exponent: i32,
}

impl Mass {
    /// One path of weight 1 in the first state.
    pub(super) const START: Self = Self {
        values: [1.0, 0.0, 0.0],
        exponent: 0,
    };

    /// Whether no path comes here.
    pub(super) fn is_empty(&self) -> bool {
        self.values.iter().all(|&value| value == 0.0)
    }

    /// The sums less the exponent.
    #[inline]
    pub(super) fn values(&self) -> [f64; 3] {
        self.values.map(f64::from)
    }

    /// Adds `value * 2^(32 exponent)` to a state.
    #[inline]
    pub(super) fn add(&mut self, state: usize, value: f64, exponent: i32) {
        if exponent == self.exponent && PLAIN.contains(&value) {
            self.values[state] += value as f32;
        } else if value > 0.0 {
            self.add_apart(state, value, exponent);
        }
    }

    #[cold]
    fn add_apart(&mut self, state: usize, value: f64, exponent: i32) {
        if self.is_empty() && PLAIN.contains(&value) {
            (self.values[state], self.exponent) = (value as f32, exponent);
            return;
        }
        let steps = steps(value);
        let (value, exponent) = (shift(value, -steps), exponent + steps);
        let ahead = exponent - self.exponent;
        if ahead <= 0 && !self.is_empty() {
            self.values[state] += shift(value, ahead) as f32;
            return;
        }
        self.values = self.values.map(|old| shift(f64::from(old), -ahead) as f32);
        self.values[state] += value as f32;
        self.exponent = exponent;
    }

    /// Replaces the sums by others on the same exponent.
    pub(super) fn replace(&mut self, values: [f64; 3]) {
        let exponent = self.exponent;
        *self = Self {
            values: [0.0; 3],
            exponent,
        };
        (0..3).for_each(|state| self.add(state, values[state], exponent));
    }

    /// Brings the greatest value back between the limits.
    #[inline]
    pub(super) fn settle(&mut self) {
        let greatest = self.values[0].max(self.values[1]).max(self.values[2]);
        if greatest > 0.0 && !SETTLED.contains(&greatest) {
            let steps = steps(f64::from(greatest));
            self.values = self.values.map(|value| shift(f64::from(value), -steps) as f32);
            self.exponent += steps;
        }
    }

    /// Natural logarithm of the sum over all states; negative infinity when no path comes here.
    pub(super) fn ln(&self) -> f64 {
        self.values().iter().sum::<f64>().ln() + f64::from(self.exponent) * LOG_STEP
    }
}

/// Greatest size of an edge's score: beyond it an edge is as good as free, or as good as closed.
const STEEPEST: f32 = 300.0;

/// The factor by which an edge of this score multiplies a path's weight; 0 for negative infinity.
pub(super) fn weight(score: f32) -> f64 {
    if score == f32::NEG_INFINITY {
        0.0
    } else {
        f64::from(score.clamp(-STEEPEST, STEEPEST)).exp()
    }
}

/// [`weight`] of many edges.
pub(super) fn weights(scores: &[f32], weights: &mut Vec<f64>) {
    weights.resize(scores.len(), 0.0);
    Arch::new().dispatch(Weights { scores, weights });
}

struct Weights<'a> {
    scores: &'a [f32],
    weights: &'a mut [f64],
}

impl WithSimd for Weights<'_> {
    type Output = ();

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "only what is inlined is compiled for the wider instruction set"
    )]
    fn with_simd<S: Simd>(self, _: S) {
        for (weight, &score) in self.weights.iter_mut().zip(self.scores) {
            // The fourth root stays in the range of single precision.
            let root = f64::from(exp(score.clamp(-STEEPEST, STEEPEST) / 4.0));
            let square = root * root;
            *weight = if score == f32::NEG_INFINITY {
                0.0
            } else {
                square * square
            };
        }
    }
}

/// The steps that a positive value's own exponent makes up, to the nearest.
#[inline]
fn steps(value: f64) -> i32 {
    let exponent = (value.to_bits() >> 52) as i32 - 1023;
    (exponent + STEP / 2).div_euclid(STEP)
}

/// `value * 2^(32 by)`.
#[inline]
pub(super) fn shift(value: f64, by: i32) -> f64 {
    if by == 0 || value == 0.0 {
        value
    } else {
        value * power(by.saturating_mul(STEP))
    }
}

/// `2^exponent`; 0 below the range of a double, the largest power above it.
const fn power(exponent: i32) -> f64 {
    match exponent {
        ..=-1023 => 0.0,
        1023.. => f64::from_bits(2046 << 52),
        _ => f64::from_bits(((1023 + exponent) as u64) << 52),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_long_product_keeps_its_logarithm(factors in proptest::collection::vec(-60.0_f64..60.0, 1..400)) {
            let mut mass = Mass::START;
            for factor in &factors {
                let mut next = Mass::default();
                next.add(0, mass.values()[0] * factor.exp(), mass.exponent);
                next.settle();
                mass = next;
            }
            let sum: f64 = factors.iter().sum();
            prop_assert!((mass.ln() - sum).abs() < 1e-4);
        }

        #[test]
        fn weights_are_exponentials(scores in proptest::collection::vec(-320.0_f32..320.0, 0..40)) {
            let scores = [scores, vec![f32::NEG_INFINITY]].concat();
            let mut many = vec![7.0];
            weights(&scores, &mut many);
            prop_assert_eq!(many.len(), scores.len());
            for (&many, score) in many.iter().zip(scores) {
                prop_assert!((many - weight(score)).abs() <= 2e-6 * weight(score));
            }
        }

        #[test]
        fn a_sum_is_that_of_its_terms(terms in proptest::collection::vec(-900.0_f64..900.0, 1..20)) {
            let mut mass = Mass::default();
            for &term in &terms {
                let exponent = (term / LOG_STEP).round();
                mass.add(0, (term - exponent * LOG_STEP).exp(), exponent as i32);
            }
            let greatest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum = greatest + terms.iter().map(|term| (term - greatest).exp()).sum::<f64>().ln();
            prop_assert!((mass.ln() - sum).abs() < 1e-4);
        }
    }
}
