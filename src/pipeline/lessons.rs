//! The pair after its first alignment: learned from, and aligned again whenever a person decides something.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Observer, PipelineError, Stage, step};
use crate::align::{AlignError, Alignment, Lesson, MAX_BEAD, Pins, Readings, RunnerUp, Study};
use crate::embed::{EmbedError, Vectors};
use crate::learn::rounds::{LearnError, Learned, Round, SelfTraining, self_train};
use crate::monitor::Cancelled;
use crate::space::Adapter;

/// Whether to learn from the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Adapt {
    /// Learn, unless the documents are so long that it takes minutes.
    #[default]
    Auto,
    /// Learn from the beads that the aligner believes.
    SelfTraining,
    /// Take the encoder as it is.
    Off,
}

/// Segments of both documents up to which [`Adapt::Auto`] learns.
const LONGEST: usize = 12_000;

impl Adapt {
    /// Whether to learn from documents of so many segments.
    pub fn learns(self, segments: usize) -> bool {
        match self {
            Self::Auto => segments <= LONGEST,
            Self::SelfTraining => true,
            Self::Off => false,
        }
    }
}

/// What to learn, what is known already, and what the alignment may hold.
#[derive(Debug, Clone)]
pub struct Learning {
    /// Whether to learn from the pair.
    pub adapt: Adapt,
    /// What an earlier pair taught.
    pub adapter: Option<Arc<Adapter>>,
    /// Beads that are settled.
    pub pins: Pins,
    /// Segments of both sides in one bead, at most.
    pub max_bead: usize,
}

impl Default for Learning {
    fn default() -> Self {
        Self {
            adapt: Adapt::default(),
            adapter: None,
            pins: Pins::default(),
            max_bead: MAX_BEAD,
        }
    }
}

/// What a person has decided so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// Counts up with every decision.
    pub number: u64,
    /// All decisions.
    pub pins: Pins,
    /// Whether to learn from them too, rather than only align again.
    pub learn: bool,
}

/// What was learned from a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Lessons {
    /// One report a round; none where too few beads were believed.
    pub rounds: Vec<Round>,
    /// Vectors of both sides' segments in the adapted space; none where nothing helped.
    pub vectors: Option<[Arc<Vectors>; 2]>,
}

/// A pair that stays open.
pub(super) struct OpenPair<'a> {
    study: &'a Study<'a>,
    plain: Readings,
    learned: Option<Readings>,
    lesson: Option<Lesson>,
    adapt: bool,
}

impl<'a> OpenPair<'a> {
    /// Weighs the readings of the pair as the encoder sees it.
    pub(super) fn new(study: &'a Study<'a>, adapt: bool, observer: &mut dyn Observer) -> Result<Self, PipelineError> {
        let mut monitor = |done, total| step(observer, Stage::Aligning, done, total);
        let lesson = study.inherited()?;
        let plain = study.weigh(lesson.as_ref(), &mut monitor)?;
        Ok(Self {
            study,
            plain,
            learned: None,
            lesson,
            adapt,
        })
    }

    /// The alignment that holds `pins`, learned from if the pair is to be.
    pub(super) fn align(&mut self, pins: &Pins, observer: &mut dyn Observer) -> Result<Arc<Alignment>, PipelineError> {
        let first = self.readings().alignment(pins)?;
        if !self.adapt {
            return Ok(Arc::new(first));
        }
        let first = Arc::new(first);
        observer.alignment(&first);
        match self.learn(first.as_ref().clone(), pins, observer) {
            // Somebody decided something already.
            Err(PipelineError::Cancelled(_)) if !observer.cancelled() => Ok(first),
            learned => learned,
        }
    }

    /// Answers every decision with an alignment at once, and learns from them when told to, until none can follow.
    pub(super) fn follow(&mut self, observer: &mut dyn Observer) -> Result<(), PipelineError> {
        while let Some(decided) = observer.decided() {
            let alignment = match self.readings().alignment(&decided.pins) {
                Ok(alignment) => Arc::new(alignment),
                Err(error) => {
                    observer.refused(&error.to_string());
                    continue;
                }
            };
            observer.realigned(decided.number, &alignment);
            if !decided.learn || !self.adapt {
                continue;
            }
            // Decisions that come in meanwhile stop the learning, and are answered first.
            let first = Arc::unwrap_or_clone(alignment);
            match self.learn(first, &decided.pins, observer) {
                Ok(alignment) => observer.realigned(decided.number, &alignment),
                Err(PipelineError::Cancelled(_)) if !observer.cancelled() => {}
                Err(PipelineError::Learn(LearnError::Pins(error))) => observer.refused(&error.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// What the readings were weighed with.
    pub(super) fn lesson(&self) -> Option<&Lesson> {
        self.lesson.as_ref()
    }

    /// What the pair taught; the encoder is called `model`.
    pub(super) fn adapter(&self, model: &str) -> Option<Adapter> {
        Some(self.study.adapter(self.lesson.as_ref()?, model))
    }

    /// The most probable other reading of every bead of its alignment, where there is any.
    pub(super) fn runners_up(&self, alignment: &Alignment) -> Vec<Option<RunnerUp>> {
        let readings = self.readings();
        let beads = 0..alignment.beads.len();
        beads
            .into_par_iter()
            .map(|bead| readings.runner_up(alignment, bead))
            .collect()
    }

    fn readings(&self) -> &Readings {
        self.learned.as_ref().unwrap_or(&self.plain)
    }

    fn learn(
        &mut self,
        first: Alignment,
        pins: &Pins,
        observer: &mut dyn Observer,
    ) -> Result<Arc<Alignment>, PipelineError> {
        let mut monitor = |done, total| {
            step(observer, Stage::Learning, done, total)?;
            if observer.is_overtaken() {
                Err(Cancelled)
            } else {
                Ok(())
            }
        };
        let settings = SelfTraining::default();
        let learned = self_train(self.study, first, pins, &settings, &mut monitor)?;
        let Learned {
            readings,
            lesson,
            rounds,
            ..
        } = learned;
        let vectors = lesson.as_ref().map(|lesson| self.study.adapted(lesson)).transpose();
        let vectors = vectors.map_err(EmbedError::from)?.map(|vectors| vectors.map(Arc::new));
        if lesson.is_some() {
            (self.learned, self.lesson) = (readings, lesson);
        }
        observer.lessons(&Arc::new(Lessons { rounds, vectors }));
        let habits = self.study.habits(self.readings(), self.lesson.as_ref(), pins)?;
        let readings = self.learned.as_mut().unwrap_or(&mut self.plain);
        readings.take_on(&habits);
        Ok(Arc::new(readings.alignment(pins)?))
    }
}

impl From<LearnError> for PipelineError {
    fn from(error: LearnError) -> Self {
        match error {
            LearnError::Cancelled(cancelled) | LearnError::Align(AlignError::Cancelled(cancelled)) => cancelled.into(),
            other => Self::Learn(other),
        }
    }
}
