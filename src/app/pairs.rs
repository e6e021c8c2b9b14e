//! The pairs: beads one below the other, source and target side by side.

use super::findings::Findings;
use super::place::Place;
use crate::action::Action;

/// How far the person has scrolled into a bead that is taller than the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pairs {
    /// Lines of the current bead above the screen.
    pub skipped: usize,
}

/// One bead on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Number of the bead.
    pub bead: usize,
    /// Its first row on screen.
    pub top: u16,
    /// Rows it takes there.
    pub height: u16,
}

/// What of the pairs is on screen, as the last drawing left it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    /// The first bead.
    pub first: usize,
    /// Rows of the screen.
    pub rows: usize,
    /// The beads, from top to bottom.
    pub shown: Vec<Shown>,
    /// Lines of the current bead below the screen.
    pub hidden: usize,
}

impl Pairs {
    /// Moves `place` as `action` asks; false when the action is none of the pairs'.
    pub fn act(&mut self, action: Action, place: &mut Place, window: &Window, findings: &Findings) -> bool {
        let page = window.shown.len().saturating_sub(1).max(1).cast_signed();
        match action {
            Action::Down if window.hidden > 0 => self.skipped += window.hidden.min(line_page(window)),
            Action::Up if self.skipped > 0 => self.skipped = self.skipped.saturating_sub(line_page(window)),
            Action::Up => self.step(place, findings, -1),
            Action::Down => self.step(place, findings, 1),
            Action::PageUp => self.step(place, findings, -page),
            Action::PageDown => self.step(place, findings, page),
            Action::RowStart => self.go(place, findings, 0),
            Action::RowEnd => self.go(place, findings, usize::MAX),
            _ => return false,
        }
        true
    }

    /// Goes `beads` further, stopping at either end.
    pub fn step(&mut self, place: &mut Place, findings: &Findings, beads: isize) {
        let here = place.bead(findings).unwrap_or(0);
        self.go(place, findings, here.saturating_add_signed(beads));
    }

    /// Goes to a bead, or to the last where there are fewer.
    pub fn go(&mut self, place: &mut Place, findings: &Findings, bead: usize) {
        self.skipped = 0;
        place.go_to_bead(findings, bead.min(findings.beads().len().saturating_sub(1)));
    }
}

fn line_page(window: &Window) -> usize {
    window.rows.saturating_sub(1).max(1)
}
