//! `enface models remove`: a downloaded encoder off this machine.

use std::io::{self, Write as _};

use anyhow::bail;
use clap::Args;
use indicatif::HumanBytes;

use super::confirm;
use crate::cli::encoder;
use crate::embed::models::ModelSpec;

#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// A name that `enface models` lists, or OWNER/NAME as on the hub
    #[arg(value_name = "MODEL", value_parser = ModelSpec::parse)]
    model: ModelSpec,
    /// Delete without asking
    #[arg(short, long)]
    yes: bool,
}

impl RemoveArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let name = self.model.name();
        let repository = match &self.model {
            ModelSpec::Bundled => bail!("{name} is in the program and cannot be deleted"),
            ModelSpec::Folder(_) => bail!("{name} is a folder of yours; delete it yourself"),
            ModelSpec::Hub { repository, .. } => repository,
        };
        let hub = encoder::hub();
        let there = hub.models().into_iter().filter(|model| model.repository == *repository);
        let (count, bytes) = there.fold((0, 0), |(count, bytes), model| (count + 1, bytes + model.bytes));
        if count == 0 {
            bail!("{name} is not on this machine");
        }
        let all = if count > 1 {
            format!(" in all {count} revisions")
        } else {
            String::new()
        };
        let question = format!(
            "Delete {name}{all}, {}, which other programs may use too?",
            HumanBytes(bytes)
        );
        if !self.yes && !confirm(&question)? {
            bail!("nothing was deleted");
        }
        let freed = hub.remove(repository)?;
        Ok(writeln!(
            io::stdout(),
            "{name} is deleted; that frees {}",
            HumanBytes(freed)
        )?)
    }
}
