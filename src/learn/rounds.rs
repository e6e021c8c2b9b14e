//! Self-training: align, believe the surest beads, train on them, align again.

use std::ops::Range;

use super::objective::Positive;
use super::train::{Report, Settings, TrainError, train};
use crate::align::{AlignError, Alignment, Bead, Options, Text, align};
use crate::embed::{EmbedError, Vectors};
use crate::monitor::{Cancelled, Monitor};
use crate::space::whiten::whiten;
use crate::space::{Adapter, Map};

/// How to teach oneself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelfTraining {
    /// Beads at least this probable are believed.
    pub posterior: f32,
    /// Rounds at most; fewer when a round changes no bead.
    pub rounds: usize,
    /// What a bead that a person confirmed weighs, where the machine's own weigh 1.
    pub confirmed: f32,
    /// How to train.
    pub training: Settings,
}

impl Default for SelfTraining {
    fn default() -> Self {
        Self {
            posterior: 0.9,
            rounds: 3,
            confirmed: 3.0,
            training: Settings::default(),
        }
    }
}

/// What self-training ended with.
#[derive(Debug, Clone, PartialEq)]
pub struct Learned {
    /// The last round's alignment.
    pub alignment: Alignment,
    /// The maps it was made with.
    pub adapter: Adapter,
    /// One report a round.
    pub rounds: Vec<Report>,
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// Nobody waits for it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Runs could not be embedded.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// Training failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Aligning again failed.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// The tensor library refused.
    #[error("the pair could not be learned: {0}")]
    Compute(#[from] candle_core::Error),
}

/// Starts from the alignment `first` of the pair, and alternates training and aligning until nothing changes. `confirmed`
/// says of a bead whether a person confirmed it. The monitor counts rounds.
///
/// # Errors
/// When a computation fails, or the monitor cancels.
pub fn self_train(
    source: Text,
    target: Text,
    first: Alignment,
    options: &Options,
    settings: &SelfTraining,
    confirmed: &dyn Fn(&Bead) -> bool,
    monitor: &mut dyn Monitor,
) -> Result<Learned, LearnError> {
    let start = Adapter {
        source: whiten(source.vectors.singles())?,
        target: whiten(target.vectors.singles())?,
    };
    let mut learned = Learned {
        alignment: first,
        adapter: start.clone(),
        rounds: Vec::new(),
    };
    for round in 0..settings.rounds {
        monitor.report(round, settings.rounds)?;
        let lesson = Lesson::new(source, target, &learned.alignment, settings, confirmed)?;
        let mut inner = |_: usize, _: usize| monitor.report(round, settings.rounds);
        let (adapter, report) = train(
            &start,
            &lesson.source,
            &lesson.target,
            &lesson.positives,
            &settings.training,
            &mut inner,
        )?;
        let helps = report.strength > 0.0;
        learned.rounds.push(report);
        if !helps {
            break;
        }
        let alignment = align(
            mapped(source, &adapter.source),
            mapped(target, &adapter.target),
            options,
            &mut (),
        )?;
        let settled = same_beads(&alignment, &learned.alignment);
        learned.alignment = alignment;
        learned.adapter = adapter;
        if settled {
            break;
        }
    }
    Ok(learned)
}

/// Both sides' bead vectors, and which of the beads are believed.
struct Lesson {
    source: Vectors,
    target: Vectors,
    positives: Vec<Positive>,
}

impl Lesson {
    fn new(
        source: Text,
        target: Text,
        alignment: &Alignment,
        settings: &SelfTraining,
        confirmed: &dyn Fn(&Bead) -> bool,
    ) -> Result<Self, EmbedError> {
        let beads: Vec<&Bead> = alignment.beads.iter().filter(|bead| !bead.is_null()).collect();
        let sources: Vec<Range<usize>> = beads.iter().map(|bead| bead.source.clone()).collect();
        let targets: Vec<Range<usize>> = beads.iter().map(|bead| bead.target.clone()).collect();
        let weigh = |(row, bead): (usize, &&Bead)| {
            let by_hand = confirmed(bead);
            let believed = by_hand || bead.posterior >= settings.posterior;
            let weight = if by_hand { settings.confirmed } else { 1.0 };
            believed.then_some(Positive {
                source: row,
                target: row,
                weight,
            })
        };
        Ok(Self {
            source: source.vectors.runs(&sources)?,
            target: target.vectors.runs(&targets)?,
            positives: beads.iter().enumerate().filter_map(weigh).collect(),
        })
    }
}

fn mapped<'a>(text: Text<'a>, map: &'a Map) -> Text<'a> {
    Text { map: Some(map), ..text }
}

fn same_beads(a: &Alignment, b: &Alignment) -> bool {
    let runs = |alignment: &Alignment| {
        alignment
            .beads
            .iter()
            .map(|bead| (bead.source.clone(), bead.target.clone()))
            .collect::<Vec<_>>()
    };
    runs(a) == runs(b)
}
