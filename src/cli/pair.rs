//! The two documents, as they are named on the command line.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::document::ReadOptions;
use crate::pipeline::{Input, Job};

// Nothing is flattened into it: clap would not see it as given where it is optional.
#[derive(Debug, Args)]
pub(super) struct PairArgs {
    /// Document translated from: plain text, subtitles (SRT, VTT), HTML, EPUB, DOCX or ODT
    source: PathBuf,
    /// Document translated to
    target: PathBuf,
    /// Take every line as one sentence instead of splitting paragraphs
    #[arg(long)]
    sentences: bool,
    /// Language of SOURCE, as a tag such as `de`; guessed from the text when left out
    #[arg(long, value_name = "TAG", value_parser = language_tag)]
    from: Option<String>,
    /// Language of TARGET
    #[arg(long, value_name = "TAG", value_parser = language_tag)]
    to: Option<String>,
    /// Encoding of SOURCE, such as `windows-1252`; found out from the bytes when left out
    #[arg(long, value_name = "NAME")]
    from_encoding: Option<String>,
    /// Encoding of TARGET
    #[arg(long, value_name = "NAME")]
    to_encoding: Option<String>,
}

/// A BCP 47 tag begins with a language of two or three letters; a name such as `german` would silently do nothing.
fn language_tag(tag: &str) -> Result<String, String> {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let well_formed = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if well_formed {
        Ok(tag.to_owned())
    } else {
        Err("a language tag such as de, ja or zh-TW is needed".to_owned())
    }
}

impl PairArgs {
    /// A file beside the source document that an export may go to.
    pub(super) fn suggested_export(&self) -> PathBuf {
        self.source.with_extension("aligned.tsv")
    }

    /// A file beside the source document that holds decisions about the beads of this pair.
    pub(super) fn pins(&self) -> PathBuf {
        let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = format!("{}+{}.pins", stem(&self.source), stem(&self.target));
        self.source.with_file_name(name)
    }

    pub(super) fn job(self) -> Job {
        let input = |path, language, encoding| {
            let options = ReadOptions {
                sentences: self.sentences,
                language,
                encoding,
                ..ReadOptions::default()
            };
            Box::new(Input { path, options })
        };
        Job::Files {
            source: input(self.source, self.from, self.from_encoding),
            target: input(self.target, self.to, self.to_encoding),
        }
    }
}
