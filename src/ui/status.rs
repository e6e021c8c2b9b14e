//! The lines around the pane: title, status or prompt, keys.

use indicatif::HumanBytes;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation as _;

use super::text::{Bidi, fit, visible, width, wrap};
use super::{Look, indented, row, write, write_line};
use crate::action::Action;
use crate::app::job::Phase;
use crate::app::prompt::Prompt;
use crate::app::{App, Layer, Mode, Notice};
use crate::embed::coverage::Uncovered;
use crate::embed::models::ModelSpec;
use crate::keymap::Context;
use crate::pipeline::{Progress, Side, Stage};

/// The documents' names on the left; the mode, the score and its colours on the right.
pub(super) fn title(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let theme = &look.theme;
    let (low, high) = app.grid.score.span();
    let step = app.grid.step();
    let legend = match app.mode {
        Mode::Grid if step > 1 => format!("{}, best of {step}×{step}  {low} ", app.grid.score.name()),
        Mode::Grid => format!("{}  {low} ", app.grid.score.name()),
        Mode::Pairs => "probability, cosine".to_owned(),
    };
    let ramp = if app.mode == Mode::Grid { 10 } else { 0 };
    let end = if app.mode == Mode::Grid {
        format!(" {high}")
    } else {
        String::new()
    };
    let taken = (width(&legend) + width(&end)) as u16 + ramp;
    let names = area.width.saturating_sub(taken + 2);
    let name = |side| {
        app.findings
            .document(side)
            .map_or("…", |document| document.name.as_str())
    };
    let half = usize::from(names.saturating_sub(3) / 2);
    let (source, target) = (
        fit(name(Side::Source), half, Bidi::Terminal),
        fit(name(Side::Target), half, Bidi::Terminal),
    );
    if app.findings.bitext().is_none() {
        write(buffer, Rect { width: names, ..area }, "enface", theme.title);
    } else {
        write(
            buffer,
            Rect { width: names, ..area },
            &format!("{} → {}", source.text, target.text),
            theme.title,
        );
    }
    let right = indented(area, area.width.saturating_sub(taken));
    let mut rest = write(buffer, right, &legend, theme.quiet);
    for at in 0..ramp {
        let heat = theme.heat((f32::from(at) + 0.5) / f32::from(ramp));
        let cell = Rect {
            width: 1.min(rest.width),
            ..rest
        };
        write(buffer, cell, heat.fill.encode_utf8(&mut [0; 4]), heat.style);
        rest = indented(rest, 1);
    }
    write(buffer, rest, &end, theme.quiet);
}

/// The prompt or question, else the notice, else how the job goes. Returns where the text cursor stands.
pub(super) fn status(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    match &app.layer {
        Layer::Export(prompt) => return write_prompt("export to: ", prompt, look, area, buffer),
        Layer::Overwrite(path) => {
            let question = " exists. Overwrite it?";
            let max = usize::from(area.width).saturating_sub(width(question));
            let path = fit(&path.display().to_string(), max, Bidi::Terminal);
            let rest = write(buffer, area, &path.text, look.theme.unsure);
            write(buffer, rest, question, look.theme.unsure);
            return None;
        }
        Layer::Download(spec) => {
            let question = fit(&download(app, spec), usize::from(area.width), Bidi::Terminal);
            write_line(buffer, area, &question, look.theme.unsure);
            return None;
        }
        Layer::None | Layer::Help(_) | Layer::Lessons | Layer::Models(_) => {}
    }
    let area = place(app, look, area, buffer);
    let max = usize::from(area.width);
    match &app.notice {
        Some(Notice::Done(text)) => write_line(buffer, area, &fit(text, max, Bidi::Terminal), look.theme.sure),
        Some(Notice::Problem(text)) => write_line(buffer, area, &fit(text, max, Bidi::Terminal), look.theme.error),
        Some(Notice::Uncovered(gap)) => {
            let text = fit(&uncovered(gap, look), max, Bidi::Terminal);
            write_line(buffer, area, &text, look.theme.error);
        }
        None => job(app, look, area, buffer),
    }
    None
}

/// Asks whether to download a model, with what is known of its size.
fn download(app: &App, spec: &ModelSpec) -> String {
    let host = app.encoder.host.as_deref().unwrap_or_default();
    match spec.known() {
        Some(known) => format!("Download {spec}, about {}, from {host}?", HumanBytes(known.download)),
        None => format!("Download {spec} from {host}, which has yet to tell its size?"),
    }
}

/// Says which models know a language that this one does not, and where to find them.
fn uncovered(gap: &Uncovered, look: &Look) -> String {
    let Uncovered { language, model, .. } = gap;
    let names = gap.alternatives();
    let key = look.keymap.hint(Context::Global, Action::Models);
    match (names.is_empty(), key) {
        (false, Some(key)) => format!(
            "{model} does not know \"{language}\"; {key} offers {}",
            names.join(", ")
        ),
        (false, None) => format!("{model} does not know \"{language}\"; {} do", names.join(", ")),
        (true, _) => format!("{model} does not know \"{language}\", nor does any known model"),
    }
}

/// Writes the place at the right end and returns what is left.
fn place(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) -> Rect {
    let (sources, targets) = (app.findings.len(Side::Source), app.findings.len(Side::Target));
    if app.findings.is_empty() || area.width < 50 {
        return area;
    }
    let text = format!(
        "{}/{sources} ↔ {}/{targets}",
        app.place.source + 1,
        app.place.target + 1
    );
    let taken = width(&text) as u16;
    write(
        buffer,
        indented(area, area.width.saturating_sub(taken)),
        &text,
        look.theme.quiet,
    );
    Rect {
        width: area.width.saturating_sub(taken + 2),
        ..area
    }
}

