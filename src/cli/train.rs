//! `enface train-aligner`: learns the aligner's weights from gold alignments.

use std::path::PathBuf;

use clap::Args;

use super::encoder::EncoderArgs;
use super::gold::{Embedded, open};
use crate::align::train::train;
use crate::export::file::{self, Existing};

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    /// Folders with src.txt, tgt.txt and gold.txt
    #[arg(required = true, value_name = "DIR")]
    sets: Vec<PathBuf>,
    /// File to write the weights to
    #[arg(short, long, value_name = "FILE", default_value = "aligner.toml")]
    output: PathBuf,
    /// Replace the output file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    encoder: EncoderArgs,
}

impl TrainArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let sets = open(&self.sets)?;
        let model = self.encoder.load()?;
        let embedded = sets
            .iter()
            .map(|set| Embedded::new(set, model.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        let texts: Vec<_> = embedded.iter().map(Embedded::vectors).collect();
        let pairs: Vec<_> = embedded
            .iter()
            .zip(&texts)
            .map(|(set, vectors)| set.gold_pair(vectors))
            .collect();
        let weights = train(&pairs, &mut ())?;
        let existing = if self.force { Existing::Replace } else { Existing::Keep };
        Ok(file::write(&self.output, existing, |out| {
            out.write_all(weights.to_toml().as_bytes())
        })?)
    }
}
