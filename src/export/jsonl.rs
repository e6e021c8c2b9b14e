//! JSON lines: one bead a line, with nothing lost. Segments stay apart, and the texts are exactly those of the documents.
//!
//! `{"source_ids":[0,1],"target_ids":[0],"source":["Yes.","No."],"target":["Oui, non."],"score":0.8,"probability":0.9}`
//!
//! Where it was asked for, `"runner_up":{"probability":0.07,"beads":[[[0],[0]],[[1],[]]]}` follows: the next best reading.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::Bitext;
use crate::align::{Bead, RunnerUp};
use crate::document::Document;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// 0-based numbers of the source segments.
    pub source_ids: Vec<usize>,
    /// 0-based numbers of the target segments.
    pub target_ids: Vec<usize>,
    /// Texts of the source segments.
    pub source: Vec<String>,
    /// Texts of the target segments.
    pub target: Vec<String>,
    /// Cosine, -1 to 1; 0 for a null bead.
    pub score: f32,
    /// Posterior probability of the bead, 0 to 1.
    pub probability: f32,
    /// The next best reading, where it was asked for and there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<OtherReading>,
}

/// Another reading of a bead's segments, and perhaps of its neighbours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherReading {
    /// Probability of exactly these beads, given that everything around stays as it is, 0 to 1.
    pub probability: f32,
    /// The beads instead, as numbers of source and of target segments.
    pub beads: Vec<(Vec<usize>, Vec<usize>)>,
}

impl From<&RunnerUp> for OtherReading {
    fn from(other: &RunnerUp) -> Self {
        let ids = |bead: &Bead| (bead.source.clone().collect(), bead.target.clone().collect());
        Self {
            probability: other.probability,
            beads: other.beads.iter().map(ids).collect(),
        }
    }
}

/// A line that is no bead.
#[derive(Debug, thiserror::Error)]
#[error("line {line} does not hold a bead: {reason}")]
pub struct JsonlError {
    /// 1-based number of the line.
    pub line: usize,
    /// What the JSON parser found.
    pub reason: serde_json::Error,
}

/// Writes every bead, null beads too.
///
/// # Errors
/// What `out` reports.
pub fn write(bitext: &Bitext<'_>, out: &mut impl Write) -> io::Result<()> {
    write_with(bitext, |_| None, out)
}

/// Writes every bead with its next best reading, as `runner_up` finds it.
///
/// # Errors
/// What `out` reports.
pub fn write_with<'a>(
    bitext: &Bitext<'_>,
    runner_up: impl Fn(&Bead) -> Option<&'a RunnerUp>,
    out: &mut impl Write,
) -> io::Result<()> {
    for bead in bitext.beads {
        let record = Record {
            runner_up: runner_up(bead).map(OtherReading::from),
            ..record(bitext, bead)
        };
        serde_json::to_writer(&mut *out, &record)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn record(bitext: &Bitext<'_>, bead: &Bead) -> Record {
    let texts = |document: &Document, ids: &[usize]| -> Vec<String> {
        ids.iter()
            .filter_map(|&id| document.segments.get(id))
            .map(|segment| segment.text.clone())
            .collect()
    };
    let (source_ids, target_ids): (Vec<usize>, Vec<usize>) =
        (bead.source.clone().collect(), bead.target.clone().collect());
    Record {
        source: texts(bitext.source, &source_ids),
        target: texts(bitext.target, &target_ids),
        source_ids,
        target_ids,
        score: bead.score,
        probability: bead.posterior,
        runner_up: None,
    }
}

/// Reads the beads back; blank lines are passed over.
///
/// # Errors
/// With the number of the first line that holds none.
pub fn read(text: &str) -> Result<Vec<Record>, JsonlError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| serde_json::from_str(line).map_err(|reason| JsonlError { line: at + 1, reason }))
        .collect()
}
