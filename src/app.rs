//! The state of the program and how it changes: `update(message) -> effects`, without threads, files or clock.

pub mod findings;
pub mod grid;
pub mod job;
pub mod lens;
pub mod pairs;
pub mod place;
mod pointer;
pub mod prompt;
mod reports;
pub mod review;
pub mod score;

use std::path::PathBuf;

use ratatui::layout::{Position, Rect};

use crate::action::Action;
use crate::keymap::Context;
use crate::pipeline::{Decided, Side};
use crate::review::Decisions;
use crate::worker::Report;

use findings::Findings;
use grid::Grid;
use job::{Job, Phase};
use lens::Lens;
use pairs::Pairs;
use place::Place;
use prompt::Prompt;
use review::Review;

/// Which way the pair is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Scores of all sentences against all.
    #[default]
    Grid,
    /// Beads side by side.
    Pairs,
}

/// What lies over the mode and takes the keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Layer {
    /// Nothing.
    #[default]
    None,
    /// The list of keys, scrolled by so many lines.
    Help(usize),
    /// The path of the file to export to.
    Export(Prompt),
    /// Whether to overwrite that file.
    Overwrite(PathBuf),
    /// What was learned from the pair.
    Lessons,
}

/// A sentence for the status line, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something went as it should.
    Done(String),
    /// Something did not.
    Problem(String),
}

/// What drawing remembers from one frame to the next: scrolling, and what is where for the mouse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Where the cells of the grid are.
    pub cells: Rect,
    /// The part of the grid there.
    pub grid: grid::Window,
    /// The part of the pairs on screen.
    pub pairs: pairs::Window,
    /// How far the help can be scrolled.
    pub help_end: usize,
}

/// A message to the state.
#[derive(Debug, Clone)]
pub enum Message {
    /// A person asked for this.
    Action(Action),
    /// A person typed or pasted this.
    Text(String),
    /// A mouse button was pressed there.
    Click(Position),
    /// The wheel turned: rows down and columns to the right.
    Wheel(isize, isize),
    /// The background reports.
    Report(Report),
    /// A little time went by.
    Tick,
}

/// What the state asks of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Start the job of this number.
    Start(u64),
    /// Stop the running job.
    Cancel,
    /// Write the pairs there.
    Export {
        /// The file.
        path: PathBuf,
        /// Whether it may exist already.
        overwrite: bool,
    },
    /// Align again, and perhaps learn, as was decided.
    Decide(Decided),
    /// Keep this text, which says what was decided.
    Keep(String),
    /// Hand the terminal back to the shell for a while.
    Suspend,
    /// Leave.
    Quit,
    /// Leave, because there is nothing to look at, with this message.
    GiveUp(String),
}

/// The whole state.
#[derive(Debug, Default)]
pub struct App {
    /// What is known about the pair.
    pub findings: Findings,
    /// The background job.
    pub job: Job,
    /// Grid or pairs.
    pub mode: Mode,
    /// Where the person is.
    pub place: Place,
    /// The grid's settings.
    pub grid: Grid,
    /// The pairs' scrolling.
    pub pairs: Pairs,
    /// What was decided about beads.
    pub review: Review,
    /// What lies above.
    pub layer: Layer,
    /// The message of the status line.
    pub notice: Option<Notice>,
    /// Computed in the background on demand.
    pub lens: Lens,
    /// Written by drawing only.
    pub view: View,
    /// Ticks so far: the hand of the progress sign.
    pub ticks: usize,
    suggestion: String,
}

impl App {
    /// The state before anything is known. `suggestion` is the path that an export suggests.
    pub fn new(suggestion: String) -> Self {
        Self {
            suggestion,
            ..Self::default()
        }
    }

    /// With what was decided about the pair earlier.
    #[must_use]
    pub fn with_decisions(self, decisions: Decisions) -> Self {
        Self {
            review: Review::new(decisions),
            ..self
        }
    }

    /// Where keys are pressed now.
    pub fn context(&self) -> Context {
        match (&self.layer, self.mode) {
            (Layer::Help(_) | Layer::Lessons, _) => Context::Help,
            (Layer::Export(_), _) => Context::Prompt,
            (Layer::Overwrite(_), _) => Context::Question,
            (Layer::None, Mode::Grid) => Context::Grid,
            (Layer::None, Mode::Pairs) => Context::Pairs,
        }
    }

    /// Starts the next job.
    pub fn start(&mut self) -> Vec<Effect> {
        self.job = Job {
            generation: self.job.generation + 1,
            phase: Phase::Running(None),
        };
        vec![Effect::Start(self.job.generation)]
    }

