//! Whether to learn from the pair, as it is said on the command line.

use clap::{Args, ValueEnum};

use crate::pipeline::Adapt;

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
pub(super) struct AdaptArg {
    /// Whether to learn from the two documents themselves: what their words say, and how much that counts
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto")]
    adapt: Choice,
}

impl AdaptArg {
    pub(super) fn adapt(&self) -> Adapt {
        match self.adapt {
            Choice::Auto => Adapt::Auto,
            Choice::SelfTraining => Adapt::SelfTraining,
            Choice::Off => Adapt::Off,
        }
    }
}
