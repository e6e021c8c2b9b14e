//! The grid: source sentences down, target sentences across.

use super::findings::Findings;
use super::place::Place;
use super::score::Score;
use crate::action::Action;
use crate::pipeline::Side;

/// Zoom levels: from 0 up, cells are one to six columns wide; below 0, a cell stands for 2, 4, 8 ... sentences each way.
const ZOOM: std::ops::RangeInclusive<i8> = -12..=5;

/// What the person chose for the grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    zoom: i8,
    /// The score that cells show.
    pub score: Score,
}

impl Default for Grid {
    fn default() -> Self {
        Self {
            zoom: 1,
            score: Score::default(),
        }
    }
}

/// What of the grid is on screen, as the last drawing left it; counted in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// First row of cells.
    pub top: usize,
    /// First column of cells.
    pub left: usize,
    /// Rows that fit.
    pub rows: usize,
    /// Columns that fit.
    pub columns: usize,
}

impl Window {
    /// Scrolls as little as needed to show the cell at `row`, `column`, with a margin where there is room, and never
    /// beyond `total` rows and columns.
    pub fn show(&mut self, (row, column): (usize, usize), total: (usize, usize)) {
        self.top = scrolled(self.top, self.rows, row, total.0);
        self.left = scrolled(self.left, self.columns, column, total.1);
    }
}

fn scrolled(first: usize, visible: usize, at: usize, total: usize) -> usize {
    let margin = (visible / 6).min(3);
    let highest = at.saturating_sub(margin);
    let lowest = (at + margin + 1).saturating_sub(visible);
    first
        .clamp(lowest.min(highest), highest)
        .min(total.saturating_sub(visible))
}

impl Grid {
    /// Columns of the terminal that a cell takes.
    pub fn cell_width(&self) -> usize {
        usize::from(self.zoom.max(0).unsigned_abs()) + 1
    }

    /// Sentences along the edge of a cell.
    pub fn step(&self) -> usize {
        1 << self.zoom.min(0).unsigned_abs()
    }

    /// Rows and columns of cells at this zoom.
    pub fn size(&self, findings: &Findings) -> (usize, usize) {
        (
            findings.len(Side::Source).div_ceil(self.step()),
            findings.len(Side::Target).div_ceil(self.step()),
        )
    }

    /// The cell that holds a place.
    pub fn cell_of(&self, place: &Place) -> (usize, usize) {
        (place.source / self.step(), place.target / self.step())
    }

    /// Changes the zoom; false when it is at its end, where zooming out further would show nothing new.
    pub fn zoom_by(&mut self, steps: i8, findings: &Findings) {
        let longest = findings.len(Side::Source).max(findings.len(Side::Target));
        if steps < 0 && self.step() >= longest.div_ceil(8) {
            return;
        }
        self.zoom = (self.zoom + steps).clamp(*ZOOM.start(), *ZOOM.end());
    }

    /// Moves `place` as `action` asks; false when the action is none of the grid's.
    pub fn act(&mut self, action: Action, place: &mut Place, window: &Window, findings: &Findings) -> bool {
        let step = self.step().cast_signed();
        let page = |cells: usize| step * cells.saturating_sub(1).max(1).cast_signed();
        match action {
            Action::Up => place.step(findings, Side::Source, -step),
            Action::Down => place.step(findings, Side::Source, step),
            Action::Left => place.step(findings, Side::Target, -step),
            Action::Right => place.step(findings, Side::Target, step),
            Action::PageUp => page_along(place, findings, -page(window.rows)),
            Action::PageDown => page_along(place, findings, page(window.rows)),
            Action::PageLeft => place.step(findings, Side::Target, -page(window.columns)),
            Action::PageRight => place.step(findings, Side::Target, page(window.columns)),
            Action::RowStart => place.go(findings, Side::Target, 0),
            Action::RowEnd => place.go(findings, Side::Target, usize::MAX),
            Action::ToPath => {
                place.leading = Side::Source;
                place.follow(findings);
            }
            Action::ZoomIn => self.zoom_by(1, findings),
            Action::ZoomOut => self.zoom_by(-1, findings),
            _ => return false,
        }
        true
    }
}

/// A page of rows; the column follows the alignment, or the documents' proportion while there is none.
fn page_along(place: &mut Place, findings: &Findings, rows: isize) {
    place.step(findings, Side::Source, rows);
    if findings.alignment().is_some() {
        place.follow(findings);
        return;
    }
    let last = |side| findings.len(side).saturating_sub(1);
    let target = place.source * last(Side::Target) / last(Side::Source).max(1);
    place.go(findings, Side::Target, target);
    place.leading = Side::Source;
}
