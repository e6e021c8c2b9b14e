//! `enface align`: the main job without the screen.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::adapt::LearningArgs;
use super::bar::Bar;
use super::encoder::EncoderArgs;
use super::pair::PairArgs;
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
        let learning = self.learning.learning()?;
        let mut bar = Bar::new();
        let outcome = pipeline::run(&self.pair.job(), &self.encoder.source(), learning, &mut bar);
        bar.clear();
        write(&outcome?, format, &self.output, existing)
    }
}

fn write(outcome: &Outcome, format: Format, output: &Path, existing: Existing) -> anyhow::Result<()> {
    let bitext = export::Bitext {
        source: &outcome.bitext.source,
        target: &outcome.bitext.target,
        beads: &outcome.alignment.beads,
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
