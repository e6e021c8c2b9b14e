//! Gold sets on disk: a folder with `src.txt`, `tgt.txt` (one sentence a line), `gold.txt` (one bead a line, as Vecalign
//! writes them) and, where the gold is not exact, `meta.json` with `"kind": "block"`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::align::{GoldBead, GoldKind};
use crate::document::{self, Document, ReadError, ReadOptions};
use crate::export::{LinkError, vecalign};

/// Two documents and the beads that people put between them.
#[derive(Debug, Clone)]
pub struct GoldSet {
    /// Name of the folder.
    pub name: String,
    /// The document translated from.
    pub source: Document,
    /// The document translated to.
    pub target: Document,
    /// The gold beads, indexes rising within a bead.
    pub beads: Vec<GoldBead>,
    /// What a gold bead means.
    pub kind: GoldKind,
}

/// Why a gold set or a file of beads could not be used.
#[derive(Debug, thiserror::Error)]
pub enum GoldError {
    /// A text could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file could not be opened.
    #[error("{path:?} could not be read: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A line is no bead.
    #[error("{path:?}: {source}")]
    Bead {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: LinkError,
    },
    /// The description is not what it should be.
    #[error("{path:?} is not a description of a gold set: {source}")]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// A bead names a sentence that is not there.
    #[error("{path:?} speaks of sentence {index}, but the {side} has {count}")]
    Outside {
        /// The file of beads.
        path: PathBuf,
        /// `source` or `target`.
        side: &'static str,
        /// The index, from 0.
        index: usize,
        /// Sentences of that side.
        count: usize,
    },
}

#[derive(Deserialize, Default)]
struct Description {
    #[serde(default)]
    kind: String,
    src: Option<String>,
    tgt: Option<String>,
}

impl GoldSet {
    /// Reads the set in `folder`.
    ///
    /// # Errors
    /// When a file is missing or is not what it should be; the error names it.
    pub fn open(folder: &Path) -> Result<Self, GoldError> {
        let description = describe(&folder.join("meta.json"))?;
        let side = |name: &str, language: Option<String>| {
            let options = ReadOptions {
                sentences: true,
                language,
                ..ReadOptions::default()
            };
            document::read(&folder.join(name), &options)
        };
        let (source, target) = (side("src.txt", description.src)?, side("tgt.txt", description.tgt)?);
        let beads = beads(&folder.join("gold.txt"), source.segments.len(), target.segments.len())?;
        let kind = if description.kind == "block" {
            GoldKind::Block
        } else {
            GoldKind::Exact
        };
        let name = folder
            .file_name()
            .unwrap_or(folder.as_os_str())
            .to_string_lossy()
            .into_owned();
        Ok(Self {
            name,
            source,
            target,
            beads,
            kind,
        })
    }

    /// What the set's relatives share: its name up to the first `-`, without a number at its end.
    pub fn family(&self) -> &str {
        let first = self.name.split('-').next().unwrap_or_default();
        first.trim_end_matches(|character: char| character.is_ascii_digit())
    }
}

/// Reads beads as Vecalign writes them, for documents of `n` and `m` segments.
///
/// # Errors
/// When the file is missing, a line is no bead, or a bead names a segment that is not there.
pub fn beads(path: &Path, n: usize, m: usize) -> Result<Vec<GoldBead>, GoldError> {
    let text = read(path)?;
    let links = vecalign::read(&text).map_err(|source| GoldError::Bead {
        path: path.into(),
        source,
    })?;
    let mut beads = Vec::with_capacity(links.len());
    for mut link in links {
        for (side, indexes, count) in [("source", &mut link.source, n), ("target", &mut link.target, m)] {
            indexes.sort_unstable();
            if let Some(&index) = indexes.last().filter(|&&index| index >= count) {
                return Err(GoldError::Outside {
                    path: path.into(),
                    side,
                    index,
                    count,
                });
            }
        }
        beads.push((link.source, link.target));
    }
    Ok(beads)
}

fn describe(path: &Path) -> Result<Description, GoldError> {
    if !path.exists() {
        return Ok(Description::default());
    }
    serde_json::from_str(&read(path)?).map_err(|source| GoldError::Description {
        path: path.into(),
        source,
    })
}

fn read(path: &Path) -> Result<String, GoldError> {
    fs::read_to_string(path).map_err(|source| GoldError::Io {
        path: path.into(),
        source,
    })
}
