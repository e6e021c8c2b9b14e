//! The list of keys, made from the keymap.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{Look, indented, row, write};
use crate::app::{App, Layer};
use crate::keymap::Context;

/// Draws the list and notes in the view how far it can be scrolled.
pub(super) fn draw(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let lines = lines(look);
    app.view.help_end = lines.len().saturating_sub(usize::from(area.height));
    let Layer::Help(scroll) = app.layer else { return };
    let scroll = scroll.min(app.view.help_end);
    let column = lines.iter().map(|line| line.keys.chars().count()).max().unwrap_or(0) as u16 + 2;
    for (at, line) in (0..area.height).zip(lines.iter().skip(scroll)) {
        let place = row(area, at);
        write(buffer, place, &line.keys, line.style);
        write(
            buffer,
            indented(place, column.min(area.width / 2)),
            line.doc,
            look.theme.text,
        );
    }
    let edge = indented(area, area.width.saturating_sub(1));
    if scroll > 0 {
        write(buffer, row(edge, 0), "▲", look.theme.current);
    }
    if scroll < app.view.help_end {
        write(
            buffer,
            row(edge, area.height.saturating_sub(1)),
            "▼",
            look.theme.current,
        );
    }
}

struct HelpLine {
    keys: String,
    doc: &'static str,
    style: Style,
}

fn lines(look: &Look) -> Vec<HelpLine> {
    let theme = &look.theme;
    let mut lines = Vec::new();
    for context in Context::ALL {
        if !lines.is_empty() {
            lines.push(HelpLine {
                keys: String::new(),
                doc: "",
                style: theme.text,
            });
        }
        lines.push(HelpLine {
            keys: heading(context).into(),
            doc: "",
            style: theme.current,
        });
        for (action, keys) in look.keymap.listing(context) {
            lines.push(HelpLine {
                keys: format!("  {}", keys.join("  ")),
                doc: action.doc(),
                style: theme.key,
            });
        }
    }
    lines
}

fn heading(context: Context) -> &'static str {
    match context {
        Context::Global => "Everywhere",
        Context::Grid => "In the grid",
        Context::Pairs => "In the pairs",
        Context::Help => "In this list",
        Context::Models => "In the list of models",
        Context::Prompt => "While typing",
        Context::Question => "When asked",
    }
}
