//! How close runs of both sides are, and how sure that makes one of them to be the other's translation.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::align::Lesson;
use crate::align::pair::Half;
use crate::align::study::Study;
use crate::align::words::Said;
use crate::embed::{EmbedError, Vectors};
use crate::rank::cosine;

/// What is asked of each side.
type Run = Range<usize>;

/// One side's runs.
struct Side {
    rows: HashMap<Run, usize>,
    /// In the document's evened-out space.
    vectors: Vectors,
    /// What the runs' words say; empty where nothing was learned.
    said: Vec<Said>,
}

impl Side {
    fn new(
        half: &Half,
        runs: impl Iterator<Item = Run>,
        say: Option<&(dyn Fn(&Run) -> Said + Sync)>,
    ) -> Result<Self, EmbedError> {
        let mut runs: Vec<Run> = runs.collect();
        runs.sort_unstable_by_key(|run| (run.len() == 1, run.start, run.end));
        runs.dedup();
        let several = runs.partition_point(|run| run.len() > 1);
        let mut raw = Vectors::default();
        if several > 0 {
            raw.append(half.vectors.runs(&runs[..several])?);
        }
        if several < runs.len() {
            let singles = runs[several..].iter().flat_map(|run| half.singles().row(run.start));
            raw.append(Vectors::new(half.singles().dimension(), singles.copied().collect()));
        }
        Ok(Self {
            vectors: half.map.apply(&raw)?,
            said: say.map_or_else(Vec::new, |say| runs.par_iter().map(say).collect()),
            rows: runs.into_iter().zip(0..).collect(),
        })
    }
}

/// Runs of both sides, ready to be compared: by what a lesson says where there is one, else by the encoder.
pub(super) struct Closeness<'a> {
    lesson: Option<&'a Lesson>,
    source: Side,
    target: Side,
}

impl<'a> Closeness<'a> {
    pub(super) fn new(
        study: &Study,
        lesson: Option<&'a Lesson>,
        sources: impl Iterator<Item = Run>,
        targets: impl Iterator<Item = Run>,
    ) -> Result<Self, EmbedError> {
        let pair = study.pair();
        let of_source = lesson.map(|lesson| |run: &Run| lesson.words.of_source(pair, run));
        let of_target = lesson.map(|lesson| |run: &Run| lesson.words.of_target(pair, run));
        Ok(Self {
            lesson,
            source: Side::new(&pair.source, sources, of_source.as_ref().map(|say| say as _))?,
            target: Side::new(&pair.target, targets, of_target.as_ref().map(|say| say as _))?,
        })
    }

    /// Row of a source run that was asked for.
    pub(super) fn source(&self, run: &Run) -> usize {
        self.source.rows[run]
    }

    /// Row of a target run that was asked for.
    pub(super) fn target(&self, run: &Run) -> usize {
        self.target.rows[run]
    }

    /// Of a source and a target run, given by their rows, on the scale of cosines.
    pub(super) fn of(&self, source: usize, target: usize) -> f32 {
        let (u, v) = (self.source.vectors.row(source), self.target.vectors.row(target));
        match self.lesson {
            Some(lesson) => lesson.score((u, &self.source.said[source]), (v, &self.target.said[target])),
            None => cosine(u, v),
        }
    }
}
