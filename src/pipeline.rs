//! The main job, start to end, on the calling thread: read, embed, rank, align.
//!
//! An [`Observer`] sees every intermediate result as soon as it exists: the worker sends them to the screen, the
//! command line draws a progress bar.

use std::sync::Arc;

use crate::document::Document;
use crate::embed::Vectors;

/// One of the two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The document translated from.
    Source,
    /// The document translated to.
    Target,
}

/// What the pipeline is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Loading the encoder.
    Loading,
    /// Reading and segmenting the documents; counted in documents.
    Reading,
    /// Embedding; counted in segments of both documents.
    Embedding,
    /// Translation ranking; counted in source segments.
    Ranking,
    /// Aligning; counted in the aligner's own steps.
    Aligning,
}

/// How far the current stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The stage.
    pub stage: Stage,
    /// Units done.
    pub done: usize,
    /// Units in all.
    pub total: usize,
}

/// The two documents, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitext {
    /// The document translated from.
    pub source: Document,
    /// The document translated to.
    pub target: Document,
}

/// Watches the pipeline from the thread that runs it.
pub trait Observer {
    /// The current stage went on.
    fn progress(&mut self, _progress: Progress) {}

    /// Both documents are read.
    fn documents(&mut self, _bitext: &Arc<Bitext>) {}

    /// Vectors of segments `first..first + chunk.len()` of a side; chunks of a side arrive in order, without gaps.
    fn vectors(&mut self, _side: Side, _first: usize, _chunk: &Vectors) {}

    /// Whether to stop; asked often.
    fn cancelled(&self) -> bool {
        false
    }
}
