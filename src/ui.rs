//! Drawing: state in, cells out. Only [`App::view`] and the open questions of the lens are written.

mod detail;
mod grid;
mod heat;
mod help;
mod lessons;
mod pairs;
mod picker;
mod status;
pub mod text;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::app::{App, Layer, Mode};
use crate::keymap::Keymap;
use crate::theme::Theme;
use text::{Bidi, Line};

/// What drawing needs beside the state.
#[derive(Debug, Clone)]
pub struct Look {
    /// Colours.
    pub theme: Theme,
    /// Who reorders right-to-left text.
    pub bidi: Bidi,
    /// The keys that footer and help show.
    pub keymap: Keymap,
}

/// Draws the whole screen and returns where the text cursor stands, if somewhere.
pub fn draw(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    app.lens.begin();
    app.view.cells = Rect::default();
    app.view.pairs.shown.clear();
    let panes = Panes::new(app, look, area);
    status::title(app, look, panes.title, buffer);
    let mut caret = None;
    match app.mode {
        _ if matches!(app.layer, Layer::Help(_)) => help::draw(app, look, panes.main, buffer),
        _ if app.layer == Layer::Lessons => lessons::draw(app, look, panes.main, buffer),
        _ if matches!(app.layer, Layer::Models(_)) => caret = picker::draw(app, look, panes.main, buffer),
        Mode::Grid => {
            grid::draw(app, look, panes.main, buffer);
            detail::draw(app, look, panes.detail, buffer);
        }
        Mode::Pairs => pairs::draw(app, look, panes.main, buffer),
    }
    let prompt = status::status(app, look, panes.status, buffer);
    status::footer(app, look, panes.footer, buffer);
    caret.or(prompt)
}

/// The areas of the screen; what has no room has no height.
struct Panes {
    title: Rect,
    main: Rect,
    detail: Rect,
    status: Rect,
    footer: Rect,
}

impl Panes {
    fn new(app: &App, look: &Look, area: Rect) -> Self {
        let asking = matches!(app.layer, Layer::Export(_) | Layer::Overwrite(_) | Layer::Download(_));
        let title = u16::from(area.height >= 6);
        let footer = u16::from(area.height >= 4);
        let status = u16::from(area.height >= 2 || asking && area.height > 0);
        let middle = area.height - title - footer - status;
        let covered = matches!(app.layer, Layer::Help(_) | Layer::Lessons | Layer::Models(_));
        let plain = app.mode == Mode::Pairs || covered || middle < 9;
        let detail = if plain {
            0
        } else {
            detail::height(app, look, area.width, middle)
        };
        let mut top = area.y;
        let mut take = |height: u16| {
            let pane = Rect { y: top, height, ..area };
            top += height;
            pane
        };
        Self {
            title: take(title),
            main: take(middle - detail),
            detail: take(detail),
            status: take(status),
            footer: take(footer),
        }
    }
}

/// Row `row` of `area`, counted from its top; empty when it has none.
fn row(area: Rect, row: u16) -> Rect {
    let height = u16::from(row < area.height);
    Rect {
        y: area.y + row.min(area.height),
        height,
        ..area
    }
}

/// `area` without its first `columns`.
fn indented(area: Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    Rect {
        x: area.x + columns,
        width: area.width - columns,
        ..area
    }
}

/// Writes a line into the first row of `area`, at its right edge when it runs from right to left.
fn write_line(buffer: &mut Buffer, area: Rect, line: &Line, style: Style) {
    if area.is_empty() {
        return;
    }
    let slack = usize::from(area.width).saturating_sub(line.width) as u16;
    let x = if line.right_to_left { area.x + slack } else { area.x };
    buffer.set_stringn(x, area.y, &line.text, usize::from(area.width), style);
}

/// Writes words of our own into the first row of `area` and returns what is left of that row.
fn write(buffer: &mut Buffer, area: Rect, words: &str, style: Style) -> Rect {
    if area.is_empty() {
        return area;
    }
    let (end, _) = buffer.set_stringn(area.x, area.y, words, usize::from(area.width), style);
    indented(area, end - area.x)
}
