//! The cell under the cursor in full: its scores and both sentences.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{Line, width, wrap};
use super::{Look, indented, row, write, write_line};
use crate::align::Bead;
use crate::app::App;
use crate::app::score::Score;
use crate::pipeline::Side;

/// Lines of figures above the sentences.
const FIGURES: u16 = 2;

/// From this width on, the sentences stand side by side.
const WIDE: u16 = 60;

/// Rows the pane takes of `middle`: over a quarter, or up to half when the sentences need it.
pub(super) fn height(app: &App, look: &Look, width: u16, middle: u16) -> u16 {
    let (least, most) = (middle * 2 / 7, middle / 2);
    let limit = usize::from(most);
    let needed = |side, width| sentence(app, look, side, width, limit).len() as u16;
    let sentences = if width >= WIDE {
        let (left, right) = columns(Rect::new(0, 0, width, 1));
        needed(Side::Source, left.width).max(needed(Side::Target, right.width))
    } else {
        needed(Side::Source, width).saturating_add(needed(Side::Target, width))
    };
    (FIGURES + 1).saturating_add(sentences).clamp(least, most)
}

/// Draws the pane.
pub(super) fn draw(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) {
    if app.findings.is_empty() || area.is_empty() {
        return;
    }
    let rule = "─".repeat(usize::from(area.width));
    write(buffer, row(area, 0), &rule, look.theme.quiet);
    place_line(app, look, row(area, 1), buffer);
    ranking_line(app, look, row(area, 2), buffer);
    let top = (FIGURES + 1).min(area.height);
    let rest = Rect {
        y: area.y + top,
        height: area.height - top,
        ..area
    };
    if area.width >= WIDE {
        let (left, right) = columns(rest);
        let divider = Rect {
            x: right.x - 2,
            width: 1,
            ..rest
        };
        (0..rest.height).for_each(|line| _ = write(buffer, row(divider, line), "│", look.theme.quiet));
        paragraph(app, look, Side::Source, left, buffer);
        paragraph(app, look, Side::Target, right, buffer);
    } else {
        let used = paragraph(
            app,
            look,
            Side::Source,
            Rect {
                height: rest.height.div_ceil(2),
                ..rest
            },
            buffer,
        );
        let below = Rect {
            y: rest.y + used,
            height: rest.height - used,
            ..rest
        };
        paragraph(app, look, Side::Target, below, buffer);
    }
}

fn columns(area: Rect) -> (Rect, Rect) {
    let left = area.width.saturating_sub(3) / 2;
    (Rect { width: left, ..area }, indented(area, left + 3))
}

fn sentence(app: &App, look: &Look, side: Side, width: u16, limit: usize) -> Vec<Line> {
    wrap(
        app.findings.text(side, app.place.on(side)),
        usize::from(width),
        limit,
        look.bidi,
    )
}

/// Writes the sentence of a side, with an ellipsis where it does not fit, and returns the rows it took.
fn paragraph(app: &App, look: &Look, side: Side, area: Rect, buffer: &mut Buffer) -> u16 {
    let lines = sentence(app, look, side, area.width, usize::from(area.height) + 1);
    for (at, line) in (0..area.height).zip(&lines) {
        write_line(buffer, row(area, at), line, look.theme.text);
    }
    if lines.len() > usize::from(area.height) && !area.is_empty() {
        let last = row(indented(area, area.width - 1), area.height - 1);
        write(buffer, last, "…", look.theme.unsure);
    }
    (lines.len() as u16).min(area.height)
}

/// `12 ↔ 14  cosine 0.83  margin 1.21  bead 12 ↔ 14–15  probability 0.98`.
fn place_line(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let (findings, place, theme) = (&app.findings, &app.place, &look.theme);
    let mut figures = Figures {
        buffer,
        look,
        rest: area,
    };
    figures.write(
        "",
        &format!("{} ↔ {}", place.source + 1, place.target + 1),
        theme.current,
    );
    figures.write(
        "  cosine ",
        &decimal(Score::Cosine.of(findings, place.source, place.target)),
        theme.text,
    );
    figures.write(
        "  margin ",
        &decimal(Score::Margin.of(findings, place.source, place.target)),
        theme.text,
    );
    let Some(bead) = place.bead(findings).and_then(|number| findings.beads().get(number)) else {
        return;
    };
    figures.write("  bead ", &bead_name(bead), theme.text);
    figures.write(
        "  probability ",
        &decimal(Some(bead.posterior)),
        theme.certainty(bead.posterior),
    );
}

/// Rank and probability, each way.
fn ranking_line(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let (source, target, theme) = (app.place.source, app.place.target, &look.theme);
    let ranks = app
        .findings
        .is_embedded()
        .then(|| app.lens.ranks(source, target))
        .flatten();
    let findings = &app.findings;
    let ways = [
        (
            "→ rank ",
            ranks.map(|ranks| ranks.of_target),
            Side::Target,
            Score::TargetGivenSource,
        ),
        (
            "   ← rank ",
            ranks.map(|ranks| ranks.of_source),
            Side::Source,
            Score::SourceGivenTarget,
        ),
    ];
    let mut figures = Figures {
        buffer,
        look,
        rest: area,
    };
    for (label, rank, side, score) in ways {
        let best = if rank == Some(1) { theme.sure } else { theme.text };
        figures.write(label, &rank.map_or("…".into(), |rank| rank.to_string()), best);
        figures.write(" of ", &findings.len(side).to_string(), theme.quiet);
        let name = if area.width >= 80 {
            format!("  {} ", score.name())
        } else {
            "  P ".to_owned()
        };
        let probability = score.of(findings, source, target);
        figures.write(
            &name,
            &decimal(probability),
            probability.map_or(theme.text, |p| theme.certainty(p)),
        );
    }
}

/// Writes labelled figures one after another. A figure that does not fit is left out as a whole, with all behind it:
/// cut short, it would be another number.
struct Figures<'a> {
    buffer: &'a mut Buffer,
    look: &'a Look,
    rest: Rect,
}

impl Figures<'_> {
    fn write(&mut self, label: &str, figure: &str, style: Style) {
        if width(label) + width(figure) > usize::from(self.rest.width) {
            self.rest.width = 0;
            return;
        }
        let rest = write(self.buffer, self.rest, label, self.look.theme.quiet);
        self.rest = write(self.buffer, rest, figure, style);
    }
}

fn decimal(value: Option<f32>) -> String {
    value.map_or_else(|| "…".to_owned(), |value| format!("{value:.2}"))
}

/// Sentence numbers of both sides, counted from 1: `12 ↔ 14–15`, `12 ↔ ∅`.
fn bead_name(bead: &Bead) -> String {
    let side = |run: &std::ops::Range<usize>| match run.len() {
        0 => "∅".to_owned(),
        1 => run.end.to_string(),
        _ => format!("{}–{}", run.start + 1, run.end),
    };
    format!("{} ↔ {}", side(&bead.source), side(&bead.target))
}
