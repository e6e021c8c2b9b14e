//! Bootstrap intervals (Efron and Tibshirani 1993, §13): how much a score owes to the sentences that happen to be in
//! the set.

use super::counts::{Counts, Stretches};
use super::draw::draw;

/// Resamples drawn.
const RESAMPLES: usize = 1000;
/// Seed of the draws: the same data give the same interval.
const SEED: u64 = 0x5EED;

/// The middle 95% of the resampled values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Interval {
    /// The 2.5th percentile.
    pub low: f64,
    /// The 97.5th percentile.
    pub high: f64,
}

/// The interval of a value of the summed counts, stretches drawn with replacement.
pub fn interval(stretches: &Stretches, value: impl Fn(Counts) -> f64) -> Interval {
    if stretches.is_empty() {
        return Interval::default();
    }
    let mut state = SEED;
    let mut resample = || {
        let drawn = (0..stretches.len()).map(|_| stretches[draw(&mut state, stretches.len())]);
        value(drawn.fold(Counts::default(), |sum, counts| sum + counts))
    };
    let mut values: Vec<f64> = (0..RESAMPLES).map(|_| resample()).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((RESAMPLES - 1) as f64 * share).round() as usize];
    Interval {
        low: at(0.025),
        high: at(0.975),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_data_gives_a_narrower_interval() {
        let stretch = |right: usize| Counts {
            precision: (right, 1),
            recall: (right, 1),
        };
        let data = |count: usize| -> Stretches { (0..count).map(|k| stretch(usize::from(k % 10 != 0))).collect() };
        let share = |counts: Counts| counts.precision.0 as f64 / counts.precision.1 as f64;
        let (few, many) = (interval(&data(50), share), interval(&data(5000), share));
        assert!(few.low < 0.9 && 0.9 < few.high);
        assert!(many.high - many.low < (few.high - few.low) / 4.0);
    }
}
