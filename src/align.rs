//! Alignment of two segmented documents into beads.
//!
//! # Model
//!
//! A node (i, j) of the lattice means "i source and j target segments consumed"; an edge is a bead that consumes a
//! source and b target segments: (1, 0), (0, 1), or any a, b >= 1 with a + b <= 8. The probability of a path is that
//! of a semi-Markov conditional random field (Sarawagi and Cohen 2004):
//!
//! ```text
//! P(path | documents) = exp(sum over beads of w . f(bead) + w_open (runs of nulls)) / Z
//! ```
//!
//! The best path comes from the Viterbi recursion, the posterior of every bead from forward-backward over the same
//! lattice. Weights are trained on gold alignments by greatest conditional likelihood under a Gaussian prior; they stand,
//! by name, in `assets/aligner.toml`.
//!
//! # Search
//!
//! 1. A *rough path* through the similarities of single segments, from anchors and dynamic programming, free to
//!    stray from the diagonal; around it a *corridor* of nodes, the wider the less evidence the path has.
//!    A large corridor is narrowed by a *sketch*: forward-backward with beads of up to 3 segments, larger ones being
//!    made of these and nulls; nodes likelier than 1e-7 stay, and those between them.
//! 2. The *first pass* scores all beads of the corridor from single segments' vectors alone: the vector of a run is taken
//!    to be the weighted sum of its segments' vectors. A pair small enough to be searched whole is scored with several
//!    ratios of lengths, and the one of greatest Z is kept: where a chapter is missing, that of the documents misleads.
//!    Beads with a posterior below 3e-5 are dropped. The best path yields the pair's own statistics: ratio and spread of
//!    lengths, which endings go together, a small lexicon.
//! 3. The *second pass* scores the surviving beads from vectors of their joined text, and with those statistics. It can
//!    be repeated with a [`Lesson`]: what the pair's own words say then joins the cosines of evened-out vectors.
//!
//! # Features of a bead
//!
//! Source run x of a segments, target run y of b segments, size m = (a + b) / 2, c the cosine of the runs' vectors.
//!
//! | feature | value |
//! | --- | --- |
//! | `null`, `one_to_one`, ... `other` | 1 for a bead of that shape |
//! | `size` | m - 1 |
//! | `cosine`, `cosine_by_size` | c, and c m |
//! | `around`, `around_by_size` | mean cosine of each run to the segments just before and after the other; also times m |
//! | `neighbourhood`, `neighbourhood_by_size` | mean cosine of the bead's segments to their 4 nearest of the other side |
//! | `length_difference` | -min(abs(z), 4); z = (len y - r len x) / (s sqrt((len y + r len x) / 2 + 1)), r ratio, s spread |
//! | `length_proportion` | log2(1 + shorter / longer), the source scaled by r |
//! | `gain` | minus the largest gain in c from one more segment at any of the four ends |
//! | `loss` | smallest loss in c from dropping an end segment of a side with several |
//! | `split` | c minus the mean cosine of the best two beads that the bead could be cut into |
//! | `numbers` | numbers in common less half of those on one side only, -3 to 3 |
//! | `overlap`, `overlap_by_size` | tf-idf cosine of stems, numbers and consonant skeletons of romanised words |
//! | `ending` | log odds, in this pair, of the ending marks of the runs' last segments |
//! | `marks` | minus the differences in counts of ? ! quotation marks, brackets and colons, 2 each at most |
//! | `dialogue`, `lowercase` | both start like dialogue or neither; minus the sides that start in lower case |
//! | `lexicon`, `lexicon_by_size` | mean association of words with their best partner in the other run; also times m |
//! | `lexicon_end` | the same for the least supported end segment |
//! | `null_neighbourhood`, `null_length` | of a null: `neighbourhood`, log2(1 + length / 100) |
//! | `white_...` | the feature with vectors evened out per document ([`crate::space::whiten`]) |
//! | `loss_rate` | evened out: smallest loss from dropping an end segment, over its share of the length; -1 to 1 |
//! | `gain_rate` | evened out: minus the largest gain from one more segment, over its share of the length; -1 to 0 |
//! | `leak` | minus the weight of keys that lack a partner in the bead and have one just before or after it; -3 to 0 |
//! | `leak_lexicon` | the same for words that the learned lexicon joins |
//! | `clause_leak` | minus how much better the bead's clauses fit the segment just before or after the other run |
//! | `clause_hold` | how much better the least bound end segment of several fits the bead than what is beyond it |
//! | `clause_pull` | minus how much better a segment just outside fits the bead than its own neighbour there |
//! | `cohesion` | sum, over the segments of either run that follow another one of it, of the cosine with that one |
//!
//! A clause fits a run by its best cosine, evened out, with any clause of it. What clauses say is multiplied by
//! min(contrast, 0.6) / 0.1 and is 0 below a contrast of 0.1, where the encoder does not know a language. The contrast is how
//! much higher, in the mean, the cosines of the first pass's 1-1 beads are than those with the partners' neighbours.
//!
//! The first pass takes its cosines in the evened-out space and has no other use for it.
//!
//! # Decoding
//!
//! The alignment is the path of greatest expected accuracy (minimum Bayes risk): a match with posterior p earns
//! 2 p - 0.9, a null whose segment is left out with probability p earns 0.9 p - 0.5 (1 - p). Every bead carries its posterior.
//!
//! # Doubt
//!
//! All of this takes for granted that the documents are translations of each other. How probable that is, for a stretch of
//! some 64 segments, follows from how much its readings lose when the target's order is turned round
//! (`align/relatedness.rs`). With that probability r, a match has the posterior r p, a null 1 - r (1 - p).
//!
//! # Habits
//!
//! What a person decided teaches how often this pair joins, cuts and leaves out, and how far its probabilities are to be
//! believed: [`Habits`] are offsets of the scores by shape, and a temperature.
//!
//! # Moves
//!
//! What crosses the path, such as a swapped chapter or notes gathered at the end, stays outside the alignment.
//! [`moved_blocks`] looks for it among what was left over, or joined a neighbour, and offers what is far beyond chance;
//! [`with_moved`] puts it in place and mends what had taken it in.

