//! The state of the program and how it changes: `update(message) -> effects`, without threads, files or clock.

pub mod encoder;
mod export;
pub mod findings;
pub mod grid;
mod help;
pub mod job;
pub mod lens;
pub mod moves;
pub mod pairs;
pub mod picker;
pub mod place;
mod pointer;
pub mod prompt;
mod reports;
pub mod review;
pub mod score;

use std::path::PathBuf;

use ratatui::layout::{Position, Rect};

use crate::action::Action;
use crate::embed::coverage::Uncovered;
use crate::embed::models::ModelSpec;
use crate::keymap::Context;
use crate::pipeline::{Decided, Side};
use crate::review::Decisions;
use crate::worker::{Event, Report};

use encoder::Encoder;
use findings::Findings;
use grid::Grid;
use job::{Job, Phase};
use lens::Lens;
use moves::Moves;
use pairs::Pairs;
use picker::Picker;
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
    /// The list of models.
    Models(Picker),
    /// Whether to download that model.
    Download(ModelSpec),
}

/// A sentence for the status line, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// Something went as it should.
    Done(String),
    /// Something did not.
    Problem(String),
    /// The model does not know a document's language.
    Uncovered(Uncovered),
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
    /// Start to download a model, under this number.
    Fetch(u64, ModelSpec),
    /// Stop the download.
    CancelFetch,
    /// Look up which models there are.
    Survey,
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
    /// The encoder of the pair.
    pub encoder: Encoder,
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
    /// Passages that stand elsewhere.
    pub moves: Moves,
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
    numbers: u64,
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
            (Layer::Models(_), _) => Context::Models,
            (Layer::Overwrite(_) | Layer::Download(_), _) => Context::Question,
            (Layer::None, Mode::Grid) => Context::Grid,
            (Layer::None, Mode::Pairs) => Context::Pairs,
        }
    }

    /// Starts the next job.
    pub fn start(&mut self) -> Vec<Effect> {
        self.job = Job {
            generation: self.next_number(),
            phase: Phase::Running(None),
        };
        vec![Effect::Start(self.job.generation)]
    }

    /// Takes a message in and says what is to be done about it.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Action(action) => self.act(action),
            Message::Text(text) => {
                match &mut self.layer {
                    Layer::Export(prompt) => prompt.insert(&text),
                    Layer::Models(picker) => picker.insert(&text),
                    _ => {}
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
            Message::Report(report) if self.encoder.is_fetch(report.generation) => self.hear_fetch(report.event),
            Message::Report(Report { generation, event })
                if generation == self.job.generation || matches!(event, Event::Shelf(_)) =>
            {
                self.hear(event)
            }
            Message::Report(_) => Vec::new(),
            Message::Tick => {
                self.ticks = self.ticks.wrapping_add(1);
                Vec::new()
            }
        }
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        self.notice = None;
        match &self.layer {
            Layer::None => self.act_on_mode(action),
            Layer::Help(_) => self.act_on_help(action),
            Layer::Lessons => self.act_on_lessons(action),
            Layer::Models(_) => self.act_on_models(action),
            Layer::Download(_) => self.answer_download(action),
            Layer::Export(_) => self.act_on_export(action),
            Layer::Overwrite(_) => self.answer_overwrite(action),
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
            Action::TakeMoved => self.take_moved(),
            Action::Models => return self.open_models(),
            Action::Export => self.ask_for_path(),
            Action::Switch => self.switch(),
            Action::NextScore => self.grid.score = self.grid.score.cycled(1, self.findings.is_adapted()),
            Action::PreviousScore => self.grid.score = self.grid.score.cycled(-1, self.findings.is_adapted()),
            _ => self.travel(action),
        }
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

    /// Whether anything goes on in the background.
    pub fn is_busy(&self) -> bool {
        self.job.is_running() || self.encoder.fetching().is_some()
    }

    fn cancel(&mut self) -> Vec<Effect> {
        let effect = match self.encoder.fetching() {
            Some(_) => Effect::CancelFetch,
            None if self.job.is_running() => Effect::Cancel,
            None => return Vec::new(),
        };
        // A silent hub is given some seconds.
        self.notice = Some(Notice::Done("stopping …".into()));
        vec![effect]
    }

    fn restart(&mut self) -> Vec<Effect> {
        if self.job.is_running() {
            self.notice = Some(Notice::Problem("the job is still running; cancel it first".into()));
            return Vec::new();
        }
        self.start()
    }
}
