//! Learning from the pair, as it is asked for on the command line, and `enface adapt`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};

use super::bar::Bar;
use super::encoder::EncoderArgs;
use super::pair::PairArgs;
use super::pins;
use crate::align::MAX_BEAD;
use crate::export::file::{self, Existing};
use crate::pipeline::{self, Adapt, Learning};
use crate::space::Adapter;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// Learn, unless the documents are very long
    Auto,
    /// Learn from the beads that the aligner believes
    #[value(name = "self")]
    SelfTraining,
    /// Take the encoder as it is
    Off,
}

/// Learning from the pair.
#[derive(Debug, Args)]
pub(super) struct LearningArgs {
    /// Whether to learn from the two documents themselves: what their words say, and how much that counts
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto")]
    adapt: Choice,
    /// Begin with what another pair taught, a file that `enface adapt` wrote
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
}

impl LearningArgs {
    /// What is asked for, with the adapter read.
    pub(super) fn learning(&self) -> anyhow::Result<Learning> {
        let adapt = match self.adapt {
            Choice::Auto => Adapt::Auto,
            Choice::SelfTraining => Adapt::SelfTraining,
            Choice::Off => Adapt::Off,
        };
        Ok(Learning {
            adapt,
            adapter: self.adapter.as_deref().map(read).transpose()?,
            ..Learning::default()
        })
    }
}

fn read(path: &Path) -> anyhow::Result<Arc<Adapter>> {
    let bytes = fs::read(path).with_context(|| format!("{} could not be read", path.display()))?;
    let adapter = Adapter::from_bytes(&bytes).with_context(|| format!("{} cannot be used", path.display()))?;
    Ok(Arc::new(adapter))
}

#[derive(Debug, Args)]
pub(super) struct AdaptArgs {
    #[command(flatten)]
    pair: PairArgs,
    #[command(flatten)]
    encoder: EncoderArgs,
    /// Begin with what another pair taught, a file that this command wrote
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    /// Beads that are right, one a line as Vecalign writes them, or a file of decisions; they count more than others
    #[arg(long, value_name = "FILE")]
    gold: Option<PathBuf>,
    /// File to write what was learned to; it holds words of the documents
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
}

impl AdaptArgs {
    /// `enface adapt`: learns from a pair for the next one.
    pub(super) fn run(self) -> anyhow::Result<()> {
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        // Better told now than after the work.
        file::check(&self.output, existing)?;
        let gold = self.gold.as_deref().map(|path| pins::read(path, MAX_BEAD));
        let learning = Learning {
            adapt: Adapt::SelfTraining,
            adapter: self.adapter.as_deref().map(read).transpose()?,
            pins: gold.transpose()?.unwrap_or_default(),
            ..Learning::default()
        };
        let mut bar = Bar::new();
        let outcome = pipeline::run(&self.pair.job(), &self.encoder.source(), learning, &mut bar);
        bar.clear();
        let adapter = outcome?.adapter;
        ensure!(
            adapter.is_some(),
            "nothing was written, because this pair teaches nothing: it has too few beads that are sure, or the encoder \
             ranks them as well alone"
        );
        let bytes = adapter
            .map(|adapter| adapter.to_bytes())
            .transpose()?
            .unwrap_or_default();
        Ok(file::write(&self.output, existing, |out| out.write_all(&bytes))?)
    }
}
