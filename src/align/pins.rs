//! What a person has settled: beads that must stand, beads that must not, points that the path must pass.

use std::ops::Range;

use super::bead::Shape;
use super::lattice::Edge;

/// Source and target segments of a bead.
pub type Runs = (Range<usize>, Range<usize>);

/// Settled beads and cuts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pins {
    /// Beads that stand. With one side empty: these segments have no counterpart.
    pub forced: Vec<Runs>,
    /// Beads that must not stand.
    pub forbidden: Vec<Runs>,
    /// (i, j): the first i source segments belong with the first j target segments.
    pub cuts: Vec<(usize, usize)>,
}

/// Why pins cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// A bead or cut lies beyond the end of a document.
    #[error("a pin reaches segment {source_end}:{target_end} of documents with {n}:{m} segments")]
    Outside {
        /// End of its source run.
        source_end: usize,
        /// End of its target run.
        target_end: usize,
        /// Source segments.
        n: usize,
        /// Target segments.
        m: usize,
    },
    /// A pinned bead has too many segments on one side, or none at all.
    #[error("the pinned bead {0:?}:{1:?} needs 1 to 15 segments a side, or none on one of them")]
    Size(Range<usize>, Range<usize>),
    /// Two pins exclude each other.
    #[error("the pins at {0:?} and {1:?} cross or overlap; take one of them away")]
    Conflict((usize, usize), (usize, usize)),
    /// No alignment satisfies all pins.
    #[error("no alignment satisfies all pins; take some of the forbidden beads away")]
    Impossible,
}

/// Pins, checked and ready to be asked about edges.
#[derive(Debug, Clone, Default)]
pub(crate) struct PinBoard {
    /// Every node that the path must pass, in order, without repetition.
    nodes: Vec<(usize, usize)>,
    matches: Vec<Runs>,
    forbidden: Vec<Runs>,
    null_source: Vec<Range<usize>>,
    null_target: Vec<Range<usize>>,
}

impl PinBoard {
    /// Checks pins against documents of `n` and `m` segments.
    pub(crate) fn new(pins: &Pins, n: usize, m: usize) -> Result<Self, PinError> {
        let mut board = Self {
            forbidden: pins.forbidden.clone(),
            nodes: pins.cuts.clone(),
            ..Self::default()
        };
        for (x, y) in &pins.forced {
            let sides = (x.len(), y.len());
            match sides {
                (0, 0) => return Err(PinError::Size(x.clone(), y.clone())),
                (_, 0) => board.null_source.push(x.clone()),
                (0, _) => board.null_target.push(y.clone()),
                (1..=15, 1..=15) => {
                    board.nodes.extend([(x.start, y.start), (x.end, y.end)]);
                    board.matches.push((x.clone(), y.clone()));
                }
                _ => return Err(PinError::Size(x.clone(), y.clone())),
            }
        }
        let nulls = board
            .null_source
            .iter()
            .map(|x| (x.end, 0))
            .chain(board.null_target.iter().map(|y| (0, y.end)));
        if let Some((source_end, target_end)) = board.nodes.iter().copied().chain(nulls).find(|&(i, j)| i > n || j > m)
        {
            return Err(PinError::Outside {
                source_end,
                target_end,
                n,
                m,
            });
        }
        board.nodes.sort_unstable();
        board.nodes.dedup();
        board.matches.sort_unstable_by_key(|(x, y)| (x.start, y.start));
        if let Some(pair) = board.nodes.windows(2).find(|pair| pair[0].1 > pair[1].1) {
            return Err(PinError::Conflict(pair[0], pair[1]));
        }
        let inside = |(x, y): &Runs, (i, j): (usize, usize)| (x.start < i && i < x.end) || (y.start < j && j < y.end);
        for runs in &board.matches {
            if let Some(&node) = board.nodes.iter().find(|&&node| inside(runs, node)) {
                return Err(PinError::Conflict((runs.0.start, runs.1.start), node));
            }
        }
        Ok(board)
    }

