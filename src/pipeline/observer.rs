//! What the job tells whoever watches it, and asks them.

use std::sync::Arc;

use super::{Bitext, Decided, Lessons, Side, Strangers};
use crate::align::{Alignment, MovedBlock};
use crate::embed::Vectors;
use crate::embed::coverage::Uncovered;
use crate::embed::cut::Cut;
use crate::rank::Ranking;

/// What the pipeline is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Downloading the encoder; counted in bytes.
    Downloading,
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
    /// Learning from the pair; counted in hundredths of rounds.
    Learning,
}

impl Stage {
    /// What it is called while it goes on.
    pub fn name(self) -> &'static str {
        match self {
            Self::Downloading => "downloading the model",
            Self::Loading => "loading the model",
            Self::Reading => "reading",
            Self::Embedding => "embedding sentences",
            Self::Ranking => "ranking translations",
            Self::Aligning => "aligning",
            Self::Learning => "learning the pair",
        }
    }
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

/// Watches the pipeline from the thread that runs it.
pub trait Observer {
    /// The current stage went on.
    fn progress(&mut self, _progress: Progress) {}

    /// Both documents are read.
    fn documents(&mut self, _bitext: &Arc<Bitext>) {}

    /// A document is in a language that the model was not trained on.
    fn uncovered(&mut self, _gap: &Uncovered) {}

    /// Segments are longer than the model reads.
    fn cut(&mut self, _cut: &Cut) {}

    /// The source and the target segment that a person looks at, which are embedded before others.
    fn looks_at(&self) -> [usize; 2] {
        [0, 0]
    }

    /// Vectors of segments `first..first + chunk.len()` of a side; chunks come in any order, each once.
    fn vectors(&mut self, _side: Side, _first: usize, _chunk: &Vectors) {}

    /// Whether to rank at all: it takes time that grows with the product of the documents' lengths.
    fn wants_ranking(&self) -> bool {
        false
    }

    /// The pair is ranked.
    fn ranking(&mut self, _ranking: &Arc<Ranking>) {}

    /// The pair is aligned; once more when it has been learned from.
    fn alignment(&mut self, _alignment: &Arc<Alignment>) {}

    /// Hardly anything of the pair was joined, and nothing seems to have been moved.
    fn strangers(&mut self, _strangers: Strangers) {}

    /// The pair was learned from.
    fn lessons(&mut self, _lessons: &Arc<Lessons>) {}

    /// Waits for the next decision of a person about the aligned pair; nothing when none can follow.
    fn decided(&mut self) -> Option<Decided> {
        None
    }

    /// Whether a decision waits to be answered.
    fn is_overtaken(&self) -> bool {
        false
    }

    /// The pair is aligned again as decision `number` asks.
    fn realigned(&mut self, _number: u64, _alignment: &Arc<Alignment>) {}

    /// A decision cannot hold, for this reason.
    fn refused(&mut self, _reason: &str) {}

    /// Whether to look for passages that stand elsewhere in the other document.
    fn wants_moves(&self) -> bool {
        false
    }

    /// Whether to look for the next best reading of every bead.
    fn wants_runners_up(&self) -> bool {
        false
    }

    /// Passages that seem to have been moved.
    fn moved(&mut self, _blocks: &Arc<Vec<MovedBlock>>) {}

    /// Whether to stop; asked often.
    fn cancelled(&self) -> bool {
        false
    }
}