    /// Takes a message in and says what is to be done about it.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Action(action) => self.act(action),
            Message::Text(text) => {
                if let Layer::Export(prompt) = &mut self.layer {
                    prompt.insert(&text);
                }
                Vec::new()
            }
            Message::Click(position) => {
                self.click(position);
                Vec::new()
            }
            Message::Wheel(rows, columns) => {
                self.wheel(rows, columns);
                Vec::new()
            }
            Message::Report(report) if report.generation == self.job.generation => self.hear(report.event),
            Message::Report(_) => Vec::new(),
            Message::Tick => {
                self.ticks = self.ticks.wrapping_add(1);
                Vec::new()
            }
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        self.notice = None;
        match &mut self.layer {
            Layer::None => self.act_on_mode(action),
            Layer::Help(_) => self.act_on_help(action),
            Layer::Lessons => match action {
                Action::Quit => vec![Effect::Quit],
                Action::Suspend => vec![Effect::Suspend],
                Action::Lessons | Action::Dismiss => self.close(),
                _ => Vec::new(),
            },
            Layer::Export(prompt) => match action {
                Action::Accept => {
                    let path = prompt.text().trim().to_owned();
                    self.layer = Layer::None;
                    self.export_to(path)
                }
                Action::Dismiss => self.close(),
                _ => {
                    prompt.edit(action);
                    Vec::new()
                }
            },
            Layer::Overwrite(path) => match action {
                Action::Yes => {
                    let path = std::mem::take(path);
                    self.layer = Layer::None;
                    vec![Effect::Export { path, overwrite: true }]
                }
                Action::No => {
                    self.notice = Some(Notice::Done("nothing was written".into()));
                    self.close()
                }
                _ => Vec::new(),
            },
        }
    }

    fn act_on_mode(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Cancel => return self.cancel(),
            Action::Restart => return self.restart(),
            Action::Help => self.layer = Layer::Help(0),
            Action::Lessons => self.layer = Layer::Lessons,
            Action::Confirm | Action::Reject | Action::Undo => return self.decide(action),
            Action::Export => self.ask_for_path(),
            Action::Switch => self.switch(),
            Action::NextScore => self.grid.score = self.grid.score.cycled(1, self.findings.is_adapted()),
            Action::PreviousScore => self.grid.score = self.grid.score.cycled(-1, self.findings.is_adapted()),
            _ => self.travel(action),
        }
        Vec::new()
    }

    fn act_on_help(&mut self, action: Action) -> Vec<Effect> {
        let Layer::Help(scroll) = &mut self.layer else {
            return Vec::new();
        };
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Help | Action::Dismiss => return self.close(),
            Action::Up => *scroll = scroll.saturating_sub(1),
            Action::Down => *scroll += 1,
            Action::PageUp => *scroll = scroll.saturating_sub(10),
            Action::PageDown => *scroll += 10,
            Action::First | Action::RowStart => *scroll = 0,
            Action::Last | Action::RowEnd => *scroll = usize::MAX,
            _ => {}
        }
        *scroll = (*scroll).min(self.view.help_end);
        Vec::new()
    }

    fn close(&mut self) -> Vec<Effect> {
        self.layer = Layer::None;
        Vec::new()
    }

    /// Actions that change the place.
    fn travel(&mut self, action: Action) {
        let Self {
            findings,
            place,
            pairs,
            grid,
            view,
            review,
            ..
        } = self;
        match action {
            Action::First => {
                pairs.skipped = 0;
                *place = Place::default();
            }
            Action::Last => {
                pairs.skipped = 0;
                place.go(findings, Side::Target, usize::MAX);
                place.go(findings, Side::Source, usize::MAX);
            }
            Action::NextBead | Action::PreviousBead | Action::LeastCertain | Action::ToPath
                if findings.alignment().is_none() =>
            {
                self.notice = Some(Notice::Problem(
                    "there are no beads before the alignment is done".into(),
                ));
            }
            Action::LeastCertain => {
                pairs.skipped = 0;
                match review.next(findings, place.bead(findings)) {
                    Some(bead) => place.go_to_bead(findings, bead),
                    None => self.notice = Some(Notice::Done("every bead has been decided about".into())),
                }
            }
            Action::NextBead => pairs.step(place, findings, 1),
            Action::PreviousBead => pairs.step(place, findings, -1),
            _ => {
                let _ = match self.mode {
                    Mode::Grid => grid.act(action, place, &view.grid, findings),
                    Mode::Pairs => pairs.act(action, place, &view.pairs, findings),
                };
            }
        }
    }

    fn switch(&mut self) {
        self.pairs.skipped = 0;
        self.mode = match self.mode {
            Mode::Grid => Mode::Pairs,
            Mode::Pairs => Mode::Grid,
        };
    }

    fn cancel(&mut self) -> Vec<Effect> {
        if self.job.is_running() {
            vec![Effect::Cancel]
        } else {
            Vec::new()
        }
    }

    fn restart(&mut self) -> Vec<Effect> {
        if self.job.is_running() {
            self.notice = Some(Notice::Problem("the job is still running; cancel it first".into()));
            return Vec::new();
        }
        self.start()
    }

    fn ask_for_path(&mut self) {
        if self.findings.alignment().is_none() {
            self.notice = Some(Notice::Problem(
                "there is nothing to export before the alignment is done".into(),
            ));
            return;
        }
        self.layer = Layer::Export(Prompt::new(self.suggestion.clone()));
    }

    fn export_to(&mut self, path: String) -> Vec<Effect> {
        if path.is_empty() {
            self.notice = Some(Notice::Problem("nothing was written: no file was named".into()));
            return Vec::new();
        }
        vec![Effect::Export {
            path: path.into(),
            overwrite: false,
        }]
    }
}
