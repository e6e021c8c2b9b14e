//! The encoder in use and the way to another one: download it, load it, and go back when that does not work.

use super::findings::Findings;
use super::job::{Job, Phase};
use super::{App, Effect, Layer, Notice};
use crate::action::Action;
use crate::embed::models::{ModelSpec, Place, Shelved};
use crate::worker::Event;

/// The encoder of the pair.
#[derive(Debug, Default)]
pub struct Encoder {
    /// The model.
    pub spec: ModelSpec,
    /// Host that downloads come from; `None` when the environment forbids them.
    pub host: Option<String>,
    change: Option<Change>,
}

/// A change that goes on, and what there was before it.
#[derive(Debug)]
struct Change {
    from: ModelSpec,
    to: ModelSpec,
    /// The model has yet to arrive; afterwards it is loaded.
    fetching: bool,
    findings: Findings,
    phase: Phase,
}

impl Encoder {
    /// The model, and the host that others may come from.
    pub fn new(spec: ModelSpec, host: Option<String>) -> Self {
        Self {
            spec,
            host,
            change: None,
        }
    }

    /// Whether the running job is a download.
    pub(super) fn is_fetching(&self) -> bool {
        self.change.as_ref().is_some_and(|change| change.fetching)
    }

    /// Whether the running job may lead back to another encoder.
    pub(super) fn is_changing(&self) -> bool {
        self.change.is_some()
    }

    /// The change has worked out.
    pub(super) fn settle(&mut self) {
        self.change = None;
    }
}

impl App {
    /// Takes the model that a person has chosen, after a question if it is not here.
    pub(super) fn choose(&mut self, model: &Shelved) -> Vec<Effect> {
        self.layer = Layer::None;
        match model.place {
            Place::Absent | Place::Part(_) => {
                self.offer(model.spec.clone());
                Vec::new()
            }
            Place::Program | Place::Here(_) if model.spec == self.encoder.spec && self.job.phase == Phase::Finished => {
                self.notice = Some(Notice::Done(format!("{} is in use already", model.spec)));
                Vec::new()
            }
            Place::Program | Place::Here(_) => self.load(model.spec.clone()),
        }
    }

    /// Asks whether to download a model.
    pub(super) fn offer(&mut self, spec: ModelSpec) {
        if self.encoder.host.is_some() {
            self.layer = Layer::Download(spec);
        } else {
            let text = format!("{spec} is not on this machine, and HF_HUB_OFFLINE forbids to download it");
            self.notice = Some(Notice::Problem(text));
        }
    }

    /// Takes the answer to that.
    pub(super) fn answer_download(&mut self, action: Action) -> Vec<Effect> {
        let Layer::Download(spec) = &mut self.layer else {
            return Vec::new();
        };
        match action {
            Action::Yes => {
                let spec = std::mem::take(spec);
                self.layer = Layer::None;
                self.fetch(spec)
            }
            Action::No => self.close(),
            _ => Vec::new(),
        }
    }

    /// Downloads a model; it is loaded as soon as it is here.
    fn fetch(&mut self, spec: ModelSpec) -> Vec<Effect> {
        self.begin(spec.clone(), true);
        self.job = self.next_job();
        vec![Effect::Fetch(self.job.generation, spec)]
    }

    /// The download has ended well.
    pub(super) fn fetched(&mut self) -> Vec<Effect> {
        let arrived = self.encoder.change.as_ref().map(|change| change.to.clone());
        arrived.map_or_else(Vec::new, |spec| self.load(spec))
    }

    /// Does the job again with another model.
    fn load(&mut self, spec: ModelSpec) -> Vec<Effect> {
        self.begin(spec.clone(), false);
        self.encoder.spec = spec;
        self.start()
    }

    /// Remembers what there is now, unless a change is under way that began with something better.
    fn begin(&mut self, to: ModelSpec, fetching: bool) {
        let before = self
            .encoder
            .change
            .take()
            .map(|change| (change.from, change.findings, change.phase));
        let (from, findings, phase) = before.unwrap_or_else(|| {
            let phase = match &self.job.phase {
                // The job will have been cancelled by the one that comes.
                Phase::Running(_) => Phase::Cancelled,
                phase => phase.clone(),
            };
            (self.encoder.spec.clone(), self.findings.clone(), phase)
        });
        self.encoder.change = Some(Change {
            from,
            to,
            fetching,
            findings,
            phase,
        });
    }

    /// Goes back to what there was before the change, and says why.
    pub(super) fn go_back(&mut self, end: Event) {
        let Some(change) = self.encoder.change.take() else {
            return;
        };
        let Change { from, to, .. } = &change;
        self.notice = Some(match (end, change.fetching) {
            (Event::Failed(message) | Event::Absent(message), _) => Notice::Problem(message),
            (_, true) => Notice::Done(format!("the download of {to} was stopped; what came of it is kept")),
            (_, false) => Notice::Done(format!("{to} was stopped; {from} is back")),
        });
        self.encoder.spec = change.from;
        self.job.phase = change.phase;
        self.lens.clear();
        self.findings.go_back(change.findings);
    }

    pub(super) fn next_job(&self) -> Job {
        Job {
            generation: self.job.generation + 1,
            phase: Phase::Running(None),
        }
    }
}
