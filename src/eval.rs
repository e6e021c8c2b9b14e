//! How good an alignment is, against gold: strict and lax F1, blocks, nulls, calibration.
//!
//! *Strict*: a bead with two sides counts when the gold holds exactly the same; precision over predicted, recall over
//! gold beads with two sides. *Lax* (Sennrich and Volk 2010, §4): it counts when it shares a source segment and a target
//! segment with one gold bead. *Block*: where gold beads are pairs of passages, a predicted bead counts when it
//! lies inside one of them; recall is the share of the passages' segments that such beads hold.

pub mod bootstrap;
pub mod calibration;
pub mod counts;
pub mod damage;
mod draw;
pub mod gold;
pub mod strangers;
pub mod tatoeba;

use crate::align::{GoldBead, GoldKind};
use bootstrap::Interval;
use counts::{Counts, Stretches};

/// Precision, recall and their harmonic mean, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    /// Share of predicted beads that are right.
    pub precision: f64,
    /// Share of the gold that is found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

impl Score {
    fn of(counts: Counts) -> Self {
        let share = |(part, whole): (usize, usize)| part as f64 / whole.max(1) as f64;
        let (precision, recall) = (share(counts.precision), share(counts.recall));
        let sum = precision + recall;
        Self {
            precision,
            recall,
            f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 },
        }
    }
}

/// What an alignment scores against one gold set.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Strict score of an exact set, block score of a block set.
    pub score: Score,
    /// 95% interval of its F1.
    pub f1_interval: Interval,
    /// Lax score; of exact sets only.
    pub lax: Option<Score>,
    /// Precision, recall and F1 of saying that a segment has no counterpart. Recall is 1 where the gold has none.
    pub nulls: Score,
    /// Segments without counterpart in the gold.
    pub gold_nulls: usize,
    /// Segments without counterpart in the prediction.
    pub predicted_nulls: usize,
}

/// Scores predicted beads. Both lists hold indexes in rising order within a bead.
pub fn evaluate(gold: &[GoldBead], kind: GoldKind, predicted: &[GoldBead]) -> Evaluation {
    let stretches = match kind {
        GoldKind::Exact => counts::strict(gold, predicted),
        GoldKind::Block => counts::blocks(gold, predicted),
    };
    let (nulls, gold_nulls, predicted_nulls) = counts::nulls(gold, predicted);
    let mut null_score = Score::of(nulls);
    if gold_nulls == 0 {
        null_score.recall = 1.0;
    }
    Evaluation {
        score: Score::of(total(&stretches)),
        f1_interval: bootstrap::interval(&stretches, |counts| Score::of(counts).f1),
        lax: (kind == GoldKind::Exact).then(|| Score::of(total(&counts::lax(gold, predicted)))),
        nulls: null_score,
        gold_nulls,
        predicted_nulls,
    }
}

fn total(stretches: &Stretches) -> Counts {
    stretches.iter().fold(Counts::default(), |sum, &counts| sum + counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beads(pairs: &[(&[usize], &[usize])]) -> Vec<GoldBead> {
        pairs.iter().map(|(x, y)| (x.to_vec(), y.to_vec())).collect()
    }

    #[test]
    fn a_bead_split_in_two_is_wrong_strictly_and_right_laxly() {
        let gold = beads(&[(&[0], &[0]), (&[1, 2], &[1]), (&[3], &[]), (&[4], &[2])]);
        let found = beads(&[(&[0], &[0]), (&[1], &[1]), (&[2], &[]), (&[3], &[]), (&[4], &[2])]);
        let result = evaluate(&gold, GoldKind::Exact, &found);
        assert!((result.score.f1 - 2.0 / 3.0).abs() < 1e-9);
        assert!((result.lax.unwrap().f1 - 1.0).abs() < 1e-9);
        assert_eq!((result.gold_nulls, result.predicted_nulls), (1, 2));
        assert!((result.nulls.precision - 0.5).abs() < 1e-9 && (result.nulls.recall - 1.0).abs() < 1e-9);
        assert!(result.f1_interval.low <= result.score.f1 && result.score.f1 <= result.f1_interval.high);
    }

    #[test]
    fn inside_a_block_any_split_is_right_and_across_blocks_none_is() {
        let gold = beads(&[(&[0, 1], &[0, 1]), (&[2, 3], &[2])]);
        let inside = beads(&[(&[0], &[0]), (&[1], &[1]), (&[2, 3], &[2])]);
        assert!((evaluate(&gold, GoldKind::Block, &inside).score.f1 - 1.0).abs() < 1e-9);
        let across = evaluate(
            &gold,
            GoldKind::Block,
            &beads(&[(&[0], &[0]), (&[1, 2], &[1]), (&[3], &[2])]),
        );
        assert!((across.score.precision - 2.0 / 3.0).abs() < 1e-9);
        assert!((across.score.recall - 4.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn nothing_against_nothing_is_no_crash() {
        let result = evaluate(&[], GoldKind::Exact, &[]);
        assert!(result.score.f1.abs() < 1e-9 && result.f1_interval.high.abs() < 1e-9);
    }
}
