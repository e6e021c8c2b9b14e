//! `enface models quantize`: an encoder in 8 or 4 bits.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use clap::Args;
use indicatif::ProgressBar;

use crate::cli::{encoder, local};
use crate::embed::Laser;
use crate::embed::models::ModelSpec;
use crate::embed::transformer::{Bits, quantize};

#[derive(Debug, Args)]
pub(super) struct QuantizeArgs {
    /// A name that `enface models` lists, a folder, or OWNER/NAME[@REVISION] as on the hub
    #[arg(value_name = "MODEL", value_parser = ModelSpec::parse)]
    model: ModelSpec,
    /// Bits of a number: 8, a quarter of the size with almost the same vectors, or 4, an eighth with rougher ones
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u8).range(4..=8))]
    bits: u8,
}

impl QuantizeArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let bits = match self.bits {
            4 => Bits::Four,
            8 => Bits::Eight,
            other => bail!("{other} bits are not supported; 8 and 4 are"),
        };
        let name = self.model.to_string();
        let Some(folder) = self.model.folder(&encoder::hub())? else {
            bail!("{name} is in the program, in a compact form already");
        };
        if Laser::is_in(&folder) {
            bail!("{name} is a LASER2; only transformers have a compact form");
        }
        let suffix = format!("q{}", self.bits);
        let output = local::quantized(&self.model, &suffix)
            .context("there is no folder for models: set ENFACE_MODELS to one")?;
        if output.exists() {
            bail!("{} is there already; delete it to make it again", output.display());
        }
        let bar = ProgressBar::new(0);
        let prompt = self.model.known().and_then(|known| known.prompt);
        let outcome = quantize(&folder, &output, bits, prompt, &mut |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        });
        bar.finish_and_clear();
        outcome?;
        Ok(writeln!(
            io::stdout(),
            "{} holds it now: --model {name}:{suffix}",
            output.display()
        )?)
    }
}
