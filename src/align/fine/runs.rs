//! Vectors of the runs that the surviving beads need.

use std::ops::Range;

use rayon::prelude::*;

use super::super::pair::Half;
use super::super::words::Said;
use crate::embed::{EmbedError, Vectors};

/// Marks a run whose vector nobody asked for.
const NO_ROW: u32 = u32::MAX;

/// Vectors of runs of one side, by first segment and length.
pub(super) struct Runs {
    /// First segment of any run.
    first: usize,
    /// Segments of the longest run.
    longest: usize,
    /// Row of the run of k + 1 segments from `first + i`, at `i * longest + k`; [`NO_ROW`] where it is not there.
    rows: Vec<u32>,
    /// Runs of several segments as the model gives them.
    pub(super) raw: Vectors,
    /// Runs in the document's evened-out space, those of several segments first; single ones only where the document has
    /// not kept theirs.
    pub(super) white: Vectors,
    /// What the words of runs say, by row; empty where nothing was learned.
    said: Vec<Said>,
}

/// What the words of a run say.
pub(super) type Say<'a> = dyn Fn(&Range<usize>) -> Said + Sync + 'a;

impl Runs {
    pub(super) fn fetch(
        half: &Half,
        wanted: impl Iterator<Item = Range<usize>>,
        say: Option<&Say>,
    ) -> Result<Self, EmbedError> {
        let mut runs: Vec<(usize, usize)> = wanted.map(|run| (run.start, run.end)).collect();
        runs.sort_unstable_by_key(|&(start, end)| (end - start == 1, start, end));
        runs.dedup();
        let several = runs.partition_point(|(start, end)| end - start > 1);
        let said = say.map_or_else(Vec::new, |say| {
            runs.par_iter().map(|&(start, end)| say(&(start..end))).collect()
        });
        let first = runs.iter().map(|run| run.0).min().unwrap_or(0);
        let last = runs.iter().map(|run| run.0).max().unwrap_or(0);
        let longest = runs.iter().map(|run| run.1 - run.0).max().unwrap_or(0);
        let mut rows = vec![NO_ROW; (last + 1 - first) * longest];
        for (row, (start, end)) in runs.iter().enumerate() {
            rows[(start - first) * longest + end - start - 1] = row as u32;
        }
        let ranges: Vec<Range<usize>> = runs[..several].iter().map(|&(start, end)| start..end).collect();
        let raw = if ranges.is_empty() {
            Vectors::default()
        } else {
            half.vectors.runs(&ranges)?
        };
        let mut white = half.map.apply(&raw)?;
        if several < runs.len() && half.exact.is_none() {
            let mut singles = Vec::with_capacity((runs.len() - several) * half.singles().dimension());
            runs[several..]
                .iter()
                .for_each(|&(start, _)| singles.extend_from_slice(half.singles().row(start)));
            white.append(half.map.apply(&Vectors::new(half.singles().dimension(), singles))?);
        }
        Ok(Self {
            first,
            longest,
            rows,
            raw,
            white,
            said,
        })
    }

    /// What the words of a run say, if anything was learned.
    pub(super) fn said(&self, run: &Range<usize>) -> Option<&Said> {
        if self.said.is_empty() {
            return None;
        }
        self.said.get(self.row(run)?)
    }

    /// Row of a run, if it was asked for.
    pub(super) fn row(&self, run: &Range<usize>) -> Option<usize> {
        if run.len() > self.longest {
            return None;
        }
        let place = run.start.checked_sub(self.first)? * self.longest + run.len() - 1;
        self.rows
            .get(place)
            .filter(|&&row| row != NO_ROW)
            .map(|&row| row as usize)
    }
}