mod band;
mod bead;
mod blocks;
mod clauses;
mod coarse;
mod corridor;
mod fine;
mod gold;
mod habits;
mod lattice;
mod lbfgs;
mod length;
mod lexicon;
mod moves;
mod objective;
mod outline;
mod pair;
mod parameters;
mod passes;
mod pins;
mod readings;
mod relatedness;
mod rest;
mod runs;
mod study;
mod survey;
mod tokens;
pub mod train;
mod words;

pub use bead::{Alignment, Bead};
pub use gold::{GoldBead, GoldKind};
pub use habits::Habits;
pub use moves::{MovedBlock, moved_blocks, with_moved};
pub use pair::Text;
pub use parameters::{ParameterError, Parameters};
pub use pins::{PinError, Pins, Runs};
pub use readings::{Readings, RunnerUp};
pub use runs::{EmbeddedTexts, Remembered, RunVectors};
pub use study::Study;
pub use words::{ENCODER_ALONE, Evidence, KnownBead, Lesson, Strengths, WordVectors};

use std::sync::Arc;

use crate::embed::EmbedError;
use crate::monitor::{Cancelled, Monitor};
use crate::space::Adapter;

/// Segments of both sides in one bead, at most, unless asked otherwise.
pub const MAX_BEAD: usize = 8;

/// How to align.
#[derive(Debug, Clone)]
pub struct Options {
    /// The weights.
    pub parameters: Parameters,
    /// Segments of both sides in one bead, at most; 2 to 16.
    pub max_bead: usize,
    /// What is settled already.
    pub pins: Pins,
    /// What an earlier pair taught; its encoder is that of the vectors.
    pub adapter: Option<Arc<Adapter>>,
}

impl Options {
    /// The bundled weights and [`MAX_BEAD`].
    ///
    /// # Errors
    /// As [`Parameters::bundled`].
    pub fn bundled() -> Result<Self, ParameterError> {
        Ok(Self {
            parameters: Parameters::bundled()?,
            max_bead: MAX_BEAD,
            pins: Pins::default(),
            adapter: None,
        })
    }
}

/// Why documents were not aligned.
#[derive(Debug, thiserror::Error)]
pub enum AlignError {
    /// Nobody waits for it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Pins exclude each other or reach beyond the documents.
    #[error(transparent)]
    Pins(#[from] PinError),
    /// Joined segments could not be embedded.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// Texts and vectors do not belong together.
    #[error("the {side} has {segments} segments but {vectors} vectors")]
    Vectors {
        /// `source` or `target`.
        side: &'static str,
        /// Segments given.
        segments: usize,
        /// Vectors given.
        vectors: usize,
    },
    /// The vectors of the two sides come from different models.
    #[error("source vectors are {source_width} wide, target vectors {target_width}: embed both with the same model")]
    Dimensions {
        /// Width of source vectors.
        source_width: usize,
        /// Width of target vectors.
        target_width: usize,
    },
    /// A vector holds a value that is infinite or not a number.
    #[error("a vector of the {0} is not finite")]
    NotFinite(&'static str),
    /// A bead cannot have this many segments.
    #[error("a bead can have 2 to 16 segments, not {0}")]
    MaxBead(usize),
}

/// Steps of about equal length that [`align`] reports to its monitor; the last one is counted more finely.
const STEPS: usize = 3;

/// Aligns two documents. The monitor counts steps of unequal length.
///
/// # Errors
/// When segments and vectors do not belong together, pins exclude each other, joined text cannot be embedded, or when
/// cancelled.
pub fn align(
    source: Text,
    target: Text,
    options: &Options,
    monitor: &mut dyn Monitor,
) -> Result<Alignment, AlignError> {
    Ok(weigh(source, target, options, monitor)?.alignment(&options.pins)?)
}

/// Weighs all readings of two documents that hold the pins; alignments can be drawn from the result again and again.
///
/// # Errors
/// As [`align`].
pub fn weigh(source: Text, target: Text, options: &Options, monitor: &mut dyn Monitor) -> Result<Readings, AlignError> {
    Study::once(source, target, options, monitor)?.finish(monitor)
}

fn check(source: Text, target: Text, max_bead: usize) -> Result<(), AlignError> {
    if !(2..=16).contains(&max_bead) {
        return Err(AlignError::MaxBead(max_bead));
    }
    for (side, text) in [("source", source), ("target", target)] {
        let (segments, vectors) = (text.segments.len(), text.vectors.singles());
        if segments != vectors.len() {
            return Err(AlignError::Vectors {
                side,
                segments,
                vectors: vectors.len(),
            });
        }
        if !vectors.as_slice().iter().all(|value| value.is_finite()) {
            return Err(AlignError::NotFinite(side));
        }
    }
    let (left, right) = (source.vectors.singles(), target.vectors.singles());
    if !left.is_empty() && !right.is_empty() && left.dimension() != right.dimension() {
        return Err(AlignError::Dimensions {
            source_width: left.dimension(),
            target_width: right.dimension(),
        });
    }
    Ok(())
}
