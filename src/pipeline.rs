//! The main job, start to end, on the calling thread: read, embed, rank, align.
//!
//! An [`Observer`] sees every intermediate result as soon as it exists: the worker sends them to the screen, the
//! command line draws a progress bar.

mod embedding;
mod lessons;
mod observer;
mod strangers;

use std::path::PathBuf;
use std::sync::Arc;

use crate::align::{
    self, AlignError, Alignment, EmbeddedTexts, MovedBlock, Options, ParameterError, PinError, Remembered, RunVectors,
    RunnerUp, Study, Text,
};
use crate::document::{self, Document, ReadError, ReadOptions, sample};
use crate::embed::coverage::{Uncovered, covers};
use crate::embed::cut::Cut;
use crate::embed::{EmbedError, Embedder, ModelSource, Vectors};
use crate::learn::rounds::LearnError;
use crate::monitor::Cancelled;
use crate::rank::{RankError, Ranking, TEMPERATURE};
use crate::space::{Adapter, AdapterError};

use embedding::embed;
use lessons::OpenPair;
pub use lessons::{Adapt, Decided, Learning, Lessons};
pub use observer::{Observer, Progress, Stage};
pub use strangers::Strangers;

/// One of the two documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The document translated from.
    Source,
    /// The document translated to.
    Target,
}

/// The two documents, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitext {
    /// The document translated from.
    pub source: Document,
    /// The document translated to.
    pub target: Document,
}

/// A file and how to read it.
#[derive(Debug)]
pub struct Input {
    /// The file.
    pub path: PathBuf,
    /// How to read it.
    pub options: ReadOptions,
}

/// What to align.
#[derive(Debug)]
pub enum Job {
    /// The bundled sample pair.
    Sample,
    /// Two files.
    Files {
        /// The document translated from.
        source: Box<Input>,
        /// The document translated to.
        target: Box<Input>,
    },
}

