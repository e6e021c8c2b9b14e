//! The background: what it reports to the screen.

use std::path::PathBuf;
use std::sync::Arc;

use crate::align::Alignment;
use crate::app::lens::Answer;
use crate::embed::Vectors;
use crate::pipeline::{Bitext, Progress, Side};
use crate::rank::Ranking;

/// Something that happened in the background.
#[derive(Debug, Clone)]
pub enum Event {
    /// The current stage went on.
    Progress(Progress),
    /// Both documents are read.
    Documents(Arc<Bitext>),
    /// Vectors of the segments of a side from `first` on.
    Vectors {
        /// The side.
        side: Side,
        /// Segment of the first vector.
        first: usize,
        /// The vectors.
        chunk: Arc<Vectors>,
    },
    /// The pair is ranked.
    Ranking(Arc<Ranking>),
    /// The pair is aligned.
    Alignment(Arc<Alignment>),
    /// The job is done.
    Finished,
    /// The job was stopped as asked.
    Cancelled,
    /// The job ended with this message.
    Failed(String),
    /// A question is answered.
    Answer(Answer),
    /// So many pairs were written to this file.
    Exported(PathBuf, usize),
    /// The file exists, and nobody said that it may be overwritten.
    ExportExists(PathBuf),
    /// The export ended with this message.
    ExportFailed(String),
}

/// An event and the job it belongs to.
#[derive(Debug, Clone)]
pub struct Report {
    /// Number of the job.
    pub generation: u64,
    /// What happened.
    pub event: Event,
}
