//! A review by somebody who knows the gold.

use std::collections::HashSet;
use std::ops::Range;

use crate::align::{Alignment, Bead, GoldBead, GoldKind, Pins, Runs};
use crate::eval::gold::GoldSet;

/// What a person looked at in an alignment, and decided.
#[derive(Debug, Default)]
pub(super) struct Review {
    looked_at: Vec<Runs>,
    pub(super) pins: Pins,
}

impl Review {
    /// `count` gold beads, evenly spread, stand; the beads that touch them were looked at.
    pub(super) fn confirming(set: &GoldSet, alignment: &Alignment, count: usize) -> Self {
        let beads = in_order(set);
        let count = count.min(beads.len());
        let pins = force((0..count).map(|k| beads[k * beads.len() / count]));
        let touching = alignment.beads.iter().filter(|bead| touches(bead, &pins));
        Self {
            looked_at: touching.map(runs).collect(),
            pins,
        }
    }

    /// This percentage of the beads, the least probable ones, were looked at. The gold beads that touch them stand, nulls
    /// among them, and those of them do not that the gold lacks. Of a set of blocks neither nulls nor wrong beads are known.
    pub(super) fn correcting(set: &GoldSet, alignment: &Alignment, percent: f32) -> Self {
        let looked_at = least_probable(alignment, percent);
        let touched = |(x, y): &GoldBead| {
            let meets =
                |(source, target): &Runs| x.iter().any(|i| source.contains(i)) || y.iter().any(|j| target.contains(j));
            looked_at.iter().any(meets)
        };
        let mut pins = force(in_order(set).into_iter().filter(|bead| touched(bead)));
        if set.kind == GoldKind::Exact {
            let gold: HashSet<&GoldBead> = set.beads.iter().collect();
            let lacks = |(x, y): &&Runs| !gold.contains(&(x.clone().collect(), y.clone().collect()));
            let two_sided = |(x, y): &&Runs| !x.is_empty() && !y.is_empty();
            pins.forbidden = looked_at.iter().filter(two_sided).filter(lacks).cloned().collect();
            let nulls = set.beads.iter().filter(|(x, y)| x.is_empty() != y.is_empty());
            for (x, y) in nulls.filter(|bead| touched(bead)) {
                pins.forced.extend(x.iter().map(|&i| (i..i + 1, 0..0)));
                pins.forced.extend(y.iter().map(|&j| (0..0, j..j + 1)));
            }
        }
        Self { looked_at, pins }
    }

    /// The gold beads that were not given.
    pub(super) fn gold_left(&self, set: &GoldSet) -> Vec<GoldBead> {
        let same = |run: &Range<usize>, indexes: &[usize]| run.clone().eq(indexes.iter().copied());
        let given = |(x, y): &&GoldBead| {
            let mut forced = self.pins.forced.iter();
            forced.any(|(source, target)| same(source, x) && same(target, y))
        };
        set.beads.iter().filter(|bead| !given(bead)).cloned().collect()
    }

    /// What holds no segment of a given bead: a person who put a bead right has put away what stood there.
    pub(super) fn left(&self, mut alignment: Alignment) -> Alignment {
        alignment.beads.retain(|bead| !touches(bead, &self.pins));
        alignment
    }

    /// The beads that were not looked at.
    pub(super) fn unseen(&self, mut alignment: Alignment) -> Alignment {
        alignment.beads.retain(|bead| !self.looked_at.contains(&runs(bead)));
        alignment
    }
}

/// Whether a bead holds a segment of a bead that stands.
fn touches(bead: &Bead, pins: &Pins) -> bool {
    let meet = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let mut forced = pins.forced.iter();
    forced.any(|(x, y)| meet(&bead.source, x) || meet(&bead.target, y))
}

fn least_probable(alignment: &Alignment, percent: f32) -> Vec<Runs> {
    let mut unsure: Vec<&Bead> = alignment.beads.iter().collect();
    unsure.sort_by(|a, b| a.posterior.total_cmp(&b.posterior));
    unsure.truncate((alignment.beads.len() as f32 * percent / 100.0).round() as usize);
    unsure.into_iter().map(runs).collect()
}

fn runs(bead: &Bead) -> Runs {
    (bead.source.clone(), bead.target.clone())
}

/// Every gold bead with two sides, of gapless runs in order; of a set of blocks only those that are surely beads.
fn in_order(set: &GoldSet) -> Vec<&GoldBead> {
    let gapless = |run: &[usize]| !run.is_empty() && run.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let small = |bead: &GoldBead| match set.kind {
        GoldKind::Exact => bead.0.len().max(bead.1.len()) <= 15,
        GoldKind::Block => bead.0.len() == 1 && bead.1.len() == 1,
    };
    let mut sorted: Vec<&GoldBead> = set
        .beads
        .iter()
        .filter(|bead| gapless(&bead.0) && gapless(&bead.1))
        .collect();
    sorted.retain(|bead| small(bead));
    sorted.sort();
    let mut end = 0;
    sorted.retain(|(x, y)| {
        let follows = y[0] >= end && !x.is_empty();
        end = if follows { y[y.len() - 1] + 1 } else { end };
        follows
    });
    sorted
}

fn force<'a>(beads: impl Iterator<Item = &'a GoldBead>) -> Pins {
    let run = |indexes: &[usize]| indexes[0]..indexes[indexes.len() - 1] + 1;
    Pins {
        forced: beads.map(|(x, y)| (run(x), run(y))).collect(),
        ..Pins::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn set(beads: &[(&[usize], &[usize])]) -> GoldSet {
        GoldSet {
            name: "made up".to_owned(),
            source: Document::default(),
            target: Document::default(),
            beads: beads.iter().map(|(x, y)| (x.to_vec(), y.to_vec())).collect(),
            kind: GoldKind::Exact,
        }
    }

    fn bead(source: Range<usize>, target: Range<usize>, posterior: f32) -> Bead {
        Bead {
            source,
            target,
            score: 0.5,
            posterior,
        }
    }

    #[test]
    fn a_reviewer_joins_rejects_and_leaves_out() {
        let set = set(&[(&[0], &[0]), (&[1], &[1, 2]), (&[2], &[]), (&[3], &[3])]);
        let alignment = Alignment {
            beads: vec![
                bead(0..1, 0..1, 0.9),
                bead(1..2, 1..2, 0.3),
                bead(2..3, 2..3, 0.2),
                bead(3..4, 3..4, 0.8),
            ],
        };
        let review = Review::correcting(&set, &alignment, 50.0);
        assert_eq!(review.pins.forced, [(1..2, 1..3), (2..3, 0..0)]);
        assert_eq!(review.pins.forbidden, [(2..3, 2..3), (1..2, 1..2)]);
        assert_eq!(review.gold_left(&set), [(vec![0], vec![0]), (vec![3], vec![3])]);
        let unseen = Alignment {
            beads: vec![bead(0..1, 0..1, 0.9), bead(3..4, 3..4, 0.8)],
        };
        assert_eq!(review.unseen(alignment.clone()), unseen);
        assert_eq!(review.left(alignment), unseen);
    }
}
