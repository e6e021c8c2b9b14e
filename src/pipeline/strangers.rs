//! Two documents that hardly go together, which most likely means that a wrong file was named.

use std::fmt;

use crate::align::{Alignment, Bead};

/// Segments of the shorter document from which it is worth a word.
const FEWEST: usize = 10;
/// One in so many of them joined is still too few.
const FEW: usize = 5;

/// Documents of which hardly anything was joined. Displays as a sentence for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strangers {
    /// Segments of the shorter document that have a counterpart.
    pub joined: usize,
    /// All its segments.
    pub segments: usize,
}

impl Strangers {
    /// What there is to say about an alignment, if anything.
    pub fn of(alignment: &Alignment) -> Option<Self> {
        let joined = |length: fn(&Bead) -> usize| {
            let matches = alignment.beads.iter().filter(|bead| !bead.is_null());
            Self {
                joined: matches.map(length).sum(),
                segments: alignment.beads.iter().map(length).sum(),
            }
        };
        let sides = [joined(|bead| bead.source.len()), joined(|bead| bead.target.len())];
        let shorter = sides.into_iter().min_by_key(|side| side.segments)?;
        (shorter.segments >= FEWEST && shorter.joined * FEW < shorter.segments).then_some(shorter)
    }
}

impl fmt::Display for Strangers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { joined, segments } = self;
        write!(
            out,
            "{joined} of {segments} segments found a counterpart; do these documents belong together?"
        )
    }
}
