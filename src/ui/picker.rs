//! The list of models.

use indicatif::HumanBytes;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::text::{Bidi, fit, width, wrap};
use super::{Look, indented, row, status, write, write_line};
use crate::app::{App, Layer};
use crate::embed::coverage::covers;
use crate::embed::models::{Place, Shelved};

/// Rows below the list that tell more of the chosen model.
const DETAIL: u16 = 3;

/// Draws the list and returns where the text cursor stands.
pub(super) fn draw(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let Layer::Models(picker) = &app.layer else { return None };
    let caret = status::write_prompt("model: ", picker.filter(), look, row(area, 0), buffer);
    let shown = picker.shown();
    let Some(chosen) = shown.get(picker.row()) else {
        let text = if picker.is_waiting() {
            "Looking up the models …"
        } else {
            "No model has these words."
        };
        write(buffer, indented(row(area, 1), 2), text, look.theme.quiet);
        return caret;
    };
    let detail = if area.height > 2 * DETAIL { DETAIL } else { 0 };
    let room = usize::from(area.height.saturating_sub(1 + detail));
    let first = (picker.row() + 1).saturating_sub(room);
    let columns = Columns::new(app, &shown);
    for (at, model) in (1..).zip(shown.iter().enumerate().skip(first).take(room)) {
        let (index, model) = model;
        columns.write(app, look, model, index == picker.row(), row(area, at), buffer);
    }
    describe(chosen, look, area, detail, buffer);
    caret.filter(|_| !area.is_empty())
}

/// Widths of the columns, so that every row fits.
struct Columns {
    name: usize,
    place: usize,
}

impl Columns {
    fn new(app: &App, shown: &[&Shelved]) -> Self {
        let longest = |text: &dyn Fn(&Shelved) -> String| shown.iter().map(|model| width(&text(model))).max();
        Self {
            name: longest(&|model| marked(app, model)).unwrap_or(0).min(40),
            place: longest(&|model| place(model)).unwrap_or(0),
        }
    }

    fn write(&self, app: &App, look: &Look, model: &Shelved, chosen: bool, area: Rect, buffer: &mut Buffer) {
        let theme = &look.theme;
        let style = if chosen { theme.current } else { theme.text };
        write(buffer, area, if chosen { "▸ " } else { "  " }, theme.current);
        let area = indented(area, 2);
        let name = fit(&marked(app, model), self.name, Bidi::Terminal);
        write_line(buffer, area, &name, style);
        let area = indented(area, self.name as u16 + 2);
        write(buffer, area, &place(model), theme.text);
        let mut area = indented(area, self.place as u16 + 2);
        for tag in app.languages() {
            let (mark, style) = match knows(model, tag) {
                Some(true) => ("✓", theme.sure),
                Some(false) => ("✗", theme.error),
                None => ("?", theme.quiet),
            };
            area = write(buffer, area, &fit(tag, 8, Bidi::Terminal).text, theme.text);
            area = indented(write(buffer, indented(area, 1), mark, style), 2);
        }
        if let Some(known) = model.spec.known() {
            write(buffer, area, known.licence, theme.quiet);
        }
    }
}

/// The name, with a sign behind that of the model in use.
fn marked(app: &App, model: &Shelved) -> String {
    if model.spec == app.encoder.spec {
        format!("{} *", model.spec)
    } else {
        model.spec.to_string()
    }
}

fn place(model: &Shelved) -> String {
    let size = model.spec.known().map(|known| HumanBytes(known.download).to_string());
    match model.place {
        Place::Program => "in the program".to_owned(),
        Place::Here(bytes) => format!("on this machine, {}", HumanBytes(bytes)),
        Place::Part(bytes) => match size {
            Some(size) => format!("{} of {size} here", HumanBytes(bytes)),
            None => format!("{} of it here", HumanBytes(bytes)),
        },
        Place::Absent => format!("to be downloaded, {}", size.unwrap_or_default()),
    }
}

/// Whether a model knows a language; `None` when nobody says.
fn knows(model: &Shelved, tag: &str) -> Option<bool> {
    Some(covers(model.spec.known()?.languages, tag))
}

/// Tells more of the chosen model at the end of the pane.
fn describe(model: &Shelved, look: &Look, area: Rect, height: u16, buffer: &mut Buffer) {
    let text = match model.spec.known() {
        Some(known) => format!(
            "{}. Licence: {}. {} languages: {}",
            known.about,
            known.licence,
            known.languages.len(),
            known.languages.join(" ")
        ),
        None => "From the hub's cache on this machine; nothing is known of its languages.".to_owned(),
    };
    let lines = wrap(
        &text,
        usize::from(area.width.saturating_sub(2)),
        usize::from(height),
        Bidi::Terminal,
    );
    for (at, line) in (area.height.saturating_sub(height)..).zip(&lines) {
        write_line(buffer, indented(row(area, at), 2), line, look.theme.quiet);
    }
}
