//! The pairs pane: beads side by side, wrapped, the current one marked.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{Line, fit, wrap};
use super::{Look, indented, row, status, write, write_line};
use crate::align::Bead;
use crate::app::pairs::{Shown, Window};
use crate::app::{App, moves};
use crate::pipeline::Side;

/// From this width on, source and target stand side by side.
const WIDE: u16 = 50;

/// Columns between the sides, for score and probability.
const MIDDLE: u16 = 9;

/// Draws the beads around the current one and notes in the view where they are.
pub(super) fn draw(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let current = app.place.bead(&app.findings);
    let Some(current) = current.filter(|_| !area.is_empty()) else {
        status::waiting(app, look, area, buffer);
        return;
    };
    let rows = usize::from(area.height);
    let layout = Layout::new(app, look, area);
    let (first, above) = first_shown(app, &layout, current, rows);
    let mut window = Window {
        first,
        rows,
        shown: Vec::new(),
        hidden: 0,
    };
    let mut top = 0_usize;
    let mut skip = above;
    for number in first..app.findings.beads().len() {
        if top >= rows {
            break;
        }
        let lines = layout.lines(number, skip + rows - top + 1);
        let height = (lines.len().saturating_sub(skip)).min(rows - top);
        for (at, line) in lines.iter().skip(skip).take(height).enumerate() {
            layout.draw_line(number == current, line, row(area, (top + at) as u16), buffer);
        }
        if number == current {
            let rest = layout.lines(number, skip + rows * 2).len();
            window.hidden = rest.saturating_sub(skip + height);
        }
        window.shown.push(Shown {
            bead: number,
            top: area.y + top as u16,
            height: height as u16,
        });
        top += height + layout.gap;
        skip = 0;
    }
    app.view.pairs = window;
}

/// The bead at the top and how many of its lines stay above: as at the last drawing, scrolled as little as needed to
/// show the current one.
fn first_shown(app: &App, layout: &Layout<'_>, current: usize, rows: usize) -> (usize, usize) {
    let skipped = app.pairs.skipped;
    if skipped > 0 {
        return (current, skipped);
    }
    let mut room = rows.saturating_sub(layout.lines(current, rows).len());
    let mut first = current;
    let wish = app.view.pairs.first.min(current);
    while first > wish {
        let height = layout.lines(first - 1, rows).len() + layout.gap;
        if height > room {
            break;
        }
        room -= height;
        first -= 1;
    }
    (first, 0)
}

/// What stands in one row of the pane.
struct Row {
    middle: Option<(String, Style)>,
    source: Option<Numbered>,
    target: Option<Numbered>,
}

/// A line of a sentence, the first with the sentence's number.
struct Numbered {
    number: Option<usize>,
    here: bool,
    line: Line,
}

/// Widths, and where to find what is drawn.
struct Layout<'a> {
    app: &'a App,
    look: &'a Look,
    digits: u16,
    side: u16,
    wide: bool,
    gap: usize,
}

impl<'a> Layout<'a> {
    fn new(app: &'a App, look: &'a Look, area: Rect) -> Self {
        let longest = app.findings.len(Side::Source).max(app.findings.len(Side::Target));
        let wide = area.width >= WIDE;
        let digits = if area.width >= 20 {
            longest.to_string().len() as u16 + 1
        } else {
            0
        };
        let room = area.width.saturating_sub(1);
        let side = if wide { (room - MIDDLE) / 2 } else { room };
        Self {
            app,
            look,
            digits,
            side,
            wide,
            gap: usize::from(area.height >= 10),
        }
    }

