//! Approximate cosines of all runs that start in a few rows of a band, each computed once.

use std::ops::Range;

use super::band::Band;
use super::corridor::Corridor;

/// Cosines and key overlaps of runs by place and sizes.
pub(crate) struct Blocks<'a> {
    band: &'a Band,
    reach: usize,
    first: usize,
    columns: Vec<Range<usize>>,
    offsets: Vec<usize>,
    cosines: Vec<f32>,
    overlaps: Vec<f32>,
}

impl<'a> Blocks<'a> {
    /// All runs that start at a node of `rows` of the corridor, or one row or column before, and whose sizes add up to
    /// `reach` + 1 at most.
    pub(crate) fn new(band: &'a Band, corridor: &Corridor, rows: &Range<usize>, reach: usize) -> Self {
        let (n, m) = (corridor.n(), corridor.m());
        let first = rows.start.saturating_sub(1);
        let columns = |i: usize| {
            let (here, next) = (corridor.row(i), corridor.row((i + 1).min(n)));
            here.start.min(next.start).saturating_sub(1)..here.end.max(next.end).min(m)
        };
        let columns: Vec<Range<usize>> = (first..rows.end.min(n)).map(columns).collect();
        let mut offsets = vec![0];
        for row in &columns {
            offsets.push(offsets[offsets.len() - 1] + row.len());
        }
        let size = offsets[columns.len()] * reach * reach;
        let mut blocks = Self {
            band,
            reach,
            first,
            columns,
            offsets,
            cosines: vec![0.0; size],
            overlaps: vec![0.0; size],
        };
        for row in 0..blocks.columns.len() {
            for j in blocks.columns[row].clone() {
                blocks.fill(first + row, j, (n, m));
            }
        }
        blocks
    }

    fn fill(&mut self, i: usize, j: usize, (n, m): (usize, usize)) {
        let Some(cell) = self.cell(i, j) else { return };
        let longest = self.reach.min(m - j);
        let mut vectors = [0.0_f32; 16];
        let mut keys = [0.0_f32; 16];
        for a in 1..=self.reach.min(n - i) {
            let (cosines, overlaps) = self.band.rows(i + a - 1);
            for b in 1..=longest.min(self.reach + 1 - a) {
                vectors[b] += cosines.sum(&(j..j + b));
                keys[b] += overlaps.sum(&(j..j + b));
                let place = cell + (a - 1) * self.reach + b - 1;
                let runs = (i..i + a, j..j + b);
                self.cosines[place] = vectors[b] * self.band.scale(&runs.0, &runs.1);
                self.overlaps[place] = keys[b];
            }
        }
    }

    fn cell(&self, i: usize, j: usize) -> Option<usize> {
        let row = i.checked_sub(self.first)?;
        let columns = self.columns.get(row)?;
        columns
            .contains(&j)
            .then(|| (self.offsets[row] + j - columns.start) * self.reach * self.reach)
    }

    fn place(&self, x: &Range<usize>, y: &Range<usize>) -> Option<usize> {
        if x.len() + y.len() > self.reach + 1 {
            return None;
        }
        Some(self.cell(x.start, y.start)? + (x.len() - 1) * self.reach + y.len() - 1)
    }

    /// Approximate cosine of two non-empty runs.
    pub(crate) fn cosine(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        self.place(x, y)
            .map_or_else(|| self.band.cosine(x, y), |place| self.cosines[place])
    }

    /// Sum of squared weights of the keys that two non-empty runs have in common.
    pub(crate) fn common_keys(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        self.place(x, y)
            .map_or_else(|| self.band.common_keys(x, y), |place| self.overlaps[place])
    }
}
