//! `enface cache`: what is kept of vectors, and its end.

use std::io::{self, Write};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use indicatif::{HumanBytes, HumanCount};

use super::encoder;
use crate::embed::cache::Cache;

#[derive(Debug, Args)]
pub(super) struct CacheArgs {
    #[command(subcommand)]
    command: Option<CacheCommand>,
}

#[derive(Debug, Subcommand)]
enum CacheCommand {
    /// Delete all vectors
    Clear,
}

impl CacheArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let cache = encoder::vectors()
            .context("there is no folder for caches on this machine; name one in the variable ENFACE_CACHE")?;
        let mut out = io::stdout().lock();
        match self.command {
            None => list(&cache, &mut out)?,
            Some(CacheCommand::Clear) => {
                let bytes = cache
                    .clear()
                    .with_context(|| format!("{} could not be cleared", cache.folder().display()))?;
                writeln!(out, "{} deleted from {}", HumanBytes(bytes), cache.folder().display())?;
            }
        }
        Ok(())
    }
}

fn list(cache: &Cache, out: &mut dyn Write) -> io::Result<()> {
    let holdings = cache.holdings();
    for holding in &holdings {
        // The name was read from a file.
        let model = holding.model.escape_debug();
        let (vectors, bytes) = (HumanCount(holding.vectors), HumanBytes(holding.bytes));
        writeln!(out, "{model}: {vectors} vectors, {bytes}")?;
    }
    let total = holdings.iter().map(|holding| holding.bytes).sum();
    let limit = HumanBytes(cache.limit());
    writeln!(
        out,
        "{} holds {} of at most {limit}",
        cache.folder().display(),
        HumanBytes(total)
    )
}
