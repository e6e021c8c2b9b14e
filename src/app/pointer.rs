//! The mouse: what is where was noted by the last drawing.

use ratatui::layout::Position;

use super::{App, Layer, Mode, pairs};
use crate::action::Action;
use crate::pipeline::Side;

impl App {
    /// Goes to the cell or bead at `position`.
    pub(super) fn click(&mut self, position: Position) {
        if self.layer != Layer::None {
            return;
        }
        let view = &self.view;
        if self.mode == Mode::Grid && view.cells.contains(position) {
            let row = view.grid.top + usize::from(position.y - view.cells.y);
            let column = view.grid.left + usize::from(position.x - view.cells.x) / self.grid.cell_width();
            let step = self.grid.step();
            self.place.go(&self.findings, Side::Target, column * step);
            self.place.go(&self.findings, Side::Source, row * step);
        }
        let rows = |shown: &pairs::Shown| shown.top..shown.top + shown.height;
        let hit = view
            .pairs
            .shown
            .iter()
            .find(|shown| rows(shown).contains(&position.y))
            .map(|shown| shown.bead);
        if let (Mode::Pairs, Some(bead)) = (self.mode, hit) {
            self.pairs.go(&mut self.place, &self.findings, bead);
        }
    }

    /// Moves as the wheel turns, by `rows` or else by `columns`.
    pub(super) fn wheel(&mut self, rows: isize, columns: isize) {
        let action = match (rows, columns) {
            (..0, _) => Action::Up,
            (1.., _) => Action::Down,
            (0, ..0) => Action::Left,
            (0, 1..) => Action::Right,
            (0, 0) => return,
        };
        match (&self.layer, self.mode) {
            (Layer::None, Mode::Grid) => {
                for _ in 0..(rows.abs() + columns.abs()) {
                    self.travel(action);
                }
            }
            (Layer::None, Mode::Pairs) => self.travel(action),
            (Layer::Help(_), _) => {
                self.act_on_help(action);
            }
            (Layer::Models(_), _) => {
                self.act_on_models(action);
            }
            _ => {}
        }
    }
}
