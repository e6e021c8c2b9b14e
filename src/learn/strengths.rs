//! Finding the strengths, and proving on beads kept out that they help before they are used.

use super::objective::Contest;
use crate::align::{ENCODER_ALONE, Strengths};

/// How to find strengths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// `m` of the loss, in nats: the papers' margin of a cosine times the scale that it is multiplied by.
    pub margin: f64,
    /// Precision of the Gaussian prior that pulls the strengths to the encoder alone; a bead weighs 1.
    pub prior: f64,
    /// Newton steps.
    pub steps: usize,
    /// Every so-manieth bead is kept out and judges the result.
    pub held_out_every: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            margin: 1.0,
            prior: 0.5,
            steps: 10,
            held_out_every: 4,
        }
    }
}

/// How the beads that were kept out fare.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Verdict {
    /// Share that ranks first among all beads, mean of both directions, 0 to 1.
    pub accuracy: f32,
    /// Their loss.
    pub loss: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The strengths to use; the encoder alone where nothing else helps.
    pub strengths: Strengths,
    /// Share of the way from the encoder alone to what the training beads ask for: 1, less where that is better on the
    /// beads kept out, 0 where nothing is.
    pub share: f32,
    /// Beads trained on.
    pub trained: usize,
    /// Beads kept out.
    pub held_out: usize,
    /// The kept-out beads with the encoder alone.
    pub before: Verdict,
    /// The kept-out beads with `strengths`.
    pub after: Verdict,
    /// Loss of the training beads before each step and after the last.
    pub losses: Vec<f64>,
}

/// Finds the strengths that make the training beads of `contest` win, and uses as much of them as helps the others: only where
/// more of the kept-out beads rank first than with the encoder alone, and their loss is smaller. As many are not enough: on
/// the development sets a smaller loss alone has cost beads in languages that the encoder knows.
pub fn find(contest: &Contest, settings: &Settings) -> Found {
    let every = settings.held_out_every.max(2);
    let (held_out, training): (Vec<usize>, Vec<usize>) = (0..contest.len()).partition(|bead| bead % every == every / 2);
    let (wanted, losses) = descend(contest, &training, settings);
    let judge = |strengths: Strengths| Verdict {
        accuracy: contest.accuracy(&held_out, strengths),
        loss: contest.slope(&held_out, strengths, settings.margin).loss,
    };
    let before = judge(ENCODER_ALONE);
    let mut found = Found {
        strengths: ENCODER_ALONE,
        share: 0.0,
        trained: training.len(),
        held_out: held_out.len(),
        before,
        after: before,
        losses,
    };
    for share in [1.0_f32, 0.5, 0.25] {
        let strengths = [0, 1, 2].map(|piece| ENCODER_ALONE[piece] + share * (wanted[piece] - ENCODER_ALONE[piece]));
        let after = judge(strengths);
        if after.accuracy > found.before.accuracy && after.loss < found.after.loss {
            found = Found {
                strengths,
                share,
                after,
                ..found
            };
        }
    }
    found
}

/// Newton's method on the convex loss with its prior; no strength falls below zero.
fn descend(contest: &Contest, training: &[usize], settings: &Settings) -> (Strengths, Vec<f64>) {
    let total: f32 = training.iter().map(|&bead| contest.weights[bead]).sum();
    let precision = settings.prior / f64::from(total.max(1.0));
    let mut strengths = ENCODER_ALONE;
    let mut losses = Vec::with_capacity(settings.steps + 1);
    for _ in 0..settings.steps {
        let mut slope = contest.slope(training, strengths, settings.margin);
        losses.push(slope.loss);
        for piece in 0..3 {
            slope.gradient[piece] += precision * f64::from(strengths[piece] - ENCODER_ALONE[piece]);
            slope.curvature[piece][piece] += precision;
        }
        let step = solve(slope.curvature, slope.gradient);
        for (strength, step) in strengths.iter_mut().zip(step) {
            *strength = (*strength - step.clamp(-LONGEST, LONGEST) as f32).max(0.0);
        }
    }
    losses.push(contest.slope(training, strengths, settings.margin).loss);
    (strengths, losses)
}

/// A Newton step changes a strength by this much at most: far from the optimum the curvature misleads.
const LONGEST: f64 = 8.0;

/// Solves a symmetric positive definite system by elimination.
fn solve(matrix: [[f64; 3]; 3], right: [f64; 3]) -> [f64; 3] {
    let (mut rows, mut right) = (matrix, right);
    for pivot in 0..3 {
        let scale = rows[pivot][pivot].max(1e-12).recip();
        let (line, value) = (rows[pivot].map(|cell| cell * scale), right[pivot] * scale);
        for other in (0..3).filter(|&other| other != pivot) {
            let factor = rows[other][pivot];
            (0..3).for_each(|column| rows[other][column] -= factor * line[column]);
            right[other] -= factor * value;
        }
        (rows[pivot], right[pivot]) = (line, value);
    }
    right
}

#[cfg(test)]
mod tests {
    use super::super::objective::tests::contest;
    use super::*;

    #[test]
    fn words_that_tell_are_believed_and_the_beads_kept_out_rank_better() {
        let found = find(&contest(160, [0.05, 0.0, 0.3], 11), &Settings::default());
        assert!(found.share > 0.0 && found.strengths[2] > 5.0, "{found:?}");
        assert!(found.after.accuracy > found.before.accuracy + 0.2, "{found:?}");
        assert!(found.losses.last() < found.losses.first());
        assert_eq!((found.trained, found.held_out), (120, 40));
    }

    #[test]
    fn words_that_tell_nothing_do_no_harm() {
        for seed in 0..20 {
            let found = find(&contest(50, [0.4, 0.0, 0.0], seed), &Settings::default());
            assert!(found.after.accuracy >= found.before.accuracy, "{found:?}");
            assert!(found.after.loss <= found.before.loss, "{found:?}");
        }
    }

    #[test]
    fn what_an_encoder_ranks_without_fault_is_left_to_it() {
        for seed in 0..10 {
            let found = find(&contest(80, [0.5, 0.3, 0.3], seed), &Settings::default());
            assert_eq!(found.before.accuracy.to_bits(), 1.0_f32.to_bits(), "{found:?}");
            assert_eq!((found.share, found.strengths), (0.0, ENCODER_ALONE), "{found:?}");
        }
    }

    #[test]
    fn finding_twice_gives_the_same() {
        let contest = contest(80, [0.1, 0.1, 0.1], 2);
        assert_eq!(
            find(&contest, &Settings::default()),
            find(&contest, &Settings::default())
        );
    }

    #[test]
    fn a_system_is_solved() {
        let matrix = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]];
        let solved = solve(matrix, [6.5, 7.6, 6.9]);
        let product = |row: [f64; 3]| row.iter().zip(solved).map(|(a, b)| a * b).sum::<f64>();
        for (row, right) in matrix.into_iter().zip([6.5, 7.6, 6.9]) {
            assert!((product(row) - right).abs() < 1e-9, "{solved:?}");
        }
    }
}
