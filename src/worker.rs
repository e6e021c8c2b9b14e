//! The background: the job on a thread of its own, exports on others, and what they report to the screen.
//!
//! Reports carry tags and [`Arc`]s, and the number of the job they belong to. A thread that panics reports a failure.

pub mod keeper;
pub mod lens;
mod relay;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::align::{Alignment, MovedBlock};
use crate::app::lens::Answer;
use crate::embed::coverage::Uncovered;
use crate::embed::cut::Cut;
use crate::embed::models::{ModelSpec, Shelved};
use crate::embed::{EmbedError, Vectors};
use crate::pipeline::{Bitext, Decided, Lessons, Observer, PipelineError, Progress, Side, Strangers};
use crate::rank::Ranking;
pub use relay::Relay;

/// Something that happened in the background.
#[derive(Debug, Clone)]
pub enum Event {
    /// The current stage went on.
    Progress(Progress),
    /// Both documents are read.
    Documents(Arc<Bitext>),
    /// A document is in a language that the model was not trained on.
    Uncovered(Uncovered),
    /// Segments are longer than the model reads.
    Cut(Cut),
    /// Hardly anything of the pair was joined.
    Strangers(Strangers),
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
    /// The pair is aligned again, as the decision of this number asks.
    Realigned(u64, Arc<Alignment>),
    /// The pair was learned from.
    Lessons(Arc<Lessons>),
    /// Passages were found that stand elsewhere in the other document.
    Moved(Arc<Vec<MovedBlock>>),
    /// What was decided cannot hold, for this reason.
    Refused(String),
    /// What was decided could not be saved, for this reason.
    NotSaved(String),
    /// The job is done.
    Finished,
    /// The job was stopped as asked.
    Cancelled,
    /// The job ended with this message.
    Failed(String),
    /// The job ended with this message because the model is not on this machine.
    Absent(String),
    /// The models to choose from.
    Shelf(Vec<Shelved>),
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

/// Why an export was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportRefusal {
    /// The file exists and may not be overwritten.
    #[error("the file exists")]
    Exists,
    /// Anything else, as a sentence.
    #[error("{0}")]
    Failed(String),
}

/// What a job is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Align the pair with this model.
    Align(ModelSpec),
    /// Download this model.
    Fetch(ModelSpec),
}

/// The job: shows the [`Relay`] all that it finds, and ends early once the relay says that it is cancelled.
pub type Work = dyn Fn(&Task, &mut Relay) -> anyhow::Result<()> + Send + Sync;

/// Looks up the models to choose from.
pub type Survey = dyn Fn() -> Vec<Shelved> + Send + Sync;

/// Writes the pairs to a file, overwriting it only when told to, and counts them.
pub type Export = dyn Fn(&Bitext, &Alignment, &Path, bool) -> Result<usize, ExportRefusal> + Send + Sync;

/// Starts and stops the background's threads.
pub struct Worker {
    work: Arc<Work>,
    export: Arc<Export>,
    survey: Arc<Survey>,
    reports: Sender<Report>,
    cancelled: Arc<AtomicBool>,
    decisions: Option<Sender<Decided>>,
    fetch_cancelled: Arc<AtomicBool>,
    place: Arc<[AtomicUsize; 2]>,
    exports: Vec<JoinHandle<()>>,
}

impl Worker {
    /// A worker that reports to `reports`; nothing runs yet.
    pub fn new(work: Arc<Work>, export: Arc<Export>, survey: Arc<Survey>, reports: Sender<Report>) -> Self {
        Self {
            work,
            export,
            survey,
            reports,
            cancelled: Arc::default(),
            decisions: None,
            fetch_cancelled: Arc::default(),
            place: Arc::default(),
            exports: Vec::new(),
        }
    }

    /// Starts job number `generation`: the pair is aligned with `model`. An earlier job is told to stop.
    pub fn start(&mut self, generation: u64, model: ModelSpec) {
        self.cancel();
        self.cancelled = Arc::default();
        let (sender, decisions) = unbounded();
        self.decisions = Some(sender);
        let cancelled = Arc::clone(&self.cancelled);
        self.spawn(generation, Task::Align(model), (cancelled, decisions));
    }

    /// Downloads `model` beside the job, under a number of its own.
    pub fn fetch(&mut self, number: u64, model: ModelSpec) {
        self.cancel_fetch();
        self.fetch_cancelled = Arc::default();
        // There is nothing to decide about a download.
        let (_, decisions) = unbounded();
        let cancelled = Arc::clone(&self.fetch_cancelled);
        self.spawn(number, Task::Fetch(model), (cancelled, decisions));
    }

