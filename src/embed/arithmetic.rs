//! Element-wise arithmetic that compilers turn into vector instructions, inside `pulp::Arch::dispatch`.

#![allow(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the wider instruction set"
)]

/// Numbers that are added side by side.
const LANES: usize = 16;

/// Sum of a function of the values, in an order that leaves room for vector instructions.
#[inline(always)]
pub(crate) fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += term(value);
        }
    }
    sums.iter().sum::<f32>() + rest.iter().map(|&value| term(value)).sum::<f32>()
}

/// The largest size of the values.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sizes = [0.0_f32; LANES];
    for chunk in chunks {
        for (size, value) in sizes.iter_mut().zip(chunk) {
            *size = size.max(value.abs());
        }
    }
    sizes
        .iter()
        .chain(rest)
        .fold(0.0, |largest, value| largest.max(value.abs()))
}

/// The largest of the values; less than any number where there is none.
#[inline(always)]
pub(crate) fn maximum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut most = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (most, &value) in most.iter_mut().zip(chunk) {
            *most = if value > *most { value } else { *most };
        }
    }
    most.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// Normalisation of a row to mean 0 and variance 1, then a scale and an offset a column (Ba et al. 2016).
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) epsilon: f32,
}

impl Norm {
    #[inline(always)]
    pub(crate) fn apply(&self, row: &mut [f32]) {
        let count = row.len() as f32;
        let mean = sum(row, |value| value) / count;
        let variance = sum(row, |value| (value - mean) * (value - mean)) / count;
        let factor = (variance + self.epsilon).sqrt().recip();
        for (value, (weight, bias)) in row.iter_mut().zip(self.weight.iter().zip(&self.bias)) {
            *value = (*value - mean) * factor * weight + bias;
        }
    }
}

/// Adding it to a float of moderate size rounds it to an integer, which then stands in the low bits.
const ROUNDING: f32 = 12_582_912.0;

/// The exponential function, within 2 units in the last place; 0 below -87.
///
/// Argument reduction and polynomial of Cephes (Moshier 1989).
#[inline(always)]
pub(crate) fn exp(value: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let value = value.clamp(-87.0, 88.0);
    let shifted = value * std::f32::consts::LOG2_E + ROUNDING;
    let power = shifted - ROUNDING;
    let rest = value - power * LN_2_HIGH - power * LN_2_LOW;
    let mut series = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1] {
        series = series * rest + coefficient;
    }
    let series = series * rest * rest + rest + 1.0;
    series * f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0_f32.to_bits()))
}

/// The hyperbolic tangent, within 2e-7.
#[inline(always)]
pub(crate) fn tanh(value: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * value) + 1.0)
}

/// The error function, within 2e-7 (Abramowitz & Stegun 1964, 7.1.26).
#[inline(always)]
fn erf(value: f32) -> f32 {
    let size = value.abs();
    let step = (1.0 + 0.327_591_1 * size).recip();
    let mut series = 1.061_405_4;
    for coefficient in [-1.453_152, 1.421_413_8, -0.284_496_74, 0.254_829_6] {
        series = series * step + coefficient;
    }
    (1.0 - series * step * exp(-size * size)).copysign(value)
}

/// The Gaussian error linear unit in its exact form (Hendrycks & Gimpel 2016).
#[inline(always)]
pub(crate) fn gelu(value: f32) -> f32 {
    0.5 * value * (1.0 + erf(value * std::f32::consts::FRAC_1_SQRT_2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> impl Iterator<Item = f32> {
        (-8000_i16..=8000).map(|step| f32::from(step) / 100.0)
    }

    #[test]
    fn exp_agrees_with_the_library() {
        for x in numbers() {
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 3e-7, "{x}");
        }
        assert!(exp(-1000.0) < 1e-37);
    }

    #[test]
    fn tanh_agrees_with_the_library() {
        for x in numbers() {
            assert!((tanh(x) - x.tanh()).abs() < 2e-7, "{x}");
        }
    }

    #[test]
    fn gelu_has_its_published_values() {
        for (x, expected) in [
            (0.0, 0.0),
            (1.0, 0.841_344_7),
            (-1.0, -0.158_655_3),
            (3.0, 2.995_950_2),
            (-9.0, 0.0),
        ] {
            assert!((gelu(x) - expected).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn sums_take_every_value() {
        let values: Vec<f32> = (1..=37_u8).map(f32::from).collect();
        assert_eq!((sum(&values, |x| x), sum(&values, |x| x * x)), (703.0, 17575.0));
        assert_eq!((maximum(&values), maximum(&[-5.0, -2.0])), (37.0, -2.0));
        assert_eq!((largest(&values), largest(&[-5.0, 2.0])), (37.0, 5.0));
    }
}
