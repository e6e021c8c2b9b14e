//! A terminal's screen as SVG: backgrounds as rectangles, text as runs pinned to their columns.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// Width and height of a cell, and the baseline in it, in pixels.
const CELL: (u32, u32) = (9, 19);
const BASELINE: u32 = 14;

/// The terminal's own colours, and the frame around it.
const PAPER: &str = "#16181d";
const INK: &str = "#d7dae0";
const MARGIN: u32 = 12;

/// The sixteen named colours.
const NAMED: [&str; 16] = [
    "#1d1f21", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0", "#5c6370", "#e06c75",
    "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#ffffff",
];

/// The whole picture.
pub(crate) fn picture(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let (width, height) = (
        u32::from(columns) * CELL.0 + 2 * MARGIN,
        u32::from(rows) * CELL.1 + 2 * MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\" \
         xml:space=\"preserve\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for row in 0..rows {
        for run in runs(screen, row, columns) {
            run.draw(row, &mut svg);
        }
    }
    svg + "</svg>\n"
}

/// Neighbouring cells that look alike.
struct Run {
    start: u16,
    cells: u16,
    text: String,
    look: Look,
}

#[derive(PartialEq, Clone)]
struct Look {
    ink: String,
    paper: Option<String>,
    bold: bool,
    dim: bool,
    underlined: bool,
}

fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let cells = (0..columns).filter_map(|column| screen.cell(row, column).map(|cell| (column, cell)));
    for (column, cell) in cells.filter(|(_, cell)| !cell.is_wide_continuation()) {
        let cells = if cell.is_wide() { 2 } else { 1 };
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let look = look(cell);
        match runs.last_mut() {
            // Only plain letters are trusted to be one cell wide in every font.
            Some(run) if run.look == look && run.text.is_ascii() && text.is_ascii() => {
                run.text.push_str(text);
                run.cells += cells;
            }
            _ => runs.push(Run {
                start: column,
                cells,
                text: text.to_owned(),
                look,
            }),
        }
    }
    runs
}

fn look(cell: &Cell) -> Look {
    let (mut ink, mut paper) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    if cell.inverse() {
        (ink, paper) = (Some(paper.unwrap_or(PAPER.into())), Some(ink.unwrap_or(INK.into())));
    }
    Look {
        ink: ink.unwrap_or(INK.into()),
        paper,
        bold: cell.bold(),
        dim: cell.dim(),
        underlined: cell.underline(),
    }
}

fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(index) => Some(NAMED[usize::from(index) % NAMED.len()].into()),
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
    }
}

impl Run {
    fn draw(&self, row: u16, svg: &mut String) {
        let (x, y) = (
            u32::from(self.start) * CELL.0 + MARGIN,
            u32::from(row) * CELL.1 + MARGIN,
        );
        let width = u32::from(self.cells) * CELL.0;
        if let Some(paper) = &self.look.paper {
            let height = CELL.1;
            _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{paper}\" \
                 shape-rendering=\"crispEdges\"/>"
            );
        }
        if self.text.trim().is_empty() {
            return;
        }
        let text = self
            .text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let mut style = String::new();
        if self.look.bold {
            style += " font-weight=\"bold\"";
        }
        if self.look.dim {
            style += " opacity=\"0.6\"";
        }
        if self.look.underlined {
            style += " text-decoration=\"underline\"";
        }
        let (y, ink) = (y + BASELINE, &self.look.ink);
        _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" \
             fill=\"{ink}\"{style}>{text}</text>"
        );
    }
}