    /// The rows of a bead, at most `limit`.
    fn lines(&self, number: usize, limit: usize) -> Vec<Row> {
        let Some(bead) = self.app.findings.beads().get(number) else {
            return Vec::new();
        };
        let source = self.sentences(Side::Source, bead, limit);
        let target = self.sentences(Side::Target, bead, limit);
        let theme = &self.look.theme;
        let confirmed = self.app.review.about(bead).is_some();
        let sign = if confirmed { " ✓" } else { "" };
        let probability = Some((format!("{:.2}{sign}", bead.posterior), theme.certainty(bead.posterior)));
        let score = Some((format!("{:.2}", bead.score), theme.quiet));
        let mut rows = Vec::new();
        if self.wide {
            let (mut source, mut target) = (source.into_iter(), target.into_iter());
            let mut middle = [probability, score].into_iter().flatten();
            let height = source.len().max(target.len()).clamp(1, limit.max(1));
            rows.extend((0..height).map(|_| Row {
                middle: middle.next(),
                source: source.next(),
                target: target.next(),
            }));
        } else {
            rows.extend(source.into_iter().map(|line| Row {
                middle: None,
                source: Some(line),
                target: None,
            }));
            rows.extend(target.into_iter().map(|line| Row {
                middle: None,
                source: None,
                target: Some(line),
            }));
            rows.truncate(limit);
        }
        rows
    }

    /// What stands on the empty side of a null bead: that nothing translates it, or where its translation seems to be.
    fn elsewhere(&self, side: Side, bead: &Bead) -> String {
        let Some((block, taken)) = self.app.moves.of_null(bead) else {
            return "∅".into();
        };
        let run = moves::run(block, side);
        let sign = if taken { "✓ " } else { "" };
        let percent = 100.0 * block.probability;
        format!("∅ {sign}moved to {}–{} ({percent:.0}%)", run.start + 1, run.end)
    }

    fn sentences(&self, side: Side, bead: &Bead, limit: usize) -> Vec<Numbered> {
        let run = match side {
            Side::Source => bead.source.clone(),
            Side::Target => bead.target.clone(),
        };
        if run.is_empty() {
            let text = self.elsewhere(side, bead);
            let room = usize::from(self.side - self.digits.min(self.side));
            let line = fit(&text, room, self.look.bidi);
            return vec![Numbered {
                number: None,
                here: false,
                line,
            }];
        }
        let width = usize::from(self.side - self.digits.min(self.side));
        let mut lines = Vec::new();
        for segment in run {
            if lines.len() >= limit {
                break;
            }
            let text = self.app.findings.text(side, segment);
            let here = self.app.place.on(side) == segment;
            let wrapped = wrap(text, width, limit - lines.len(), self.look.bidi);
            lines.extend(wrapped.into_iter().enumerate().map(|(at, line)| Numbered {
                number: (at == 0).then_some(segment + 1),
                here,
                line,
            }));
        }
        lines
    }

    fn draw_line(&self, current: bool, line: &Row, area: Rect, buffer: &mut Buffer) {
        let theme = &self.look.theme;
        let area = write(buffer, area, if current { "▌" } else { " " }, theme.current);
        self.draw_side(
            current,
            line.source.as_ref(),
            Rect {
                width: self.side.min(area.width),
                ..area
            },
            buffer,
        );
        let target = if self.wide {
            indented(area, self.side + MIDDLE)
        } else {
            area
        };
        self.draw_side(current, line.target.as_ref(), target, buffer);
        if let Some((text, style)) = &line.middle {
            let middle = Rect {
                width: MIDDLE,
                ..indented(area, self.side)
            };
            write(buffer, indented(middle, 2), text, *style);
        }
    }

    fn draw_side(&self, current: bool, line: Option<&Numbered>, area: Rect, buffer: &mut Buffer) {
        let Some(Numbered { number, here, line }) = line else {
            return;
        };
        let theme = &self.look.theme;
        let marked = if current && *here { theme.current } else { theme.quiet };
        if let (Some(number), 1..) = (number, self.digits) {
            let digits = usize::from(self.digits) - 1;
            write(buffer, area, &format!("{number:>digits$}"), marked);
        }
        let style = if current { theme.title } else { theme.text };
        write_line(buffer, indented(area, self.digits), line, style);
    }
}
