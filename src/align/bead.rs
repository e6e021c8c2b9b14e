//! Beads, and alignments made of them.

use std::ops::Range;

/// A run of source segments and the run of target segments that translates it. Either run may be empty (a *null*
/// bead), never both.
#[derive(Debug, Clone, PartialEq)]
pub struct Bead {
    /// Source segments, as 0-based indexes.
    pub source: Range<usize>,
    /// Target segments, as 0-based indexes.
    pub target: Range<usize>,
    /// Cosine of the two runs' vectors, -1 to 1; 0 for a null bead.
    pub score: f32,
    /// Posterior probability of the bead given both documents, 0 to 1. For a null bead: that its segment has no
    /// counterpart, wherever on the path it is left out.
    pub posterior: f32,
}

impl Bead {
    /// Whether one side is empty.
    pub fn is_null(&self) -> bool {
        self.source.is_empty() || self.target.is_empty()
    }
}

/// A complete alignment: its beads cover both documents exactly once, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alignment {
    /// The beads in document order.
    pub beads: Vec<Bead>,
}

/// How many segments a bead takes from each side, packed into a byte. Each side is at most 15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Shape(u8);

impl Shape {
    /// Segments of one side, at most.
    pub(crate) const LONGEST: usize = 15;
    /// One source segment without counterpart.
    pub(crate) const SOURCE_NULL: Self = Self::new(1, 0);
    /// One target segment without counterpart.
    pub(crate) const TARGET_NULL: Self = Self::new(0, 1);

    /// `a` source and `b` target segments.
    pub(crate) const fn new(a: usize, b: usize) -> Self {
        debug_assert!(a < 16 && b < 16);
        Self((a as u8) << 4 | b as u8)
    }

    /// Source segments taken.
    pub(crate) const fn source(self) -> usize {
        (self.0 >> 4) as usize
    }

    /// Target segments taken.
    pub(crate) const fn target(self) -> usize {
        (self.0 & 15) as usize
    }

    /// Whether one side is empty.
    pub(crate) const fn is_null(self) -> bool {
        self.source() == 0 || self.target() == 0
    }

    /// Every shape whose sides add up to `max_bead` at most: the two nulls first, then all m:n with m, n >= 1.
    pub(crate) fn all(max_bead: usize) -> Vec<Self> {
        let pairs = (1..max_bead).flat_map(|a| (1..=max_bead - a).map(move |b| Self::new(a, b)));
        [Self::SOURCE_NULL, Self::TARGET_NULL]
            .into_iter()
            .chain(pairs)
            .collect()
    }
}
