//! The additive-margin translation-ranking loss of three strengths, with its gradient and curvature, in both directions.

use rayon::prelude::*;

use crate::align::{Evidence, Strengths};

/// Beads that compete with each other: each one's source run asks for its target run, and back.
#[derive(Debug, Clone, Default)]
pub struct Contest {
    /// How much each bead counts.
    pub weights: Vec<f32>,
    /// Evidence of every source run with every target run, row after row; the true pairs lie on the diagonal.
    pub cells: Vec<Evidence>,
    /// Cells that are no negatives: of beads that say the same.
    pub alike: Vec<bool>,
    /// Evidence of pairs that a person rejected, with the bead that each of its sides stands in.
    pub rejected: Vec<(usize, Evidence)>,
}

/// Loss, and its first and second derivatives by the strengths.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Slope {
    /// `(L + L') / total weight`.
    pub loss: f64,
    /// First derivatives.
    pub gradient: [f64; 3],
    /// Second derivatives; the loss is convex.
    pub curvature: [[f64; 3]; 3],
}

/// Which side asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asking {
    Source,
    Target,
}

impl Contest {
    /// Number of beads.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Whether nobody competes.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Loss and derivatives over the beads `asking`, all others being negatives; `margin` in nats.
    pub fn slope(&self, asking: &[usize], strengths: Strengths, margin: f64) -> Slope {
        let total: f64 = asking.iter().map(|&bead| f64::from(self.weights[bead])).sum();
        let each = |&bead: &usize| {
            let (there, back) = (
                self.query(bead, Asking::Source, strengths, margin),
                self.query(bead, Asking::Target, strengths, margin),
            );
            there.plus(&back).times(f64::from(self.weights[bead]))
        };
        let sum = asking.par_iter().map(each).collect::<Vec<_>>();
        let sum = sum.iter().fold(Slope::default(), |sum, part| sum.plus(part));
        sum.times(total.max(f64::MIN_POSITIVE).recip())
    }

    /// Share of the beads `asking` that rank first, mean of both directions. A bead that says the same is no rival.
    pub fn accuracy(&self, asking: &[usize], strengths: Strengths) -> f32 {
        let wins = |bead: usize, side: Asking| {
            let truth = score(self.cell(bead, bead, side), strengths);
            let mut rivals = self.rivals(bead, side);
            rivals.all(|evidence| score(evidence, strengths) <= truth)
        };
        let count = |&bead: &usize| usize::from(wins(bead, Asking::Source)) + usize::from(wins(bead, Asking::Target));
        let won: usize = asking.par_iter().map(count).sum();
        won as f32 / (2 * asking.len()).max(1) as f32
    }

    fn cell(&self, asking: usize, other: usize, side: Asking) -> Evidence {
        match side {
            Asking::Source => self.cells[asking * self.len() + other],
            Asking::Target => self.cells[other * self.len() + asking],
        }
    }

    /// Evidence of the wrong answers.
    fn rivals(&self, bead: usize, side: Asking) -> impl Iterator<Item = Evidence> + '_ {
        let others = (0..self.len()).filter(move |&other| other != bead && !self.alike[bead * self.len() + other]);
        let rejected = self.rejected.iter().filter(move |(of, _)| *of == bead);
        others
            .map(move |other| self.cell(bead, other, side))
            .chain(rejected.map(|&(_, evidence)| evidence))
    }

    fn query(&self, bead: usize, side: Asking, strengths: Strengths, margin: f64) -> Slope {
        let truth = self.cell(bead, bead, side);
        let true_logit = f64::from(score(truth, strengths)) - margin;
        let logits: Vec<(f64, Evidence)> = std::iter::once((true_logit, truth))
            .chain(self.rivals(bead, side).map(|e| (f64::from(score(e, strengths)), e)))
            .collect();
        let highest = logits.iter().map(|(logit, _)| *logit).fold(f64::NEG_INFINITY, f64::max);
        let (mut sum, mut mean, mut square) = (0.0, [0.0; 3], [[0.0; 3]; 3]);
        for (logit, evidence) in logits {
            let weight = (logit - highest).exp();
            sum += weight;
            for a in 0..3 {
                let share = weight * f64::from(evidence[a]);
                mean[a] += share;
                (0..=a).for_each(|b| square[a][b] += share * f64::from(evidence[b]));
            }
        }
        let mut slope = Slope {
            loss: sum.ln() + highest - true_logit,
            ..Slope::default()
        };
        mean.iter_mut().for_each(|value| *value /= sum);
        for a in 0..3 {
            slope.gradient[a] = mean[a] - f64::from(truth[a]);
            for b in 0..=a {
                let curvature = square[a][b] / sum - mean[a] * mean[b];
                (slope.curvature[a][b], slope.curvature[b][a]) = (curvature, curvature);
            }
        }
        slope
    }
}