impl Job {
    fn read(&self) -> Result<Bitext, PipelineError> {
        let (source, target) = match self {
            Self::Sample => sample::documents()?,
            Self::Files { source, target } => {
                let read = |input: &Input| document::read(&input.path, &input.options);
                let (source, target) = rayon::join(|| read(source), || read(target));
                (source?, target?)
            }
        };
        Ok(Bitext { source, target })
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The documents.
    pub bitext: Arc<Bitext>,
    /// Their alignment.
    pub alignment: Arc<Alignment>,
    /// Passages that cross it; empty when the observer did not want them.
    pub moved: Arc<Vec<MovedBlock>>,
    /// The next best reading of every bead, if there is any; empty when the observer did not want them.
    pub runners_up: Vec<Option<RunnerUp>>,
    /// What the pair taught, if it taught anything.
    pub adapter: Option<Adapter>,
}

/// Why there is no alignment.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// A document could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The encoder failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The ranking failed.
    #[error(transparent)]
    Rank(#[from] RankError),
    /// The aligner failed.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// The adapter cannot be used.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// The pair could not be learned.
    #[error(transparent)]
    Learn(LearnError),
    /// What is settled excludes each other.
    #[error(transparent)]
    Pins(#[from] PinError),
    /// The aligner's weights cannot be read.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// The observer gave up.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// Runs the whole job with the encoder of `model` on the calling thread and rayon's current pool, and stays while the
/// observer has decisions.
///
/// # Errors
/// When a document cannot be read, the model fails, or the observer cancels.
pub fn run(
    job: &Job,
    model: &ModelSource,
    learning: Learning,
    observer: &mut dyn Observer,
) -> Result<Outcome, PipelineError> {
    observer.progress(Progress {
        stage: Stage::Reading,
        done: 0,
        total: 2,
    });
    let (bitext, model) = read_and_load(job, model, observer)?;
    let model = model.as_ref();
    uncovered(model, &bitext, observer);
    let texts = [bitext.source.texts(), bitext.target.texts()];
    cut(model, &texts, observer)?;
    let vectors = embed(model, &texts, observer)?;
    if observer.wants_ranking() {
        let ranking = rank(&vectors, observer)?;
        observer.ranking(&ranking);
    }
    if let Some(adapter) = &learning.adapter {
        adapter.check(model.name(), model.dimension())?;
    }
    align_pair(model, &bitext, &vectors, learning, observer)
}

/// Reads the documents, and shows them, while the model loads.
fn read_and_load(
    job: &Job,
    model: &ModelSource,
    observer: &mut dyn Observer,
) -> Result<(Arc<Bitext>, Box<dyn Embedder>), PipelineError> {
    let mut loaded = None;
    let bitext = rayon::in_place_scope(|scope| {
        scope.spawn(|_| loaded = Some(model.load()));
        let bitext = Arc::new(job.read()?);
        observer.documents(&bitext);
        step(observer, Stage::Loading, 0, 0)?;
        Ok::<_, PipelineError>(bitext)
    })?;
    // The scope ends when all that was spawned in it has ended, so the other case does not occur.
    let model = loaded.unwrap_or_else(|| model.load())?;
    Ok((bitext, model))
}

/// Tells of documents in languages that the model was not trained on.
fn uncovered(model: &dyn Embedder, bitext: &Bitext, observer: &mut dyn Observer) {
    for document in [&bitext.source, &bitext.target] {
        let gap = document
            .language
            .as_ref()
            .filter(|language| !covers(model.languages(), language));
        if let Some(language) = gap {
            observer.uncovered(&Uncovered {
                document: document.name.clone(),
                language: language.clone(),
                model: model.name().to_owned(),
            });
        }
    }
}

/// Tells of segments that are longer than the model reads.
fn cut(model: &dyn Embedder, texts: &[Vec<&str>; 2], observer: &mut dyn Observer) -> Result<(), EmbedError> {
    let segments = model.count_cut(&texts[0])? + model.count_cut(&texts[1])?;
    if let (1.., Some(limit)) = (segments, model.max_tokens()) {
        observer.cut(&Cut {
            segments,
            model: model.name().to_owned(),
            limit,
        });
    }
    Ok(())
}

fn rank(vectors: &[Vectors; 2], observer: &mut dyn Observer) -> Result<Arc<Ranking>, PipelineError> {
    let mut monitor = |done, total| step(observer, Stage::Ranking, done, total);
    Ok(Arc::new(Ranking::compute(
        &vectors[0],
        &vectors[1],
        TEMPERATURE,
        &mut monitor,
    )?))
}

/// Aligns the pair, learns from it, and stays while the observer has decisions.
fn align_pair(
    model: &dyn Embedder,
    bitext: &Arc<Bitext>,
    vectors: &[Vectors; 2],
    learning: Learning,
    observer: &mut dyn Observer,
) -> Result<Outcome, PipelineError> {
    let texts = [bitext.source.texts(), bitext.target.texts()];
    let embedded = [0, 1].map(|side| EmbeddedTexts {
        embedder: model,
        texts: &texts[side],
        vectors: &vectors[side],
    });
    let learns = learning.adapt.learns(texts[0].len() + texts[1].len());
    let remembered = embedded.each_ref().map(|vectors| Remembered::new(vectors));
    let [source, target] = [0, 1].map(|side| {
        let vectors: &dyn RunVectors = if learns { &remembered[side] } else { &embedded[side] };
        Text {
            segments: &texts[side],
            vectors,
            map: None,
        }
    });
    let options = Options {
        adapter: learning.adapter,
        pins: learning.pins,
        max_bead: learning.max_bead,
        ..Options::bundled()?
    };
    let mut monitor = |done, total| step(observer, Stage::Aligning, done, total);
    let study = Study::new(source, target, &options, &mut monitor)?;
    let mut pair = OpenPair::new(&study, learns, observer)?;
    let alignment = pair.align(&options.pins, observer)?;
    observer.alignment(&alignment);
    let mut moved = Arc::default();
    if observer.wants_moves() {
        let mut monitor = |done, total| step(observer, Stage::Aligning, done, total);
        moved = Arc::new(align::moved_blocks(&study, pair.lesson(), &alignment, &mut monitor)?);
        observer.moved(&moved);
    }
    if let Some(strangers) = Strangers::of(&alignment).filter(|_| moved.is_empty()) {
        observer.strangers(strangers);
    }
    let runners_up = if observer.wants_runners_up() {
        pair.runners_up(&alignment)
    } else {
        Vec::new()
    };
    pair.follow(observer)?;
    let adapter = pair.adapter(model.name());
    Ok(Outcome {
        bitext: Arc::clone(bitext),
        alignment,
        adapter,
        moved,
        runners_up,
    })
}

fn step(observer: &mut dyn Observer, stage: Stage, done: usize, total: usize) -> Result<(), Cancelled> {
    observer.progress(Progress { stage, done, total });
    if observer.cancelled() { Err(Cancelled) } else { Ok(()) }
}
