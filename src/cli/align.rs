//! `enface align`: the main job without the screen.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, ValueEnum};

use super::adapt::LearningArgs;
use super::bar::Bar;
use super::encoder::EncoderArgs;
use super::output::OutputArgs;
use super::pair::PairArgs;
use super::pins;
use crate::align::{MAX_BEAD, MovedBlock, with_moved};
use crate::export::Format;
use crate::pipeline::{self, Learning};

#[derive(Debug, Args)]
pub(super) struct AlignArgs {
    #[command(flatten)]
    pair: PairArgs,
    #[command(flatten)]
    encoder: EncoderArgs,
    #[command(flatten)]
    learning: LearningArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Beads that stand, or must not: a file in vecalign or ladder form, or one of decisions from the screen
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
    /// Segments of both sides in one bead, at most; 2 to 16
    #[arg(long, value_name = "N", default_value_t = MAX_BEAD)]
    max_bead: usize,
    /// What to do with passages that stand elsewhere in the other document, such as swapped chapters
    #[arg(long, value_name = "WHAT", default_value = "suggest")]
    moves: Moves,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Moves {
    /// Say where they are, and leave them unaligned
    Suggest,
    /// Align them too; the beads then cross
    Accept,
    /// Do not look for them
    Ignore,
}

impl AlignArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        // Better told now than after the work.
        self.output.check()?;
        let crossing = self.moves == Moves::Accept;
        ensure!(
            !crossing || self.output.format() != Format::Ladder,
            "a ladder cannot hold moved passages: choose another --format, such as vecalign"
        );
        let pins = self
            .pins
            .as_deref()
            .map(|path| pins::read(path, self.max_bead))
            .transpose()?;
        let learning = Learning {
            pins: pins.unwrap_or_default(),
            max_bead: self.max_bead,
            ..self.learning.learning()?
        };
        let mut bar = Bar::new();
        bar.moves = self.moves != Moves::Ignore;
        bar.runners_up = self.output.json;
        let outcome = pipeline::run(&self.pair.job(), &self.encoder.source(), learning, &mut bar);
        bar.clear();
        let outcome = outcome?;
        let beads = if crossing {
            with_moved(&outcome.alignment, &outcome.moved)
        } else {
            suggest(&outcome.moved);
            outcome.alignment.beads.clone()
        };
        self.output.write(&outcome, &beads)
    }
}

/// Says which passages seem to have been moved, in numbers of segments from 1 as people count them.
fn suggest(blocks: &[MovedBlock]) {
    let mut err = io::stderr().lock();
    // When standard error is gone there is nobody left to tell.
    for block in blocks {
        let _ = writeln!(
            err,
            "enface: source segments {}-{} seem to stand at target segments {}-{} ({:.0}%); --moves accept aligns them",
            block.source.start + 1,
            block.source.end,
            block.target.start + 1,
            block.target.end,
            100.0 * block.probability,
        );
    }
}
