//! The encoder, as it is named on the command line, and the folders that the environment names.

use std::env;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::Args;
use directories::ProjectDirs;

use super::local;
use crate::embed::cache::{self, Cache};
use crate::embed::hub::{self, Hub, Remote};
use crate::embed::models::ModelSpec;
use crate::embed::{Device, EmbedError, Embedder, ModelSource, Precision};

/// The encoder of a job that is done once.
#[derive(Debug, Clone, Args)]
pub(super) struct ModelArg {
    /// Encoder: a name that `enface models` lists, a folder in the sentence-transformers format, OWNER/NAME[@REVISION]
    /// as on the Hugging Face hub, `laser2`, or NAME:q8 or NAME:q4 for what `enface models quantize` made
    #[arg(long, value_name = "MODEL", value_parser = local::parse)]
    model: Option<ModelSpec>,
    /// Round the encoder's matrices to 8 bits: half the memory and faster, with slightly different vectors. The bundled
    /// encoder stays as it is
    #[arg(long)]
    eight_bit: bool,
    /// Where to compute transformers: cpu, cuda, metal or auto; all but cpu need a program that was built for them
    #[arg(long, value_name = "DEVICE", default_value = "cpu", hide_default_value = true)]
    device: Device,
}

impl ModelArg {
    /// Loads the encoder; no vectors are kept.
    pub(super) fn load(self) -> Result<Box<dyn Embedder>, EmbedError> {
        self.source(None).load()
    }

    fn source(self, cache: Option<Cache>) -> ModelSource {
        ModelSource {
            spec: self.model.unwrap_or_default(),
            precision: if self.eight_bit {
                Precision::EightBit
            } else {
                Precision::Full
            },
            device: self.device,
            hub: hub(),
            cache,
        }
    }
}

/// The encoder of a pair that may be opened again.
#[derive(Debug, Clone, Args)]
pub(super) struct EncoderArgs {
    #[command(flatten)]
    model: ModelArg,
    /// Neither use nor fill the cache of vectors
    #[arg(long)]
    no_cache: bool,
}

impl EncoderArgs {
    pub(super) fn source(self) -> ModelSource {
        let cache = if self.no_cache { None } else { vectors() };
        self.model.source(cache)
    }

    /// Loads the encoder.
    pub(super) fn load(self) -> Result<Box<dyn Embedder>, EmbedError> {
        self.source().load()
    }
}

/// The cache of vectors: in `ENFACE_CACHE`, or in the user's folder of caches if there is one.
pub(super) fn vectors() -> Option<Cache> {
    let named = env::var_os("ENFACE_CACHE").filter(|folder| !folder.is_empty());
    let folder = named
        .map(PathBuf::from)
        .or_else(|| Some(ProjectDirs::from("", "", "enface")?.cache_dir().to_owned()))?;
    Some(Cache::new(&folder, cache::LIMIT, SystemTime::now()))
}

/// Where the hub's tools keep models. Without a home, the current folder stands for it.
pub(super) fn hub() -> Hub {
    Hub::from_environment(path).unwrap_or_else(|| Hub::new("huggingface/hub"))
}

/// The hub itself. Nothing is sent to it yet.
pub(super) fn remote() -> Remote {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    Remote::from_environment(variable, hub::home(path))
}

fn path(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
