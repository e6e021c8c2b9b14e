//! The command line: what can be typed, and which part of the program answers.

mod align;
mod bar;
mod eval;
mod gold;
mod open;
mod pair;
mod train;

use std::path::Path;

use clap::{Parser, Subcommand};

use crate::pipeline::Job;

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
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the bundled sample pair
    Demo,
    /// Align two documents without the screen and write the beads to a file
    Align(align::AlignArgs),
    /// Align gold sets and print how good the result is
    Eval(eval::EvalArgs),
    /// Learn the aligner's weights from gold sets
    TrainAligner(train::TrainArgs),
}

impl Cli {
    /// Does what the command line asks for.
    ///
    /// # Errors
    /// Whatever went wrong, as a sentence for the user with its causes behind it.
    pub fn run(self) -> anyhow::Result<()> {
        match (self.command, self.pair) {
            (Some(Command::Demo), _) => open::open(Job::Sample, Path::new("canterville.tsv")),
            (Some(Command::Align(args)), _) => args.run(),
            (Some(Command::Eval(args)), _) => args.run(),
            (Some(Command::TrainAligner(args)), _) => args.run(),
            (None, Some(pair)) => {
                let suggestion = pair.suggested_export();
                open::open(pair.job(), &suggestion)
            }
            (None, None) => Ok(()),
        }
    }
}
