//! `enface align`: the main job without the screen.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::{Args, ValueEnum};

use super::adapt::LearningArgs;
use super::bar::Bar;
use super::encoder::EncoderArgs;
use super::pair::PairArgs;
use crate::align::{Bead, MovedBlock, with_moved};
use crate::export::file::{self, Existing};
use crate::export::{self, Format};
use crate::pipeline::{self, Outcome};
use crate::ui::text::visible;

#[derive(Debug, Args)]
pub(super) struct AlignArgs {
    #[command(flatten)]
    pair: PairArgs,
    #[command(flatten)]
    encoder: EncoderArgs,
    #[command(flatten)]
    learning: LearningArgs,
    /// File to write, or `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Form to write the beads in: tsv, vecalign, tmx, csv, jsonl or ladder; the output file's ending decides when left
    /// out, and tsv is used when that decides nothing
    #[arg(long)]
    format: Option<Format>,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
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
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        // Better told now than after the work.
        if !is_standard_output(&self.output) {
            file::check(&self.output, existing)?;
        }
        let format = self
            .format
            .or_else(|| Format::of_path(&self.output))
            .unwrap_or(Format::Tsv);
        let crossing = self.moves == Moves::Accept;
        ensure!(
            !crossing || format != Format::Ladder,
            "a ladder cannot hold moved passages: choose another --format, such as vecalign"
        );
        let learning = self.learning.learning()?;
        let mut bar = Bar::new();
        bar.moves = self.moves != Moves::Ignore;
        let outcome = pipeline::run(&self.pair.job(), &self.encoder.source(), learning, &mut bar);
        bar.clear();
        let outcome = outcome?;
        if !crossing {
            suggest(&outcome.moved);
            return write(&outcome, &outcome.alignment.beads, format, &self.output, existing);
        }
        let beads = with_moved(&outcome.alignment, &outcome.moved);
        write(&outcome, &beads, format, &self.output, existing)
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

fn write(outcome: &Outcome, beads: &[Bead], format: Format, output: &Path, existing: Existing) -> anyhow::Result<()> {
    let bitext = export::Bitext {
        source: &outcome.bitext.source,
        target: &outcome.bitext.target,
        beads,
    };
    if is_standard_output(output) && io::stdout().is_terminal() {
        return show(&bitext, format);
    }
    if is_standard_output(output) {
        let mut out = BufWriter::new(io::stdout().lock());
        format.write(&bitext, &mut out)?;
        return Ok(out.flush()?);
    }
    Ok(file::write(output, existing, |mut out| {
        format.write(&bitext, &mut out)
    })?)
}

/// Prints to a terminal, which must not obey what a document says.
fn show(bitext: &export::Bitext, format: Format) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    format.write(bitext, &mut bytes)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for line in String::from_utf8_lossy(&bytes).lines() {
        let fields: Vec<_> = line.split('\t').map(visible).collect();
        writeln!(out, "{}", fields.join("\t"))?;
    }
    Ok(out.flush()?)
}

fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}
