//! The grid pane: row and column headings, and the visible cells.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::heat::{self, Cell};
use super::text::{fit, width};
use super::{Look, indented, row, status, write, write_line};
use crate::app::App;
use crate::pipeline::Side;
use crate::rank::cosine;

/// Draws the grid and notes in the view where its cells are.
pub(super) fn draw(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) {
    if app.findings.is_empty() || area.is_empty() {
        status::waiting(app, look, area, buffer);
        return;
    }
    let heading = match area.height {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    let digits = app.findings.len(Side::Source).to_string().len() as u16;
    let label = match area.width {
        0..=11 => 0,
        12..=29 => digits + 1,
        wide => (wide / 3).clamp(digits + 2, 36),
    };
    let cells = indented(
        Rect {
            y: area.y + heading,
            height: area.height - heading,
            ..area
        },
        label,
    );
    let cell_width = app.grid.cell_width();
    let window = &mut app.view.grid;
    window.rows = usize::from(cells.height);
    window.columns = (usize::from(cells.width) / cell_width).max(1);
    window.show(app.grid.cell_of(&app.place), app.grid.size(&app.findings));
    app.view.cells = cells;

    if heading > 1 {
        column_text(
            app,
            look,
            Rect {
                height: 1,
                ..indented(area, label)
            },
            buffer,
        );
    }
    if heading > 0 {
        ruler(
            app,
            look,
            Rect {
                y: cells.y - 1,
                height: 1,
                ..cells
            },
            buffer,
        );
    }
    row_labels(
        app,
        look,
        Rect {
            width: label,
            ..Rect {
                y: cells.y,
                height: cells.height,
                ..area
            }
        },
        buffer,
    );
    paint_cells(app, look, cells, buffer);
}

/// Rows and columns of cells that are there to be drawn.
fn visible(app: &App) -> (Range<usize>, Range<usize>) {
    let window = &app.view.grid;
    let (rows, columns) = app.grid.size(&app.findings);
    (
        window.top..(window.top + window.rows).min(rows),
        window.left..(window.left + window.columns).min(columns),
    )
}

fn row_labels(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let digits = app.findings.len(Side::Source).to_string().len();
    let step = app.grid.step();
    let (current, _) = app.grid.cell_of(&app.place);
    for (line, at) in (0..).zip(visible(app).0) {
        let source = if at == current { app.place.source } else { at * step };
        let theme = &look.theme;
        let (number_style, text_style) = if at == current {
            (theme.current, theme.current)
        } else {
            (theme.quiet, theme.text)
        };
        let rest = write(
            buffer,
            row(area, line),
            &format!("{:>digits$}", source + 1),
            number_style,
        );
        let unaligned = step == 1 && app.findings.is_unaligned(Side::Source, source);
        let rest = write(buffer, rest, if unaligned { "∅" } else { " " }, theme.unaligned);
        let room = usize::from(rest.width).saturating_sub(1);
        let text = fit(app.findings.text(Side::Source, source), room, look.bidi);
        write_line(
            buffer,
            Rect {
                width: room as u16,
                ..rest
            },
            &text,
            text_style,
        );
    }
}

/// The target sentence of the cursor's column, beginning above it where it fits.
fn column_text(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let column = app.grid.cell_of(&app.place).1 - app.view.grid.left;
    let text = app.findings.text(Side::Target, app.place.target);
    let line = fit(text, usize::from(area.width), look.bidi);
    let latest = usize::from(area.width) - line.width.min(usize::from(area.width));
    let start = (column * app.grid.cell_width()).min(latest);
    let place = Rect {
        width: line.width as u16,
        ..indented(area, start as u16)
    };
    write_line(buffer, place, &line, look.theme.current);
}

/// Numbers of target sentences, as many as fit, and signs for those without translation.
fn ruler(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let (step, cell_width) = (app.grid.step(), app.grid.cell_width());
    let columns = visible(app).1;
    let edge = usize::from(area.width);
    let at = |column: usize| (column - columns.start) * cell_width;
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut put = |start: usize, words: &str, gap: usize, style: Style| {
        let end = start + width(words);
        let free = taken
            .iter()
            .all(|other| end + gap <= other.start || other.end + gap <= start);
        if free && end <= edge {
            write(buffer, indented(area, start as u16), words, style);
            taken.push(start..end);
        }
    };
    let number = (app.place.target + 1).to_string();
    let start = at(app.grid.cell_of(&app.place).1).min(edge.saturating_sub(number.len()));
    put(start, &number, 0, look.theme.current);
    let every = spacing((columns.end * step).to_string().len() + 1, cell_width, step);
    for column in columns.clone().filter(|column| is_numbered(*column, every, step)) {
        put(at(column), &(column * step + 1).to_string(), 1, look.theme.quiet);
    }
    for column in columns
        .clone()
        .filter(|&column| step == 1 && app.findings.is_unaligned(Side::Target, column))
    {
        put(at(column), "∅", 0, look.theme.unaligned);
    }
}

/// Whether a column of cells gets a number: every so many sentences, round ones where a cell is a sentence.
fn is_numbered(column: usize, every: usize, step: usize) -> bool {
    column == 0
        || if step == 1 {
            (column + 1).is_multiple_of(every)
        } else {
            column.is_multiple_of(every)
        }
}

/// Every how many cells a number of `room` characters fits.
fn spacing(room: usize, cell_width: usize, step: usize) -> usize {
    if step > 1 {
        return room.div_ceil(cell_width).next_power_of_two();
    }
    let steps = [1, 2, 5, 10, 20, 50, 100];
    steps
        .into_iter()
        .find(|every| every * cell_width >= room)
        .unwrap_or(100)
}

fn paint_cells(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let (rows, columns) = visible(app);
    let (cursor_row, cursor_column) = app.grid.cell_of(&app.place);
    let cell_width = app.grid.cell_width() as u16;
    let mut scores = Scores::new(columns.clone());
    for (line, row) in (0..).zip(rows) {
        let path = path_columns(app, row, &columns);
        scores.read(app, row);
        for (offset, column) in columns.clone().enumerate() {
            let x = area.x + offset as u16 * cell_width;
            let place = Rect {
                x,
                y: area.y + line,
                width: cell_width.min(area.right() - x),
                height: 1,
            };
            let cell = Cell {
                value: scores.values[offset],
                on_path: path[offset],
                in_row: row == cursor_row,
                in_column: column == cursor_column,
            };
            heat::paint(buffer, place, cell, app.grid.score, &look.theme);
        }
    }
}

/// Which of the visible `columns` the chosen path runs through in a row of cells, or a passage that stands elsewhere.
fn path_columns(app: &App, row: usize, columns: &Range<usize>) -> Vec<bool> {
    let step = app.grid.step();
    let mut on_path = vec![false; columns.len()];
    let sources = row * step..((row + 1) * step).min(app.findings.len(Side::Source));
    let chosen = sources
        .clone()
        .filter_map(|source| app.findings.bead_of(Side::Source, source));
    let chosen = chosen.map(|bead| &app.findings.beads()[bead]);
    let moved = app.moves.blocks().flat_map(|(block, _)| &block.beads);
    let moved = moved.filter(|bead| bead.source.start < sources.end && sources.start < bead.source.end);
    for targets in chosen.chain(moved).map(|bead| &bead.target) {
        if targets.is_empty() {
            continue;
        }
        let first = (targets.start / step).max(columns.start);
        let last = ((targets.end - 1) / step + 1).min(columns.end);
        (first..last).for_each(|column| on_path[column - columns.start] = true);
    }
    on_path
}

/// Scores of one row of visible cells at a time.
struct Scores {
    columns: Range<usize>,
    values: Vec<Option<f32>>,
}

impl Scores {
    fn new(columns: Range<usize>) -> Self {
        Self {
            values: vec![None; columns.len()],
            columns,
        }
    }

    fn read(&mut self, app: &mut App, row: usize) {
        let (findings, score, step) = (&app.findings, app.grid.score, app.grid.step());
        let cells = self.values.iter_mut().zip(self.columns.clone());
        if step > 1 {
            let version = findings.version();
            cells.for_each(|(value, column)| *value = app.lens.cell(score, step, (row, column), version));
            return;
        }
        let source = findings.row(Side::Source, row);
        for (value, column) in cells {
            *value = source
                .zip(findings.row(Side::Target, column))
                .and_then(|(source, target)| score.from_cosine(findings, row, column, cosine(source, target)));
        }
    }
}
