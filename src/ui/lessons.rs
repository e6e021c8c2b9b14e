//! The panel of what was learned from the pair.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{Bidi, wrap};
use super::{Look, indented, row, write, write_line};
use crate::app::App;
use crate::learn::rounds::Round;
use crate::pipeline::Lessons;

/// Steps of the loss curve, from low to high.
const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Columns of the labels.
const LABEL: u16 = 34;

/// Draws the panel.
pub(super) fn draw(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let mut panel = Panel {
        look,
        rest: indented(area, 1),
        buffer,
    };
    panel.heading("What was learned from this pair");
    let lessons = app.findings.lessons();
    panel.sentence(verdict(lessons));
    let (confirmed, rejected) = app.review.decisions().counts();
    panel.blank();
    let decided = format!("{confirmed} confirmed, {rejected} rejected");
    panel.line("decided by you", &decided, look.theme.text);
    for (number, round) in (1..).zip(lessons.map_or(&[][..], |lessons| &lessons.rounds)) {
        panel.blank();
        panel.heading(&format!("Round {number}"));
        panel.round(round);
    }
}

/// What became of it, as a sentence.
fn verdict(lessons: Option<&Lessons>) -> &'static str {
    match lessons {
        None => "Nothing yet. Learning follows the first alignment, unless the program was started with --adapt off.",
        Some(lessons) if lessons.rounds.is_empty() => {
            "Nothing: too few beads are sure enough to learn from. The encoder is used as it is."
        }
        Some(lessons) if lessons.vectors.is_none() => {
            "Dropped: on the beads kept out it is no better than the encoder alone, which is used as it is."
        }
        Some(_) => {
            "Used: the beads were weighed again with it, and the grid's scores end with the learned one and its \
             difference to the cosine."
        }
    }
}

struct Panel<'a> {
    look: &'a Look,
    rest: Rect,
    buffer: &'a mut Buffer,
}

impl Panel<'_> {
    fn round(&mut self, round: &Round) {
        let theme = &self.look.theme;
        let found = &round.found;
        self.line("beads learned from", &round.known.to_string(), theme.text);
        let judged = format!("{} train, {} kept out judge", found.trained, found.held_out);
        self.line("beads in the ranking", &judged, theme.text);
        let better = |improved: bool| if improved { theme.sure } else { theme.text };
        let (before, after) = (found.before, found.after);
        let accuracy = format!("{:.1}% → {:.1}%", 100.0 * before.accuracy, 100.0 * after.accuracy);
        self.line(
            "kept out, right partner first",
            &accuracy,
            better(after.accuracy > before.accuracy),
        );
        let loss = format!("{:.3} → {:.3}", before.loss, after.loss);
        self.line("kept out, loss", &loss, better(after.loss < before.loss));
        let [vectors, source, target] = found.strengths;
        let strengths = format!("{vectors:.1} encoder, {source:.1} source words, {target:.1} target words");
        self.line("strengths", &strengths, theme.text);
        self.line("used to", &format!("{:.0}%", 100.0 * found.share), theme.text);
        self.line("training loss, step by step", &curve(&found.losses), theme.progress);
        self.line("beads changed", &round.changed.to_string(), theme.text);
    }

    fn heading(&mut self, text: &str) {
        write(self.buffer, row(self.rest, 0), text, self.look.theme.current);
        self.blank();
    }

    fn line(&mut self, label: &str, value: &str, style: Style) {
        let line = row(self.rest, 0);
        let label_end = LABEL.min(line.width / 2);
        write(
            self.buffer,
            Rect {
                width: label_end,
                ..line
            },
            label,
            self.look.theme.quiet,
        );
        write(self.buffer, indented(line, label_end), value, style);
        self.blank();
    }

    fn sentence(&mut self, text: &str) {
        for line in wrap(
            text,
            usize::from(self.rest.width),
            usize::from(self.rest.height),
            Bidi::Terminal,
        ) {
            write_line(self.buffer, row(self.rest, 0), &line, self.look.theme.text);
            self.blank();
        }
    }

    /// Goes on in the next row.
    fn blank(&mut self) {
        let used = u16::from(self.rest.height > 0);
        self.rest.y += used;
        self.rest.height -= used;
    }
}

/// A curve of bars between the lowest and the highest value.
fn curve(values: &[f64]) -> String {
    let (low, high) = values
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| {
            (low.min(value), high.max(value))
        });
    let bar = |value: f64| {
        let place = (value - low) / (high - low).max(f64::MIN_POSITIVE) * (STEPS.len() - 1) as f64;
        STEPS[(place.round() as usize).min(STEPS.len() - 1)]
    };
    values.iter().map(|&value| bar(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_runs_from_its_highest_to_its_lowest_value() {
        assert_eq!(curve(&[8.0, 4.0, 1.0]), "█▄▁");
        assert_eq!(curve(&[2.0]), "▁");
        assert_eq!(curve(&[]), "");
    }
}
