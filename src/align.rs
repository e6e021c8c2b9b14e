//! Alignment of two segmented documents into beads.

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
    /// Posterior probability of the bead given both documents, 0 to 1.
    pub posterior: f32,
}

/// A complete alignment: its beads cover both documents exactly once, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alignment {
    /// The beads in document order.
    pub beads: Vec<Bead>,
}
