//! Where the person is: one place for grid and pairs.

use super::findings::Findings;
use crate::pipeline::Side;

/// A cell, and the side along which it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Source segment, 0-based.
    pub source: usize,
    /// Target segment, 0-based.
    pub target: usize,
    /// The side that moved last; where the two segments are in different beads, its bead is the current one.
    pub leading: Side,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            source: 0,
            target: 0,
            leading: Side::Source,
        }
    }
}

impl Place {
    /// The segment of a side.
    pub fn on(&self, side: Side) -> usize {
        match side {
            Side::Source => self.source,
            Side::Target => self.target,
        }
    }

    /// Moves along `side` to segment `index`, or to the last where there are fewer.
    pub fn go(&mut self, findings: &Findings, side: Side, index: usize) {
        let index = index.min(findings.len(side).saturating_sub(1));
        self.leading = side;
        match side {
            Side::Source => self.source = index,
            Side::Target => self.target = index,
        }
    }

    /// Moves along `side` by `steps`, which may be negative, stopping at either end.
    pub fn step(&mut self, findings: &Findings, side: Side, steps: isize) {
        self.go(findings, side, self.on(side).saturating_add_signed(steps));
    }

    /// The bead here.
    pub fn bead(&self, findings: &Findings) -> Option<usize> {
        findings.bead_of(self.leading, self.on(self.leading))
    }

    /// Goes to the first cell of a bead. On the side where the bead is empty, the place is where its segments would be.
    pub fn go_to_bead(&mut self, findings: &Findings, number: usize) {
        let Some(bead) = findings.beads().get(number) else {
            return;
        };
        let (source, target) = (bead.source.start, bead.target.start);
        let leads = if bead.source.is_empty() {
            Side::Target
        } else {
            Side::Source
        };
        self.go(findings, Side::Source, source);
        self.go(findings, Side::Target, target);
        self.leading = leads;
    }

    /// Moves the other side along the alignment, so that the cell lies in the bead here.
    pub fn follow(&mut self, findings: &Findings) {
        let Some(number) = self.bead(findings) else { return };
        let leading = self.leading;
        let here = self.on(leading);
        self.go_to_bead(findings, number);
        self.go(findings, leading, here);
    }
}
