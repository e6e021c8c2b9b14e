//! Writing alignments in the forms that other tools read, and reading back those that can be opened again.
//!
//! A [`Format`] writes to any [`Write`]; [`file::write`] puts the result on disk. [`moses`] stands apart: it makes two files, and [`numpy`]: it writes vectors.

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use crate::align::Bead;
use crate::document::Document;

pub mod csv;
mod field;
pub mod file;
pub mod jsonl;
pub mod ladder;
mod link;
pub mod moses;
pub mod numpy;
pub mod tmx;
pub mod tsv;
pub mod vecalign;

pub use link::{Link, LinkError};

/// Two documents and the beads between them: what is exported.
#[derive(Debug, Clone, Copy)]
pub struct Bitext<'a> {
    /// The source document.
    pub source: &'a Document,
    /// The target document.
    pub target: &'a Document,
    /// The beads to write, in document order.
    pub beads: &'a [Bead],
}

/// Which number stands with a bead where a format has room for one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// The cosine of its runs' vectors, or what follows from it.
    Cosine,
    /// Its posterior probability.
    Posterior,
}

/// A format that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Tab-separated texts with scores and ids: see [`tsv`].
    Tsv,
    /// Comma-separated values for spreadsheets: see [`csv`].
    Csv,
    /// Translation memory exchange: see [`tmx`].
    Tmx,
    /// One JSON object a bead: see [`jsonl`].
    Jsonl,
    /// Lists of sentence indexes: see [`vecalign`].
    Vecalign,
    /// Pairs of sentence counts: see [`ladder`].
    Ladder,
}

impl Format {
    /// Every format, the commonest first.
    pub const ALL: [Self; 6] = [
        Self::Tsv,
        Self::Vecalign,
        Self::Tmx,
        Self::Csv,
        Self::Jsonl,
        Self::Ladder,
    ];

    /// Name as the user types it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tsv => "tsv",
            Self::Vecalign => "vecalign",
            Self::Ladder => "ladder",
            Self::Csv => "csv",
            Self::Tmx => "tmx",
            Self::Jsonl => "jsonl",
        }
    }

    /// Usual ending of a file's name, without the dot.
    pub const fn extension(self) -> &'static str {
        self.name()
    }

    /// The format that a file's ending asks for; upper and lower case are the same.
    pub fn of_path(path: &Path) -> Option<Self> {
        path.extension()?.to_str()?.parse().ok()
    }

    /// Writes `bitext` in this format.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write(self, bitext: &Bitext<'_>, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Tsv => tsv::write(bitext, out),
            Self::Vecalign => vecalign::write(bitext.beads, Number::Cosine, out),
            Self::Ladder => ladder::write(bitext.beads, Number::Cosine, out),
            Self::Csv => csv::write(bitext, csv::Options::default(), out),
            Self::Tmx => tmx::write(bitext, out),
            Self::Jsonl => jsonl::write(bitext, out),
        }
    }
}

/// Not the name of a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not an export format: use one of {}", Format::ALL.map(Format::name).join(", "))]
pub struct UnknownFormat {
    /// What was given.
    pub name: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name));
        named.ok_or_else(|| UnknownFormat { name: name.to_owned() })
    }
}
