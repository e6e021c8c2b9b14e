//! `enface models pull`: an encoder from the hub onto this machine.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use super::confirm;
use crate::cli::encoder;
use crate::embed::hub::{HubError, Offer};
use crate::embed::models::ModelSpec;
use crate::embed::transformer;
use crate::monitor::Cancelled;

#[derive(Debug, Args)]
pub(super) struct PullArgs {
    /// A name that `enface models` lists, or OWNER/NAME[@REVISION] as on the hub
    #[arg(value_name = "MODEL", value_parser = ModelSpec::parse)]
    model: ModelSpec,
    /// Download without asking
    #[arg(short, long)]
    yes: bool,
}

impl PullArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let name = self.model.to_string();
        let (repository, revision) = match &self.model {
            ModelSpec::Bundled => bail!("{name} is in the program; there is nothing to download"),
            ModelSpec::Folder(_) => bail!("{name} is a folder on this machine; there is nothing to download"),
            ModelSpec::Hub { repository, revision } => (repository, revision),
        };
        let (hub, remote) = (encoder::hub(), encoder::remote());
        let offer = hub.offer(&remote, repository, revision)?;
        if !self.yes && offer.here() < offer.total() && !confirm(&question(&name, &offer))? {
            bail!("nothing was downloaded");
        }
        let stop = interruption().context("signals cannot be watched")?;
        let bar = bar(offer.total());
        let mut monitor = |done: usize, _total: usize| {
            bar.set_position(done as u64);
            if stop.load(Ordering::Relaxed) {
                Err(Cancelled)
            } else {
                Ok(())
            }
        };
        let outcome = hub.pull(&remote, &offer, &transformer::check, &mut monitor);
        let done = bar.position();
        bar.finish_and_clear();
        match outcome {
            Ok(_) => Ok(writeln!(io::stdout(), "{name} is on this machine now: --model {name}")?),
            Err(HubError::Cancelled(_)) => Err(anyhow!(
                "stopped with {} of {} on this machine; the same command goes on from there",
                HumanBytes(done),
                HumanBytes(offer.total())
            )),
            Err(error) => Err(error.into()),
        }
    }
}

fn question(name: &str, offer: &Offer) -> String {
    let missing = HumanBytes(offer.total() - offer.here());
    let rest = if offer.here() > 0 {
        format!(" that are missing of {}", HumanBytes(offer.total()))
    } else {
        String::new()
    };
    format!("{name}: download the {missing}{rest} from {}?", offer.host())
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Becomes true when somebody wants the program to end. Who asks twice gets it at once.
fn interruption() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}
