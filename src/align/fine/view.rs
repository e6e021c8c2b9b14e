//! A bead and its neighbours as the cosines of one space see them.

use std::ops::Range;

use super::super::pair::Half;
use super::{Fine, Runs};
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

    /// Largest gain in cosine from taking in one more segment at any of the four ends.
    pub(super) fn gain(self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let (n, m) = (self.fine.pair.source.len(), self.fine.pair.target.len());
        let (x_grows, y_grows) = (x.len() < self.fine.longest, y.len() < self.fine.longest);
        let mut best = 0.0_f32;
        let mut attempt = |possible: bool, x: Range<usize>, y: Range<usize>| {
            if possible {
                best = best.max(self.cosine(&x, &y) - here);
            }
        };
        attempt(x_grows && x.start > 0, x.start.saturating_sub(1)..x.end, y.clone());
        attempt(x_grows && x.end < n, x.start..x.end + 1, y.clone());
        attempt(y_grows && y.start > 0, x.clone(), y.start.saturating_sub(1)..y.end);
        attempt(y_grows && y.end < m, x.clone(), y.start..y.end + 1);
        best
    }

    /// Smallest loss in cosine from dropping an end segment of a side that has several.
    pub(super) fn loss(self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let mut least = f32::INFINITY;
        let mut attempt = |x: Range<usize>, y: Range<usize>| least = least.min(here - self.cosine(&x, &y));
        if x.len() > 1 {
            attempt(x.start + 1..x.end, y.clone());
            attempt(x.start..x.end - 1, y.clone());
        }
        if y.len() > 1 {
            attempt(x.clone(), y.start + 1..y.end);
            attempt(x.clone(), y.start..y.end - 1);
        }
        if least.is_finite() { least } else { 0.0 }
    }

    /// Smallest loss in cosine from dropping an end segment of a side that has several, for the share of the run's length
    /// that it makes up; -1 to 1.
    pub(super) fn loss_rate(self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let mut least = f32::INFINITY;
        let (source, target) = (&self.fine.pair.source, &self.fine.pair.target);
        let mut attempt = |share: f32, x: Range<usize>, y: Range<usize>| {
            least = least.min((here - self.cosine(&x, &y)) / share.max(0.05));
        };
        let share = |half: &Half, part: Range<usize>, run: &Range<usize>| half.length(&part) / half.length(run);
        if x.len() > 1 {
            attempt(share(source, x.start..x.start + 1, x), x.start + 1..x.end, y.clone());
            attempt(share(source, x.end - 1..x.end, x), x.start..x.end - 1, y.clone());
        }
        if y.len() > 1 {
            attempt(share(target, y.start..y.start + 1, y), x.clone(), y.start + 1..y.end);
            attempt(share(target, y.end - 1..y.end, y), x.clone(), y.start..y.end - 1);
        }
        if least.is_finite() { least.clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// Largest gain in cosine from taking in one more segment, for the share of the longer run that it makes up; 0 to 1.
    pub(super) fn gain_rate(self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let (source, target) = (&self.fine.pair.source, &self.fine.pair.target);
        let (x_grows, y_grows) = (x.len() < self.fine.longest, y.len() < self.fine.longest);
        let mut best = 0.0_f32;
        let mut attempt = |share: f32, x: Range<usize>, y: Range<usize>| {
            best = best.max((self.cosine(&x, &y) - here) / share.max(0.05));
        };
        let share = |half: &Half, part: Range<usize>, run: &Range<usize>| half.length(&part) / half.length(run);
        if x_grows && x.start > 0 {
            let longer = x.start - 1..x.end;
            attempt(share(source, x.start - 1..x.start, &longer), longer, y.clone());
        }
        if x_grows && x.end < source.len() {
            let longer = x.start..x.end + 1;
            attempt(share(source, x.end..x.end + 1, &longer), longer, y.clone());
        }
        if y_grows && y.start > 0 {
            let longer = y.start - 1..y.end;
            attempt(share(target, y.start - 1..y.start, &longer), x.clone(), longer);
        }
        if y_grows && y.end < target.len() {
            let longer = y.start..y.end + 1;
            attempt(share(target, y.end..y.end + 1, &longer), x.clone(), longer);
        }
        best.min(1.0)
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
