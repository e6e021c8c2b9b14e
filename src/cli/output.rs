//! Where beads are written to, and in which form.

use std::collections::HashMap;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::align::{Bead, RunnerUp};
use crate::export::file::{self, Existing};
use crate::export::{self, Format, Number, jsonl, ladder, vecalign};
use crate::pipeline::Outcome;
use crate::ui::text::visible;

#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// File to write, or `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Form to write the beads in: tsv, vecalign, tmx, csv, jsonl or ladder; the output file's ending decides when left
    /// out, and tsv is used when that decides nothing
    #[arg(long)]
    format: Option<Format>,
    /// Write JSON lines, each bead with the next best reading of its segments
    #[arg(long, conflicts_with = "format")]
    pub(super) json: bool,
    /// Let a bead's number in vecalign and ladder be its probability in place of cost and cosine
    #[arg(long)]
    posterior: bool,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
}

impl OutputArgs {
    /// Whether the file may be written.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !is_standard_output(&self.output) {
            file::check(&self.output, self.existing())?;
        }
        Ok(())
    }

    fn existing(&self) -> Existing {
        if self.force { Existing::Replace } else { Existing::Keep }
    }

    pub(super) fn format(&self) -> Format {
        if self.json {
            return Format::Jsonl;
        }
        self.format
            .or_else(|| Format::of_path(&self.output))
            .unwrap_or(Format::Tsv)
    }

    /// Writes these beads of the pair.
    pub(super) fn write(&self, outcome: &Outcome, beads: &[Bead]) -> anyhow::Result<()> {
        let bitext = export::Bitext {
            source: &outcome.bitext.source,
            target: &outcome.bitext.target,
            beads,
        };
        if !is_standard_output(&self.output) {
            return Ok(file::write(&self.output, self.existing(), |mut out| {
                self.write_to(outcome, &bitext, &mut out)
            })?);
        }
        if io::stdout().is_terminal() {
            let mut bytes = Vec::new();
            self.write_to(outcome, &bitext, &mut bytes)?;
            return show(&bytes);
        }
        let mut out = BufWriter::new(io::stdout().lock());
        self.write_to(outcome, &bitext, &mut out)?;
        Ok(out.flush()?)
    }

    fn write_to(&self, outcome: &Outcome, bitext: &export::Bitext, out: &mut impl io::Write) -> io::Result<()> {
        let number = if self.posterior {
            Number::Posterior
        } else {
            Number::Cosine
        };
        match self.format() {
            Format::Jsonl if self.json => {
                let others = outcome.alignment.beads.iter().zip(&outcome.runners_up);
                let others: HashMap<(&Range<usize>, &Range<usize>), &RunnerUp> = others
                    .filter_map(|(bead, other)| Some(((&bead.source, &bead.target), other.as_ref()?)))
                    .collect();
                jsonl::write_with(bitext, |bead| others.get(&(&bead.source, &bead.target)).copied(), out)
            }
            Format::Vecalign => vecalign::write(bitext.beads, number, out),
            Format::Ladder => ladder::write(bitext.beads, number, out),
            format => format.write(bitext, out),
        }
    }
}

/// Prints to a terminal, which must not obey what a document says.
fn show(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in String::from_utf8_lossy(bytes).lines() {
        let fields: Vec<_> = line.split('\t').map(visible).collect();
        writeln!(out, "{}", fields.join("\t"))?;
    }
    Ok(out.flush()?)
}

fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}