impl Slope {
    fn plus(&self, other: &Self) -> Self {
        let mut sum = *self;
        sum.loss += other.loss;
        for a in 0..3 {
            sum.gradient[a] += other.gradient[a];
            (0..3).for_each(|b| sum.curvature[a][b] += other.curvature[a][b]);
        }
        sum
    }

    fn times(mut self, factor: f64) -> Self {
        self.loss *= factor;
        self.gradient.iter_mut().for_each(|value| *value *= factor);
        self.curvature.iter_mut().flatten().for_each(|value| *value *= factor);
        self
    }
}

fn score(evidence: Evidence, strengths: Strengths) -> f32 {
    evidence[0] * strengths[0] + evidence[1] * strengths[1] + evidence[2] * strengths[2]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// `size` beads with noisy evidence; `signal` is what the true pairs have more of, by piece of evidence.
    pub(crate) fn contest(size: usize, signal: Evidence, seed: u32) -> Contest {
        let mut state = seed;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let cell = |index: usize| {
            let truth = if index / size == index % size { 1.0 } else { 0.0 };
            [0, 1, 2].map(|piece| truth * signal[piece] + 0.3 * noise())
        };
        Contest {
            weights: vec![1.0; size],
            cells: (0..size * size).map(cell).collect(),
            alike: vec![false; size * size],
            rejected: Vec::new(),
        }
    }

    #[test]
    fn the_derivatives_agree_with_finite_differences() {
        let mut contest = contest(9, [0.1, 0.05, 0.2], 3);
        contest.weights[4] = 3.0;
        contest.alike[2 * 9 + 5] = true;
        contest.rejected.push((3, [0.4, 0.1, 0.0]));
        let (all, at): (Vec<usize>, Strengths) = ((0..9).collect(), [12.0, 3.0, 5.0]);
        let here = contest.slope(&all, at, 1.5);
        let step = 0.03_f32;
        for piece in 0..3 {
            let moved = |by: f32| {
                let mut strengths = at;
                strengths[piece] += by;
                contest.slope(&all, strengths, 1.5)
            };
            let (up, down) = (moved(step), moved(-step));
            let slope = (up.loss - down.loss) / f64::from(2.0 * step);
            assert!((slope - here.gradient[piece]).abs() < 1e-3, "{slope} against {here:?}");
            for other in 0..3 {
                let bend = (up.gradient[other] - down.gradient[other]) / f64::from(2.0 * step);
                assert!(
                    (bend - here.curvature[piece][other]).abs() < 1e-3,
                    "{bend} against {here:?}"
                );
            }
        }
    }

    #[test]
    fn without_margin_the_loss_is_the_ranking_probability() {
        let contest = contest(2, [0.2, 0.0, 0.0], 5);
        let z = |i: usize, j: usize| f64::from(score(contest.cells[i * 2 + j], [4.0, 1.0, 1.0])).exp();
        let expected = -(z(0, 0) / (z(0, 0) + z(0, 1))).ln() - (z(0, 0) / (z(0, 0) + z(1, 0))).ln();
        assert!((contest.slope(&[0], [4.0, 1.0, 1.0], 0.0).loss - expected).abs() < 1e-6);
    }

    #[test]
    fn a_larger_margin_asks_for_more_and_a_repeated_sentence_is_not_punished() {
        let mut contest = contest(6, [0.3, 0.0, 0.0], 7);
        let loss = |contest: &Contest, margin| contest.slope(&[0, 1, 2], [10.0, 1.0, 1.0], margin).loss;
        assert!(loss(&contest, 2.0) > loss(&contest, 1.0));
        let before = loss(&contest, 1.0);
        contest.alike[3] = true;
        assert!(loss(&contest, 1.0) < before);
        contest.rejected.push((0, [0.5, 0.0, 0.0]));
        assert!(loss(&contest, 1.0) > before, "what was rejected is a negative");
    }
}