fn job(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    const HANDS: [&str; 4] = ["◐ ", "◓ ", "◑ ", "◒ "];
    let theme = &look.theme;
    let progress = |progress: Option<Progress>, buffer: &mut Buffer| {
        let rest = write(buffer, area, HANDS[app.ticks % HANDS.len()], theme.progress);
        write(buffer, rest, &going_on(progress), theme.progress);
    };
    if let Some(fetching) = app.encoder.fetching() {
        return progress(fetching, buffer);
    }
    match &app.job.phase {
        Phase::Idle => {}
        Phase::Running(running) => progress(*running, buffer),
        Phase::Finished => {
            let beads = app.findings.beads().len();
            write(buffer, area, &format!("{beads} beads"), theme.quiet);
        }
        Phase::Cancelled => _ = write(buffer, area, &format!("cancelled; {}", start_again(look)), theme.unsure),
        Phase::Failed(message) => {
            write_line(
                buffer,
                area,
                &fit(message, usize::from(area.width), Bidi::Terminal),
                theme.error,
            );
        }
    }
}

fn going_on(progress: Option<Progress>) -> String {
    match progress {
        None => "starting".to_owned(),
        Some(Progress { stage, total: 0, .. }) => stage.name().to_owned(),
        Some(Progress { stage, done, total }) if stage == Stage::Downloading => format!(
            "{} {} of {} ({}%)",
            stage.name(),
            HumanBytes(done as u64),
            HumanBytes(total as u64),
            done.min(total) * 100 / total
        ),
        Some(Progress { stage, done, total }) => {
            format!("{} {done}/{total} ({}%)", stage.name(), done.min(total) * 100 / total)
        }
    }
}

/// What stands in a pane that has nothing to show yet.
pub(super) fn waiting(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let theme = &look.theme;
    let (text, style) = match &app.job.phase {
        Phase::Failed(message) => (message.clone(), theme.error),
        Phase::Cancelled => (format!("The job was cancelled; {}.", start_again(look)), theme.unsure),
        Phase::Finished => (
            "There is nothing to align: one of the documents has no sentence.".into(),
            theme.unsure,
        ),
        Phase::Running(progress) => (going_on(*progress), theme.quiet),
        Phase::Idle => return,
    };
    let margin = area.width / 8;
    let inner = Rect {
        width: area.width - 2 * margin,
        ..indented(area, margin)
    };
    let lines = wrap(
        &text,
        usize::from(inner.width),
        usize::from(area.height),
        Bidi::Terminal,
    );
    let top = (area.height - lines.len() as u16) / 2;
    for (at, line) in (top..).zip(&lines) {
        let slack = (inner.width - line.width as u16) / 2;
        write_line(buffer, row(indented(inner, slack), at), line, style);
    }
}

fn start_again(look: &Look) -> String {
    let key = look.keymap.hint(Context::Global, Action::Restart).unwrap_or_default();
    format!("{key} starts it again")
}

/// Writes a line that is being typed behind its label, and returns where the text cursor stands.
pub(super) fn write_prompt(
    label: &str,
    prompt: &Prompt,
    look: &Look,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let rest = write(buffer, area, label, look.theme.current);
    let (before, behind) = prompt.parts();
    let (before, behind) = (visible(before), visible(behind));
    let room = usize::from(rest.width.saturating_sub(1));
    let mut hidden = width(&before).saturating_sub(room);
    let tail = before.graphemes(true).skip_while(|cluster| {
        let skip = hidden > 0;
        hidden = hidden.saturating_sub(width(cluster));
        skip
    });
    let rest = write(buffer, rest, &tail.collect::<String>(), look.theme.text);
    write(buffer, rest, &behind, look.theme.text);
    (!area.is_empty()).then(|| Position::new(rest.x.min(area.right() - 1), rest.y))
}

/// The keys worth knowing here.
pub(super) fn footer(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    use Action as A;
    let context = app.context();
    let shown: &[Action] = match context {
        Context::Prompt => &[A::Accept, A::Dismiss, A::DeleteWord, A::DeleteLine],
        Context::Question => &[A::Yes, A::No],
        Context::Help => &[A::Down, A::Up, A::Dismiss],
        Context::Models => &[A::Accept, A::Dismiss, A::Down, A::Up, A::DeleteLine],
        Context::Pairs | Context::Global => &[
            A::Help,
            A::Quit,
            A::Switch,
            A::LeastCertain,
            A::Confirm,
            A::Reject,
            A::NextBead,
            A::Export,
            A::Models,
        ],
        Context::Grid => &[
            A::Help,
            A::Quit,
            A::Switch,
            A::NextScore,
            A::ZoomIn,
            A::NextBead,
            A::Export,
            A::Models,
            A::ToPath,
            A::ZoomOut,
        ],
    };
    let typing = matches!(context, Context::Prompt | Context::Models);
    let cancel = (!typing && app.is_busy()).then_some(&A::Cancel);
    let mut rest = area;
    for &action in cancel.into_iter().chain(shown) {
        let Some(key) = look.keymap.hint(context, action) else {
            continue;
        };
        let needed = width(&key) + width(action.label()) + 1;
        if needed > usize::from(rest.width) {
            break;
        }
        rest = write(buffer, rest, &key, look.theme.key);
        rest = write(buffer, rest, " ", look.theme.text);
        rest = write(buffer, rest, action.label(), look.theme.quiet);
        rest = indented(rest, 2);
    }
}
