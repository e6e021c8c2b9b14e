//! Approximate cosines of all runs that start in a few rows of a band, each computed once.

use std::ops::Range;

use super::band::Band;
use super::corridor::Corridor;

/// Cosines and key overlaps of runs by place and sizes.
pub(crate) struct Blocks<'a> {
    band: &'a Band,
    /// Segments of both sides in one bead, at most.
    reach: usize,
    first: usize,
    columns: Vec<Range<usize>>,
    offsets: Vec<usize>,
    cosines: Vec<f32>,
    overlaps: Vec<f32>,
}

/// Where the runs of a bead that is a little larger or smaller start.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    /// Where the bead does.
    Here,
    /// A source segment before it.
    Above,
    /// A target segment before it.
    Before,
    /// A source segment behind its start.
    Below,
    /// A target segment behind its start.
    After,
}

/// All runs that start at one node or next to it.
pub(crate) struct Cross<'a> {
    band: &'a Band,
    reach: usize,
    node: (usize, usize),
    cosines: [&'a [f32]; 5],
    overlaps: &'a [f32],
}

impl<'a> Blocks<'a> {
    /// All runs that start at a node of `rows` of the corridor, or one row or column beside it, and whose sizes add up to
    /// `reach` + 1 at most.
    pub(crate) fn new(band: &'a Band, corridor: &Corridor, rows: &Range<usize>, reach: usize) -> Self {
        let (n, m) = (corridor.n(), corridor.m());
        let first = rows.start.saturating_sub(1);
        let columns = |i: usize| {
            let near = || (i.saturating_sub(1)..=(i + 1).min(n)).map(|row| corridor.row(row));
            let low = near().map(|columns| columns.start).min().unwrap_or(0);
            let high = near().map(|columns| columns.end).max().unwrap_or(m);
            low.saturating_sub(1)..(high + 1).min(m)
        };
        let columns: Vec<Range<usize>> = (first..(rows.end + 1).min(n)).map(columns).collect();
        let mut offsets = vec![0];
        for row in &columns {
            offsets.push(offsets[offsets.len() - 1] + row.len());
        }
        let size = offsets[columns.len()] * reach * reach;
        let (mut cosines, mut overlaps) = (vec![0.0; size], vec![0.0; size]);
        let cells = cosines
            .chunks_exact_mut(reach * reach)
            .zip(overlaps.chunks_exact_mut(reach * reach));
        let places = columns.iter().enumerate();
        let places = places.flat_map(|(row, columns)| columns.clone().map(move |j| (first + row, j)));
        for ((i, j), (cosines, overlaps)) in places.zip(cells) {
            fill(band, (i, j), (n, m), (cosines, overlaps), reach);
        }
        Self {
            band,
            reach,
            first,
            columns,
            offsets,
            cosines,
            overlaps,
        }
    }

    /// The runs around a node of the rows that both documents go on from.
    pub(crate) fn cross(&self, i: usize, j: usize) -> Cross<'_> {
        let cosines = |i: usize, j: usize| self.cell(i, j).map_or(&[][..], |cell| &self.cosines[cell]);
        Cross {
            band: self.band,
            reach: self.reach,
            node: (i, j),
            cosines: [
                cosines(i, j),
                cosines(i.wrapping_sub(1), j),
                cosines(i, j.wrapping_sub(1)),
                cosines(i + 1, j),
                cosines(i, j + 1),
            ],
            overlaps: self.cell(i, j).map_or(&[], |cell| &self.overlaps[cell]),
        }
    }

    fn cell(&self, i: usize, j: usize) -> Option<Range<usize>> {
        let row = i.checked_sub(self.first)?;
        let columns = self.columns.get(row)?;
        let size = self.reach * self.reach;
        columns.contains(&j).then(|| {
            let cell = (self.offsets[row] + j - columns.start) * size;
            cell..cell + size
        })
    }
}

/// Computes all runs that start at one node.
fn fill(
    band: &Band,
    (i, j): (usize, usize),
    (n, m): (usize, usize),
    (cosines, overlaps): (&mut [f32], &mut [f32]),
    reach: usize,
) {
    let longest = reach.min(m - j);
    let mut vectors = [0.0_f32; 16];
    let mut keys = [0.0_f32; 16];
    let lines = cosines.chunks_exact_mut(reach).zip(overlaps.chunks_exact_mut(reach));
    let targets = band.target_scales(j);
    for (a, (cosines, overlaps)) in lines.enumerate().take(reach.min(n - i)) {
        let (vector_row, key_row) = band.rows(i + a);
        let count = longest.min(reach - a);
        vector_row.add_runs(j, &mut vectors[..count]);
        key_row.add_runs(j, &mut keys[..count]);
        let scale = band.source_scales(i)[a];
        for ((cosine, vector), target) in cosines.iter_mut().zip(&vectors[..count]).zip(targets) {
            *cosine = vector * scale * target;
        }
        overlaps[..count].copy_from_slice(&keys[..count]);
    }
}

impl Cross<'_> {
    /// Approximate cosine of `a` source and `b` target segments, at least one each.
    #[inline]
    pub(crate) fn cosine(&self, start: Start, a: usize, b: usize) -> f32 {
        if a + b <= self.reach + 1
            && let Some(&cosine) = self.cosines[start as usize].get((a - 1) * self.reach + b - 1)
        {
            return cosine;
        }
        let (x, y) = self.runs(start, a, b);
        self.band.cosine(&x, &y)
    }

    /// Sum of squared weights of the keys that `a` source and `b` target segments from the node on have in common.
    #[inline]
    pub(crate) fn common_keys(&self, a: usize, b: usize) -> f32 {
        if a + b <= self.reach + 1
            && let Some(&overlap) = self.overlaps.get((a - 1) * self.reach + b - 1)
        {
            return overlap;
        }
        let (x, y) = self.runs(Start::Here, a, b);
        self.band.common_keys(&x, &y)
    }

    #[cold]
    fn runs(&self, start: Start, a: usize, b: usize) -> (Range<usize>, Range<usize>) {
        let (i, j) = self.node;
        let (i, j) = match start {
            Start::Here => (i, j),
            Start::Above => (i - 1, j),
            Start::Before => (i, j - 1),
            Start::Below => (i + 1, j),
            Start::After => (i, j + 1),
        };
        (i..i + a, j..j + b)
    }
}
