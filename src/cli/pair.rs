//! The two documents, as they are named on the command line.

use std::path::PathBuf;

use clap::Args;

use crate::document::ReadOptions;
use crate::pipeline::{Input, Job};

#[derive(Debug, Args)]
pub(super) struct PairArgs {
    /// Document translated from: UTF-8 text with paragraphs
    source: PathBuf,
    /// Document translated to
    target: PathBuf,
    /// Take every line as one sentence instead of splitting paragraphs
    #[arg(long)]
    sentences: bool,
    /// Language of SOURCE, as a tag such as `de`; guessed from the text when left out
    #[arg(long, value_name = "TAG")]
    from: Option<String>,
    /// Language of TARGET
    #[arg(long, value_name = "TAG")]
    to: Option<String>,
}

impl PairArgs {
    /// A file beside the source document that an export may go to.
    pub(super) fn suggested_export(&self) -> PathBuf {
        self.source.with_extension("aligned.tsv")
    }

    pub(super) fn job(self) -> Job {
        let input = |path, language| {
            let options = ReadOptions {
                sentences: self.sentences,
                language,
                ..ReadOptions::default()
            };
            Box::new(Input { path, options })
        };
        Job::Files {
            source: input(self.source, self.from),
            target: input(self.target, self.to),
        }
    }
}
