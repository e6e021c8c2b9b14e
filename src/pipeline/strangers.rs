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
            "{joined} of {segments} segments found a counterpart: is it the wrong file?"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many pairs of segments, then sources and targets of their own.
    fn alignment(joined: usize, sources: usize, targets: usize) -> Alignment {
        let bead = |source, target| Bead {
            source,
            target,
            score: 0.0,
            posterior: 0.9,
        };
        let pairs = (0..joined).map(|k| bead(k..k + 1, k..k + 1));
        let left = (joined..joined + sources).map(|i| bead(i..i + 1, joined..joined));
        let end = joined + sources;
        let right = (joined..joined + targets).map(|j| bead(end..end, j..j + 1));
        Alignment {
            beads: pairs.chain(left).chain(right).collect(),
        }
    }

    #[test]
    fn an_excerpt_beside_the_whole_is_no_stranger_but_a_wrong_file_is() {
        assert_eq!(Strangers::of(&alignment(50, 0, 2000)), None);
        assert_eq!(Strangers::of(&alignment(0, 3, 4)), None);
        assert_eq!(Strangers::of(&Alignment::default()), None);
        let said = Strangers::of(&alignment(1, 19, 40)).map(|strangers| strangers.to_string());
        assert_eq!(
            said.as_deref(),
            Some("1 of 20 segments found a counterpart: is it the wrong file?")
        );
    }
}
