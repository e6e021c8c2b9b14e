//! Whether a bead said to be right with probability p is right in a share p of all cases.

use std::collections::HashSet;

use crate::align::{Alignment, GoldBead};

/// Bins of the reliability table.
const BINS: usize = 10;

/// Predictions with their probability, and whether they came true.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Calibration {
    outcomes: Vec<(f32, bool)>,
}

/// One row of the reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Predictions in it.
    pub count: usize,
    /// Their mean probability.
    pub confidence: f64,
    /// The share that came true.
    pub accuracy: f64,
}

impl Calibration {
    /// Adds the beads with two sides of one document; one is right when the gold holds exactly the same.
    pub fn add(&mut self, alignment: &Alignment, gold: &[GoldBead]) {
        let known: HashSet<&GoldBead> = gold.iter().collect();
        for bead in alignment.beads.iter().filter(|bead| !bead.is_null()) {
            let same = (bead.source.clone().collect(), bead.target.clone().collect());
            self.outcomes.push((bead.posterior, known.contains(&same)));
        }
    }

    /// The reliability table over ten equal ranges of probability, lowest first.
    pub fn table(&self) -> Vec<Bin> {
        let mut sums = [(0_usize, 0.0_f64, 0_usize); BINS];
        for &(probability, right) in &self.outcomes {
            let (count, sum, hits) = &mut sums[((probability * BINS as f32) as usize).min(BINS - 1)];
            (*count, *sum, *hits) = (*count + 1, *sum + f64::from(probability), *hits + usize::from(right));
        }
        let bin = |(count, sum, hits): (usize, f64, usize)| {
            let whole = count.max(1) as f64;
            Bin {
                count,
                confidence: sum / whole,
                accuracy: hits as f64 / whole,
            }
        };
        sums.into_iter().map(bin).collect()
    }

    /// Expected calibration error (Naeini et al. 2015): the mean gap between confidence and accuracy, bins weighted by
    /// their counts; 0 is perfect.
    pub fn expected_error(&self) -> f64 {
        let gaps = self
            .table()
            .into_iter()
            .map(|bin| bin.count as f64 * (bin.confidence - bin.accuracy).abs());
        gaps.sum::<f64>() / self.outcomes.len().max(1) as f64
    }

    /// The share of all errors among the tenth of the beads with the lowest probability; 1 without errors.
    pub fn errors_in_lowest_tenth(&self) -> f64 {
        let mut sorted = self.outcomes.clone();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let errors = |part: &[(f32, bool)]| part.iter().filter(|(_, right)| !right).count();
        let all = errors(&sorted);
        if all == 0 {
            1.0
        } else {
            errors(&sorted[..sorted.len() / 10]) as f64 / all as f64
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::Bead;

    fn calibration(beads: &[(f32, bool)]) -> Calibration {
        let mut calibration = Calibration::default();
        for &(posterior, right) in beads {
            let bead = Bead {
                source: 0..1,
                target: 0..1,
                score: 1.0,
                posterior,
            };
            let gold = if right { vec![(vec![0], vec![0])] } else { Vec::new() };
            calibration.add(&Alignment { beads: vec![bead] }, &gold);
        }
        calibration
    }

    #[test]
    fn nine_of_ten_right_at_nine_tenths_is_perfect() {
        let outcomes: Vec<(f32, bool)> = (0..100).map(|k| (0.9, k % 10 != 0)).collect();
        assert!(calibration(&outcomes).expected_error() < 1e-6);
        let boastful: Vec<(f32, bool)> = outcomes.iter().map(|&(_, right)| (1.0, right)).collect();
        assert!((calibration(&boastful).expected_error() - 0.1).abs() < 1e-6);
    }

    #[test]
    fn errors_with_low_probability_are_in_the_lowest_tenth() {
        let outcomes: Vec<(f32, bool)> = (0..50)
            .map(|k| if k < 4 { (0.3, false) } else { (0.99, k != 30) })
            .collect();
        assert!((calibration(&outcomes).errors_in_lowest_tenth() - 0.8).abs() < 1e-6);
    }
}