    /// Whether anything is settled at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.forbidden.is_empty() && self.null_source.is_empty() && self.null_target.is_empty()
    }

    /// Nodes that the path must pass, in order.
    pub(crate) fn nodes(&self) -> &[(usize, usize)] {
        &self.nodes
    }

    /// The forced beads with two sides, as edges in order.
    pub(crate) fn matches(&self) -> impl Iterator<Item = Edge> + '_ {
        self.matches.iter().map(|(x, y)| Edge {
            i: x.start,
            j: y.start,
            shape: Shape::new(x.len(), y.len()),
        })
    }

    /// Whether a path with this edge can hold all pins.
    pub(crate) fn allows(&self, edge: Edge) -> bool {
        let (x, y) = edge.runs();
        let meets = |runs: &[Range<usize>], run: &Range<usize>| {
            !run.is_empty() && runs.iter().any(|null| null.start < run.end && run.start < null.end)
        };
        if !edge.shape.is_null() && (meets(&self.null_source, &x) || meets(&self.null_target, &y)) {
            return false;
        }
        let passed = self.nodes.partition_point(|&(i, j)| i <= x.start && j <= y.start);
        let next = self.nodes.get(passed);
        if next.is_some_and(|&(i, j)| x.end > i || y.end > j) {
            return false;
        }
        self.inside_forced(passed)
            .is_none_or(|forced| *forced == (x.clone(), y.clone()))
            && !self.forbids(&x, &y)
    }

    /// Whether a bead must not stand. A forbidden null is one wherever on the path its segments are left out.
    fn forbids(&self, x: &Range<usize>, y: &Range<usize>) -> bool {
        let same = |a: &Range<usize>, b: &Range<usize>| a == b || (a.is_empty() && b.is_empty());
        self.forbidden
            .iter()
            .any(|(source, target)| same(source, x) && same(target, y))
    }

    /// The forced bead between the `passed`th node and the one before, if that is what lies there.
    fn inside_forced(&self, passed: usize) -> Option<&Runs> {
        let (from, to) = (*self.nodes.get(passed.checked_sub(1)?)?, *self.nodes.get(passed)?);
        let place = self.matches.partition_point(|(x, y)| (x.start, y.start) < from);
        self.matches
            .get(place)
            .filter(|(x, y)| (x.start, y.start) == from && (x.end, y.end) == to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(forced: &[Runs], cuts: &[(usize, usize)]) -> Result<PinBoard, PinError> {
        PinBoard::new(
            &Pins {
                forced: forced.to_vec(),
                cuts: cuts.to_vec(),
                ..Pins::default()
            },
            10,
            10,
        )
    }

    #[test]
    fn pins_that_cross_are_refused() {
        assert!(matches!(
            board(&[(0..1, 5..6), (3..4, 2..3)], &[]),
            Err(PinError::Conflict(..))
        ));
        assert!(matches!(board(&[(2..5, 2..5)], &[(3, 3)]), Err(PinError::Conflict(..))));
        assert!(matches!(board(&[(9..11, 2..3)], &[]), Err(PinError::Outside { .. })));
        assert!(matches!(board(&[(3..3, 2..2)], &[]), Err(PinError::Size(..))));
    }

    #[test]
    fn a_forced_bead_rules_out_what_touches_its_segments() {
        let board = board(&[(2..4, 3..4)], &[]).unwrap();
        let allows = |i, j, a, b| {
            board.allows(Edge {
                i,
                j,
                shape: Shape::new(a, b),
            })
        };
        assert!(allows(2, 3, 2, 1));
        assert!(allows(1, 2, 1, 1) && allows(4, 4, 1, 1) && allows(4, 4, 1, 0));
        assert!(!allows(2, 3, 1, 1) && !allows(1, 3, 2, 1) && !allows(3, 3, 1, 0) && !allows(1, 3, 1, 1));
    }
}
