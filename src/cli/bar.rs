//! Progress of a headless run: a bar on a terminal, silence elsewhere.

use std::io::{self, Write as _};

use indicatif::{ProgressBar, ProgressStyle};

use crate::embed::coverage::Uncovered;
use crate::embed::cut::Cut;
use crate::pipeline::{Observer, Progress, Stage, Strangers};

/// Draws the pipeline's progress on standard error. Hidden by the library itself when that is no terminal.
pub(super) struct Bar {
    drawn: ProgressBar,
    stage: Option<Stage>,
    /// Whether the run is to look for moved passages.
    pub(super) moves: bool,
    /// Whether it is to look for other readings.
    pub(super) runners_up: bool,
}

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg:10} {wide_bar} {pos}/{len}") {
            bar.set_style(style);
        }
        Self {
            drawn: bar,
            stage: None,
            moves: false,
            runners_up: false,
        }
    }

    pub(super) fn clear(&self) {
        self.drawn.finish_and_clear();
    }
}

impl Observer for Bar {
    fn progress(&mut self, progress: Progress) {
        if self.stage != Some(progress.stage) {
            self.stage = Some(progress.stage);
            self.drawn.set_message(progress.stage.name());
        }
        self.drawn.set_length(progress.total as u64);
        self.drawn.set_position(progress.done as u64);
    }

    fn wants_moves(&self) -> bool {
        self.moves
    }

    fn wants_runners_up(&self) -> bool {
        self.runners_up
    }

    fn cut(&mut self, cut: &Cut) {
        self.drawn.suspend(|| drop(writeln!(io::stderr(), "enface: {cut}")));
    }

    fn strangers(&mut self, strangers: Strangers) {
        self.drawn
            .suspend(|| drop(writeln!(io::stderr(), "enface: {strangers}")));
    }

    fn uncovered(&mut self, gap: &Uncovered) {
        // When standard error is gone there is nobody left to tell.
        self.drawn.suspend(|| drop(writeln!(io::stderr(), "enface: {gap}")));
    }
}
