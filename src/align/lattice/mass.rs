//! Sums of path weights far beyond the range of floating-point numbers.

/// Sizes between which a mass's greatest value is kept.
const HIGH: f64 = f64::from_bits((1023 + 256) << 52); // 2^256
const LOW: f64 = 1.0 / HIGH;
/// Natural logarithm of [`HIGH`].
const LOG_HIGH: f64 = 256.0 * std::f64::consts::LN_2;
/// Powers of [`HIGH`] that still make a difference to a double.
const REACH: i32 = 4;

/// A node's sum of path weights in each of the three states: `values * 2^(256 exponent)`.
///
/// Weights of paths are products of thousands of factors. Keeping their logarithms instead costs an exponential and a
/// logarithm for every edge; a common exponent costs a comparison.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mass {
    pub(super) values: [f64; 3],
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

    /// Adds `value * 2^(256 exponent)` to a state.
    #[inline]
    pub(super) fn add(&mut self, state: usize, value: f64, exponent: i32) {
        let ahead = exponent - self.exponent;
        if ahead == 0 {
            self.values[state] += value;
        } else if value != 0.0 {
            self.add_apart(state, value, ahead);
        }
    }

    #[cold]
    fn add_apart(&mut self, state: usize, value: f64, ahead: i32) {
        if ahead < 0 && !self.is_empty() {
            self.values[state] += shift(value, ahead);
            return;
        }
        self.values = self.values.map(|old| shift(old, -ahead));
        self.values[state] += value;
        self.exponent += ahead;
    }

    /// Brings the greatest value back between the limits.
    #[inline]
    pub(super) fn settle(&mut self) {
        let greatest = self.values[0].max(self.values[1]).max(self.values[2]);
        if greatest > 0.0 && !(LOW..HIGH).contains(&greatest) {
            self.settle_far(greatest);
        }
    }

    #[cold]
    fn settle_far(&mut self, mut greatest: f64) {
        let (factor, by) = if greatest < LOW { (HIGH, -1) } else { (LOW, 1) };
        while !(LOW..HIGH).contains(&greatest) {
            self.values = self.values.map(|value| value * factor);
            self.exponent += by;
            greatest *= factor;
        }
    }

    /// Natural logarithm of the sum over all states; negative infinity when no path comes here.
    pub(super) fn ln(&self) -> f64 {
        self.values.iter().sum::<f64>().ln() + f64::from(self.exponent) * LOG_HIGH
    }
}

/// Greatest size of an edge's score: beyond it an edge is as good as free, or as good as closed.
const STEEPEST: f64 = 300.0;

/// The factor by which an edge of this score multiplies a path's weight; 0 for negative infinity.
#[inline]
pub(super) fn weight(score: f64) -> f64 {
    if score == f64::NEG_INFINITY {
        0.0
    } else {
        score.clamp(-STEEPEST, STEEPEST).exp()
    }
}

/// `value * 2^(256 by)`, 0 or infinite when that is out of all proportion.
pub(super) fn shift(value: f64, by: i32) -> f64 {
    match by {
        _ if value == 0.0 || by == 0 => value,
        REACH.. => f64::INFINITY,
        1.. => (0..by).fold(value, |value, _| value * HIGH),
        _ if by <= -REACH => 0.0,
        _ => (by..0).fold(value, |value, _| value * LOW),
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
                next.add(0, mass.values[0] * factor.exp(), mass.exponent);
                next.settle();
                mass = next;
            }
            let sum: f64 = factors.iter().sum();
            prop_assert!((mass.ln() - sum).abs() < 1e-6);
        }

        #[test]
        fn a_sum_is_that_of_its_terms(terms in proptest::collection::vec(-900.0_f64..900.0, 1..20)) {
            let mut mass = Mass::default();
            for &term in &terms {
                let exponent = (term / LOG_HIGH).round();
                mass.add(0, (term - exponent * LOG_HIGH).exp(), exponent as i32);
            }
            let greatest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum = greatest + terms.iter().map(|term| (term - greatest).exp()).sum::<f64>().ln();
            prop_assert!((mass.ln() - sum).abs() < 1e-6);
        }
    }
}
