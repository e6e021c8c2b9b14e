//! The part of the lattice that is searched: for every row an interval of columns.

use std::ops::Range;

/// Nodes (i, j) of the lattice, "i source and j target segments consumed", kept as one interval of columns a row. Both
/// corners are inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Corridor {
    columns: Vec<(u32, u32)>,
    offsets: Vec<usize>,
}

impl Corridor {
    /// Every node of `n` source and `m` target segments.
    pub(crate) fn full(n: usize, m: usize) -> Self {
        Self::from_columns(vec![(0, m as u32 + 1); n + 1])
    }

    /// All nodes within `radius` rows and columns of a monotone path from (0, 0) to (n, m).
    pub(crate) fn around(path: &[(usize, usize)], radius: usize) -> Self {
        let (n, m) = path.last().copied().unwrap_or((0, 0));
        let mut first = vec![usize::MAX; n + 1];
        let mut last = vec![0; n + 1];
        for &(i, j) in path {
            first[i] = first[i].min(j);
            last[i] = last[i].max(j);
        }
        // A row that the path jumps over lies between its neighbours.
        for i in 1..=n {
            if first[i] == usize::MAX {
                (first[i], last[i]) = (last[i - 1], last[i - 1]);
            }
        }
        let columns = (0..=n).map(|i| {
            let low = first[i.saturating_sub(radius)].saturating_sub(radius);
            let high = (last[(i + radius).min(n)] + radius).min(m) + 1;
            (low as u32, high as u32)
        });
        Self::from_columns(columns.collect())
    }

    /// For every row of `n` source and `m` target segments the columns from the first to the last of `nodes`.
    pub(crate) fn covering(n: usize, m: usize, nodes: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut columns = vec![(u32::MAX, 0); n + 1];
        for (i, j) in nodes.chain([(0, 0), (n, m)]) {
            let (low, high) = columns[i];
            columns[i] = (low.min(j as u32), high.max(j as u32 + 1));
        }
        Self::from_columns(columns.into_iter().map(|(low, high)| (low.min(high), high)).collect())
    }

    /// For every row the nodes of this corridor from the first to the last of `nodes`, which lie in it; the corners stay, and
    /// one node of a row that has none.
    pub(crate) fn narrowed(&self, nodes: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut spans = vec![(usize::MAX, 0); self.n() + 1];
        for (i, j) in nodes.chain([(0, 0), (self.n(), self.m())]) {
            let (low, high) = spans[i];
            spans[i] = (low.min(j), high.max(j));
        }
        let columns = spans.into_iter().enumerate().map(|(i, (low, high))| {
            let all = self.row(i);
            let low = low.clamp(all.start, all.end - 1);
            let high = (high + 1).clamp(low + 1, all.end);
            (low as u32, high as u32)
        });
        Self::from_columns(columns.collect())
    }

    fn from_columns(columns: Vec<(u32, u32)>) -> Self {
        let mut offsets = Vec::with_capacity(columns.len() + 1);
        let mut total = 0;
        offsets.push(0);
        for &(low, high) in &columns {
            total += (high - low) as usize;
            offsets.push(total);
        }
        Self { columns, offsets }
    }

    /// Number of source segments.
    pub(crate) fn n(&self) -> usize {
        self.columns.len() - 1
    }

    /// Number of target segments.
    pub(crate) fn m(&self) -> usize {
        self.columns.last().map_or(0, |&(_, high)| high as usize - 1)
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Columns of row `i`.
    pub(crate) fn row(&self, i: usize) -> Range<usize> {
        let (low, high) = self.columns[i];
        low as usize..high as usize
    }

    /// Index of the first node of row `i`; the nodes of a row follow each other.
    pub(crate) fn offset(&self, i: usize) -> usize {
        self.offsets[i]
    }

    /// Index of node (i, j), if it is inside.
    pub(crate) fn node(&self, i: usize, j: usize) -> Option<usize> {
        let &(low, high) = self.columns.get(i)?;
        (low as usize <= j && j < high as usize).then(|| self.offsets[i] + j - low as usize)
    }
}
