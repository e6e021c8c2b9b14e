//! The cell under the cursor in full: its scores and both sentences.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{Line, wrap};
use super::{Look, indented, row, write, write_line};
use crate::align::Bead;
use crate::app::App;
use crate::app::score::Score;
use crate::pipeline::Side;

/// Lines of figures above the sentences.
const FIGURES: u16 = 2;

/// From this width on, the sentences stand side by side.
const WIDE: u16 = 60;

/// Rows the pane takes of `middle`: a third, or up to half when the sentences need it.
pub(super) fn height(app: &App, look: &Look, width: u16, middle: u16) -> u16 {
    let (least, most) = (middle / 3, middle / 2);
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

/// `12 ↔ 14  cosine 0.83  margin 1.21  bead 12 ↔ 14–15, probability 0.98`.
fn place_line(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let (findings, place, theme) = (&app.findings, &app.place, &look.theme);
    let rest = write(
        buffer,
        area,
        &format!("{} ↔ {}", place.source + 1, place.target + 1),
        theme.current,
    );
    let rest = write(buffer, rest, "  cosine ", theme.quiet);
    let rest = figure(
        buffer,
        rest,
        Score::Cosine.of(findings, place.source, place.target),
        theme.text,
    );
    let rest = write(buffer, rest, "  margin ", theme.quiet);
    let rest = figure(
        buffer,
        rest,
        Score::Margin.of(findings, place.source, place.target),
        theme.text,
    );
    let Some(bead) = place.bead(findings).and_then(|number| findings.beads().get(number)) else {
        return;
    };
    let rest = write(buffer, rest, "  bead ", theme.quiet);
    let rest = write(buffer, rest, &bead_name(bead), theme.text);
    let rest = write(buffer, rest, "  probability ", theme.quiet);
    figure(buffer, rest, Some(bead.posterior), theme.certainty(bead.posterior));
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
            "→",
            ranks.map(|ranks| ranks.of_target),
            Side::Target,
            Score::TargetGivenSource,
        ),
        (
            "←",
            ranks.map(|ranks| ranks.of_source),
            Side::Source,
            Score::SourceGivenTarget,
        ),
    ];
    let mut rest = area;
    for (arrow, rank, side, score) in ways {
        rest = write(buffer, rest, arrow, theme.current);
        rest = write(buffer, rest, " rank ", theme.quiet);
        let best = if rank == Some(1) { theme.sure } else { theme.text };
        rest = write(buffer, rest, &rank.map_or("…".into(), |rank| rank.to_string()), best);
        rest = write(
            buffer,
            rest,
            &format!(" of {}  {} ", findings.len(side), score.name()),
            theme.quiet,
        );
        let probability = score.of(findings, source, target);
        rest = figure(
            buffer,
            rest,
            probability,
            probability.map_or(theme.text, |p| theme.certainty(p)),
        );
        rest = write(buffer, rest, "   ", theme.text);
    }
}

fn figure(buffer: &mut Buffer, area: Rect, value: Option<f32>, style: Style) -> Rect {
    let text = value.map_or_else(|| "…".to_owned(), |value| format!("{value:.2}"));
    write(buffer, area, &text, style)
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
