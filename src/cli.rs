//! The command line: what can be typed, and which part of the program answers.

mod adapt;
mod align;
mod bar;
mod bench;
mod cache;
mod embed;
mod encoder;
mod eval;
mod gold;
mod local;
mod models;
mod open;
mod output;
mod pair;
mod pins;
mod train;

use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::pipeline::{Job, Learning};

/// Explore and align two translated documents in the terminal.
///
/// Opens SOURCE and TARGET, aligns them in the background with a bundled multilingual sentence encoder, and shows a live
/// grid of translation-ranking scores. Nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    pair: Option<pair::PairArgs>,
    #[command(flatten)]
    encoder: encoder::EncoderArgs,
    #[command(flatten)]
    learning: adapt::LearningArgs,
    /// File that decisions about beads are kept in, and read from; beside SOURCE when left out
    #[arg(long, value_name = "FILE")]
    pins: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the bundled sample pair
    Demo(encoder::EncoderArgs),
    /// Align two documents without the screen and write the beads to a file
    Align(align::AlignArgs),
    /// Learn from a pair for the next one by the same translator
    Adapt(adapt::AdaptArgs),
    /// Align gold sets and print how good the result is
    Eval(eval::EvalArgs),
    /// Learn the aligner's weights from gold sets
    TrainAligner(train::TrainArgs),
    /// Embed the lines of a file and write the vectors to another
    Embed(embed::EmbedArgs),
    /// List the encoders: what is known, what is on this machine, languages, licences; download and delete them
    Models(models::ModelsArgs),
    /// Show what is kept of vectors, or delete it
    Cache(cache::CacheArgs),
    /// Measure how good an encoder is
    Bench(bench::BenchArgs),
}

impl Cli {
    /// Does what the command line asks for.
    ///
    /// # Errors
    /// Whatever went wrong, as a sentence for the user with its causes behind it.
    pub fn run(self) -> anyhow::Result<()> {
        match (self.command, self.pair) {
            (Some(Command::Demo(encoder)), _) => open::open(open::Opening {
                job: Job::Sample,
                model: encoder.source(),
                learning: Learning::default(),
                suggestion: Path::new("canterville.tsv"),
                pins: None,
            }),
            (Some(Command::Align(args)), _) => args.run(),
            (Some(Command::Adapt(args)), _) => args.run(),
            (Some(Command::Eval(args)), _) => args.run(),
            (Some(Command::TrainAligner(args)), _) => args.run(),
            (Some(Command::Embed(args)), _) => args.run(),
            (Some(Command::Models(args)), _) => args.run(),
            (Some(Command::Cache(args)), _) => args.run(),
            (Some(Command::Bench(args)), _) => args.run(),
            (None, Some(pair)) => {
                let suggestion = pair.suggested_export();
                let pins = self.pins.unwrap_or_else(|| pair.pins());
                open::open(open::Opening {
                    job: pair.job(),
                    model: self.encoder.source(),
                    learning: self.learning.learning()?,
                    suggestion: &suggestion,
                    pins: Some(pins),
                })
            }
            (None, None) => Self::command()
                .error(
                    ErrorKind::MissingRequiredArgument,
                    "two documents are needed: SOURCE and TARGET",
                )
                .exit(),
        }
    }
}