    fn spawn(&self, generation: u64, task: Task, (cancelled, decisions): (Arc<AtomicBool>, Receiver<Decided>)) {
        let work = Arc::clone(&self.work);
        let mut relay = Relay {
            generation,
            reports: self.reports.clone(),
            cancelled,
            decisions,
            place: Arc::clone(&self.place),
        };
        let job = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&task, &mut relay)));
            relay.send(match outcome {
                _ if relay.cancelled() => Event::Cancelled,
                Ok(Ok(())) => Event::Finished,
                Ok(Err(error)) if is_absence(&error) => Event::Absent(format!("{error:#}")),
                Ok(Err(error)) => Event::Failed(format!("{error:#}")),
                Err(panic) => Event::Failed(panic_message(panic.as_ref())),
            });
        };
        if let Err(error) = thread::Builder::new().name("job".into()).spawn(job) {
            let event = Event::Failed(format!("the job could not be started: {error}"));
            let _ = self.reports.send(Report { generation, event });
        }
    }

    /// Hands a decision to the job, which answers with an alignment once it has a first one. Says whether there is a job
    /// that can.
    pub fn decide(&self, decided: Decided) -> bool {
        let job = self.decisions.as_ref();
        job.is_some_and(|decisions| decisions.send(decided).is_ok())
    }

    /// Tells the job which source and which target segment the person looks at.
    pub fn look_at(&self, place: [usize; 2]) {
        for (segment, index) in self.place.iter().zip(place) {
            segment.store(index, Ordering::Relaxed);
        }
    }

    /// Tells the download to stop.
    pub fn cancel_fetch(&self) {
        self.fetch_cancelled.store(true, Ordering::Relaxed);
    }

    /// Tells the running job to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Looks up the models on a thread of its own.
    pub fn survey(&self, generation: u64) {
        let (survey, reports) = (Arc::clone(&self.survey), self.reports.clone());
        let look = move || {
            let event = Event::Shelf(survey());
            let _ = reports.send(Report { generation, event });
        };
        if let Err(error) = thread::Builder::new().name("models".into()).spawn(look) {
            let event = Event::Failed(format!("the models could not be looked up: {error}"));
            let _ = self.reports.send(Report { generation, event });
        }
    }

    /// Writes the pairs to `path` on a thread of its own.
    pub fn export(
        &mut self,
        generation: u64,
        bitext: Arc<Bitext>,
        alignment: Arc<Alignment>,
        (path, overwrite): (PathBuf, bool),
    ) {
        let (export, reports) = (Arc::clone(&self.export), self.reports.clone());
        let write = move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| export(&bitext, &alignment, &path, overwrite)));
            let event = match outcome {
                Ok(Ok(pairs)) => Event::Exported(path, pairs),
                Ok(Err(ExportRefusal::Exists)) => Event::ExportExists(path),
                Ok(Err(ExportRefusal::Failed(message))) => Event::ExportFailed(message),
                Err(panic) => Event::ExportFailed(panic_message(panic.as_ref())),
            };
            let _ = reports.send(Report { generation, event });
        };
        match thread::Builder::new().name("export".into()).spawn(write) {
            Ok(thread) => self.exports.push(thread),
            Err(error) => {
                let event = Event::ExportFailed(format!("the export could not be started: {error}"));
                let _ = self.reports.send(Report { generation, event });
            }
        }
    }
}

impl Drop for Worker {
    /// Files being written are finished; the job is not.
    fn drop(&mut self) {
        self.cancel();
        self.decisions = None;
        self.cancel_fetch();
        for thread in self.exports.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Whether the model is not on this machine, and could be downloaded.
fn is_absence(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(PipelineError::Embed(EmbedError::Absent { .. }))
    )
}

/// What a panic said, as a sentence.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!(
        "the job stopped because of a mistake in the program: {}",
        said.unwrap_or("it did not say which")
    )
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::{Receiver, unbounded};

    use super::*;
    use crate::pipeline::Stage;

    fn worker(work: impl Fn(&mut Relay) -> anyhow::Result<()> + Send + Sync + 'static) -> (Worker, Receiver<Report>) {
        let (sender, receiver) = unbounded();
        (
            Worker::new(
                Arc::new(move |_: &Task, relay: &mut Relay| work(relay)),
                Arc::new(|_, _, _, _| Err(ExportRefusal::Exists)),
                Arc::new(Vec::new),
                sender,
            ),
            receiver,
        )
    }

    fn last_event(reports: &Receiver<Report>, generation: u64) -> Event {
        let of_job = |report: &Report| report.generation == generation;
        let ends = |event: &Event| matches!(event, Event::Finished | Event::Cancelled | Event::Failed(_));
        reports
            .iter()
            .filter(of_job)
            .map(|report| report.event)
            .find(ends)
            .unwrap()
    }

    #[test]
    fn a_panicking_job_becomes_a_message() {
        let (mut worker, reports) = worker(|_| panic!("index 7 of 3"));
        worker.start(1, ModelSpec::Bundled);
        let Event::Failed(message) = last_event(&reports, 1) else {
            panic!("it should have failed")
        };
        assert!(message.contains("index 7 of 3"), "{message}");
    }

    #[test]
    fn an_error_is_told_with_its_causes() {
        let cause = || anyhow::anyhow!("permission denied").context("a.txt cannot be read");
        let (mut worker, reports) = worker(move |_| Err(cause()));
        worker.start(1, ModelSpec::Bundled);
        let Event::Failed(message) = last_event(&reports, 1) else {
            panic!("it should have failed")
        };
        assert_eq!(message, "a.txt cannot be read: permission denied");
    }

    #[test]
    fn starting_again_cancels_the_job_before() {
        let (mut worker, reports) = worker(|relay| {
            relay.progress(Progress {
                stage: Stage::Embedding,
                done: 1,
                total: 2,
            });
            while relay.generation == 1 && !relay.cancelled() {
                thread::yield_now();
            }
            Ok(())
        });
        worker.start(1, ModelSpec::Bundled);
        worker.start(2, ModelSpec::Bundled);
        assert!(matches!(last_event(&reports, 2), Event::Finished));
        drop(worker);
        let (mut again, reports) = self::worker(|relay| {
            while !relay.cancelled() {
                thread::yield_now();
            }
            anyhow::bail!("stopped half way")
        });
        again.start(7, ModelSpec::Bundled);
        again.cancel();
        assert!(matches!(last_event(&reports, 7), Event::Cancelled));
    }
}
