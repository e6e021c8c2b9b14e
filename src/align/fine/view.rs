//! A bead and its neighbours as the cosines of one space see them.

use std::ops::Range;

use super::super::pair::Half;
use super::Fine;
use super::runs::Runs;
use crate::rank::cosine;

/// The vectors in one of the two spaces.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) fine: &'a Fine<'a>,
    pub(super) space: usize,
}

impl<'a> View<'a> {
    fn vector(self, half: &'a Half, runs: &'a Runs, run: &Range<usize>) -> &'a [f32] {
        if self.space == 0 && run.len() == 1 {
            return half.singles().row(run.start);
        }
        if let (1, Some(exact)) = (run.len(), &half.exact) {
            return exact.row(run.start);
        }
        let vectors = if self.space == 0 { &runs.raw } else { &runs.white };
        runs.row(run).map_or(&[], |row| vectors.row(row))
    }

    /// Cosine of two runs; -1 where a model's vector is no number. In the evened-out space, where something was learned
    /// about the pair, the weighed evidence in its place.
    pub(super) fn cosine(self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let (of_x, of_y) = (self.fine.source.said(x), self.fine.target.said(y));
        let x = self.vector(&self.fine.pair.source, &self.fine.source, x);
        let y = self.vector(&self.fine.pair.target, &self.fine.target, y);
        if let (1, Some(lesson), Some(of_x), Some(of_y)) = (self.space, self.fine.lesson, of_x, of_y) {
            return lesson.score((x, of_x), (y, of_y));
        }
        let cosine = cosine(x, y);
        if cosine.is_nan() { -1.0 } else { cosine.clamp(-1.0, 1.0) }
    }

    /// Mean cosine of each run with the segments just before and after the other.
    pub(super) fn around(self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let (n, m) = (self.fine.pair.source.len(), self.fine.pair.target.len());
        let (mut sum, mut count) = (0.0, 0);
        let mut take = |possible: bool, x: Range<usize>, y: Range<usize>| {
            if possible {
                (sum, count) = (sum + self.cosine(&x, &y), count + 1);
            }
        };
        take(y.start > 0, x.clone(), y.start.wrapping_sub(1)..y.start);
        take(y.end < m, x.clone(), y.end..y.end + 1);
        take(x.start > 0, x.start.wrapping_sub(1)..x.start, y.clone());
        take(x.end < n, x.end..x.end + 1, y.clone());
        sum / count.max(1) as f32
    }

    /// Largest gain in cosine from taking in one more segment at any of the four ends; the share is that of the longer run.
    /// The rate is at most 1.
    pub(super) fn gain(self, x: &Range<usize>, y: &Range<usize>, here: f32) -> Change {
        let (source, target) = (&self.fine.pair.source, &self.fine.pair.target);
        let mut best = Change { whole: 0.0, rate: 0.0 };
        let mut note = |cosine: f32, half: &Half, longer: Range<usize>, segment: usize| {
            let gain = Change::new(cosine - here, half, segment, &longer);
            best.whole = best.whole.max(gain.whole);
            best.rate = best.rate.max(gain.rate);
        };
        if x.len() < self.fine.longest {
            for (segment, longer) in longer(x, source.len()) {
                note(self.cosine(&longer, y), source, longer, segment);
            }
        }
        if y.len() < self.fine.longest {
            for (segment, longer) in longer(y, target.len()) {
                note(self.cosine(x, &longer), target, longer, segment);
            }
        }
        best.rate = best.rate.min(1.0);
        best
    }

    /// Smallest loss in cosine from dropping an end segment of a side that has several; the share is that of the run. The
    /// rate is -1 to 1.
    pub(super) fn loss(self, x: &Range<usize>, y: &Range<usize>, here: f32) -> Change {
        let (source, target) = (&self.fine.pair.source, &self.fine.pair.target);
        let mut least = Change {
            whole: f32::INFINITY,
            rate: f32::INFINITY,
        };
        let mut note = |cosine: f32, half: &Half, run: &Range<usize>, segment: usize| {
            let loss = Change::new(here - cosine, half, segment, run);
            least.whole = least.whole.min(loss.whole);
            least.rate = least.rate.min(loss.rate);
        };
        for (segment, shorter) in shorter(x) {
            note(self.cosine(&shorter, y), source, x, segment);
        }
        for (segment, shorter) in shorter(y) {
            note(self.cosine(x, &shorter), target, y, segment);
        }
        let finite = |value: f32| if value.is_finite() { value } else { 0.0 };
        Change {
            whole: finite(least.whole),
            rate: finite(least.rate).clamp(-1.0, 1.0),
        }
    }

    /// How much better the bead is than the best pair of beads that it could be cut into; 0 where it cannot.
    pub(super) fn split(self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let mut best = f32::NEG_INFINITY;
        for i in x.start + 1..x.end {
            for j in y.start + 1..y.end {
                let halves = self.cosine(&(x.start..i), &(y.start..j)) + self.cosine(&(i..x.end), &(j..y.end));
                best = best.max(halves / 2.0);
            }
        }
        if best.is_finite() { here - best } else { 0.0 }
    }
}

/// A change in cosine from one segment more or less.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) whole: f32,
    /// For the share of a run's length that the segment makes up.
    pub(super) rate: f32,
}

impl Change {
    fn new(whole: f32, half: &Half, segment: usize, run: &Range<usize>) -> Self {
        let share = half.length(&(segment..segment + 1)) / half.length(run);
        Self {
            whole,
            rate: whole / share.max(0.05),
        }
    }
}

/// The segments on either side of a run in a document of `end`, each with the run that takes it in.
fn longer(run: &Range<usize>, end: usize) -> impl Iterator<Item = (usize, Range<usize>)> {
    let before = run.start.checked_sub(1).map(|segment| (segment, segment..run.end));
    let after = (run.end < end).then(|| (run.end, run.start..run.end + 1));
    before.into_iter().chain(after)
}

/// The end segments of a run of several, each with the run without it.
fn shorter(run: &Range<usize>) -> impl Iterator<Item = (usize, Range<usize>)> {
    let ends = [
        (run.start, run.start + 1..run.end),
        (run.end - 1, run.start..run.end - 1),
    ];
    ends.into_iter().filter(|(_, shorter)| !shorter.is_empty())
}
