//! An edge of the lattice: a bead in its place.

use std::ops::Range;

use super::super::bead::{Bead, Shape};

/// One edge: a bead's place and shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Source segments consumed before it.
    pub(crate) i: usize,
    /// Target segments consumed before it.
    pub(crate) j: usize,
    /// What it consumes.
    pub(crate) shape: Shape,
}

impl Edge {
    /// The source and target segments it covers.
    pub(crate) fn runs(self) -> (Range<usize>, Range<usize>) {
        (
            self.i..self.i + self.shape.source(),
            self.j..self.j + self.shape.target(),
        )
    }

    /// As a bead.
    pub(crate) fn bead(self, score: f32, posterior: f32) -> Bead {
        let (source, target) = self.runs();
        Bead {
            source,
            target,
            score,
            posterior,
        }
    }

    /// Its segments, each without counterpart, source before target.
    pub(crate) fn nulls(self) -> impl Iterator<Item = Self> {
        let (source, target) = self.runs();
        let (end, start) = (source.end, target.start);
        let of_source = source.map(move |i| (i, start, Shape::SOURCE_NULL));
        let of_target = target.map(move |j| (end, j, Shape::TARGET_NULL));
        of_source.chain(of_target).map(|(i, j, shape)| Self { i, j, shape })
    }
}
