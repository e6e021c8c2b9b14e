//! Segments that may belong elsewhere, and beads that surely stand where they belong.

use std::ops::Range;

use super::Standing;
use crate::align::Bead;

/// Posterior from which a bead of one segment a side is known.
const KNOWN: f32 = 0.9;
/// Known beads that are compared, at most: an even choice is enough.
const MOST: usize = 250;

/// A segment that may belong elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Candidate {
    pub(super) segment: usize,
    /// The bead of the path that it begins or ends.
    pub(super) holder: Option<usize>,
}

/// What is left over, the ends of beads with several segments, and those of doubtful beads with one, in order.
pub(super) fn candidates(left: &[usize], path: &Standing, run: impl Fn(&Bead) -> Range<usize>) -> Vec<Candidate> {
    let free = left.iter().map(|&segment| Candidate { segment, holder: None });
    let held = path.beads.iter().enumerate().flat_map(|(number, bead)| {
        let run = run(bead);
        let ends = match run.len() {
            1 if bead.posterior < KNOWN => vec![run.start],
            1 => Vec::new(),
            _ => vec![run.start, run.end - 1],
        };
        ends.into_iter().map(move |segment| Candidate {
            segment,
            holder: Some(number),
        })
    });
    let mut all: Vec<Candidate> = free.chain(held).collect();
    all.sort_unstable_by_key(|candidate| candidate.segment);
    all
}

/// An even choice of the beads of one segment a side that are surely right.
pub(super) fn known(path: &Standing) -> Vec<(usize, usize)> {
    let single = |bead: &&Bead| bead.source.len() == 1 && bead.target.len() == 1 && bead.posterior >= KNOWN;
    let sure = path.beads.iter().filter(single);
    let sure: Vec<(usize, usize)> = sure.map(|bead| (bead.source.start, bead.target.start)).collect();
    let step = sure.len().div_ceil(MOST).max(1);
    sure.into_iter().step_by(step).collect()
}
