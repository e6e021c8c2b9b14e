//! Planted damage: a block of one document taken away, or strange text put in, and what becomes of the other beads.
//!
//! An aligner that follows the documents loses the beads at the cut and no others. A bead of the gold is *untouched* when
//! all its segments are still there and still next to each other.

use std::collections::HashSet;
use std::ops::Range;

use super::draw::draw;
use crate::align::GoldBead;

/// What is done to one document of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// A block of segments is missing.
    Missing,
    /// A block of segments of a strange document stands in between.
    Strange,
}

/// Where a block lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At the start of the document.
    Start,
    /// Anywhere.
    Within,
    /// At its end.
    End,
}

/// One document after the damage, segment by segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Where each segment comes from.
    pub segments: Vec<Origin>,
}

/// Where a segment of a damaged document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The document itself: 0-based number of the segment there.
    Own(usize),
    /// The strange document: 0-based number of the segment there.
    Strange(usize),
}

impl Damaged {
    /// A document of `n` segments that nothing happened to.
    pub fn intact(n: usize) -> Self {
        Self {
            segments: (0..n).map(Origin::Own).collect(),
        }
    }

    /// Harms a block of `share` (0 to 1) of a document of `n` segments. A strange block has as many segments, or as many
    /// as the strange document has: `strange`. What is drawn follows from `seed`.
    pub fn plant(n: usize, strange: usize, harm: Harm, place: Place, share: f64, seed: u64) -> Self {
        let mut state = seed;
        let whole = if harm == Harm::Missing { n } else { strange };
        let size = ((n as f64 * share).round() as usize).min(whole);
        let room = if harm == Harm::Missing { n - size } else { n };
        let at = match place {
            Place::Start => 0,
            Place::Within => draw(&mut state, room + 1),
            Place::End => room,
        };
        let own = |run: Range<usize>| run.map(Origin::Own);
        let first = draw(&mut state, strange - size.min(strange) + 1);
        let segments = match harm {
            Harm::Missing => own(0..at).chain(own(at + size..n)).collect(),
            Harm::Strange => own(0..at)
                .chain((first..first + size).map(Origin::Strange))
                .chain(own(at..n))
                .collect(),
        };
        Self { segments }
    }

    /// Where each of `n` segments of the document is now.
    fn places(&self, n: usize) -> Vec<Option<usize>> {
        let mut places = vec![None; n];
        for (at, origin) in self.segments.iter().enumerate() {
            if let Origin::Own(segment) = *origin {
                places[segment] = Some(at);
            }
        }
        places
    }
}

/// The untouched beads of `gold` (two sides each): as they were, and as they are in the damaged documents. `n` and `m` are
/// the segments before the damage.
pub fn untouched(
    gold: &[GoldBead],
    (n, m): (usize, usize),
    source: &Damaged,
    target: &Damaged,
) -> Vec<(GoldBead, GoldBead)> {
    let (source, target) = (source.places(n), target.places(m));
    let run = |segments: &[usize], places: &[Option<usize>]| -> Option<Vec<usize>> {
        let moved: Vec<usize> = segments.iter().map(|&segment| places[segment]).collect::<Option<_>>()?;
        let whole = moved
            .windows(2)
            .zip(segments.windows(2))
            .all(|(now, then)| now[1] - now[0] == then[1] - then[0]);
        whole.then_some(moved)
    };
    let two_sided = gold.iter().filter(|(x, y)| !x.is_empty() && !y.is_empty());
    two_sided
        .filter_map(|bead| Some((bead.clone(), (run(&bead.0, &source)?, run(&bead.1, &target)?))))
        .collect()
}

/// How the untouched beads fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Toll {
    /// Untouched beads of the gold.
    pub untouched: usize,
    /// Those found exactly before the damage.
    pub before: usize,
    /// Those found exactly after it.
    pub after: usize,
    /// Those found exactly both times.
    pub both: usize,
}

impl Toll {
    /// Compares what was found in the whole documents with what was found in the damaged ones.
    pub fn of(untouched: &[(GoldBead, GoldBead)], before: &[GoldBead], after: &[GoldBead]) -> Self {
        let (before, after): (HashSet<&GoldBead>, HashSet<&GoldBead>) =
            (before.iter().collect(), after.iter().collect());
        let mut toll = Self::default();
        for (then, now) in untouched {
            let (right, still) = (before.contains(then), after.contains(now));
            toll.untouched += 1;
            toll.before += usize::from(right);
            toll.after += usize::from(still);
            toll.both += usize::from(right && still);
        }
        toll
    }

    /// Share of the untouched beads found exactly after the damage, 0 to 1; 1 where there are none.
    pub fn right(self) -> f64 {
        share(self.after, self.untouched)
    }

    /// Share of those found before that are still found after, 0 to 1; 1 where there were none.
    pub fn kept(self) -> f64 {
        share(self.both, self.before)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_missing_chapter_touches_only_the_beads_at_its_edges() {
        let gold: Vec<GoldBead> = vec![
            (vec![0], vec![0]),
            (vec![1, 2], vec![1]),
            (vec![3], vec![2, 3]),
            (vec![4], vec![4]),
        ];
        let source = Damaged {
            segments: [0, 1, 4].map(Origin::Own).to_vec(),
        };
        let left = untouched(&gold, (5, 5), &source, &Damaged::intact(5));
        let now: Vec<GoldBead> = left.into_iter().map(|(_, now)| now).collect();
        assert_eq!(now, [(vec![0], vec![0]), (vec![2], vec![4])]);
    }

    #[test]
    fn the_toll_counts_what_was_lost_and_what_was_never_right() {
        let bead = |at: usize| -> GoldBead { (vec![at], vec![at]) };
        let untouched: Vec<_> = (0..4).map(|at| (bead(at), bead(at))).collect();
        let toll = Toll::of(&untouched, &[bead(0), bead(1)], &[bead(1), bead(2), bead(3)]);
        assert!((toll.right() - 0.75).abs() < 1e-9 && (toll.kept() - 0.5).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn damage_is_one_block_and_the_rest_stays_in_order(n in 0..60_usize, strange in 0..40_usize, share in 0.0..0.5, seed: u64) {
            for place in [Place::Start, Place::Within, Place::End] {
                let missing = Damaged::plant(n, strange, Harm::Missing, place, share, seed);
                prop_assert_eq!(missing.segments.len(), n - (n as f64 * share).round() as usize);
                let mixed = Damaged::plant(n, strange, Harm::Strange, place, share, seed);
                let own: Vec<Origin> = mixed.segments.iter().copied().filter(|origin| matches!(origin, Origin::Own(_))).collect();
                prop_assert_eq!(own, Damaged::intact(n).segments);
                let edges = mixed.segments.windows(2).filter(|pair| matches!(pair, [Origin::Own(_), Origin::Strange(_)]));
                prop_assert!(edges.count() <= 1);
            }
        }
    }
}
