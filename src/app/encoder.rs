//! The encoder in use and the way to another one: download it beside the job, load it, and go back when that does not
//! work.

use super::findings::Findings;
use super::job::Phase;
use super::moves::Moves;
use super::{App, Effect, Layer, Notice};
use crate::action::Action;
use crate::embed::models::{ModelSpec, Place, Shelved};
use crate::pipeline::Progress;
use crate::worker::Event;

/// The encoder of the pair.
#[derive(Debug, Default)]
pub struct Encoder {
    /// The model.
    pub spec: ModelSpec,
    /// Host that downloads come from; `None` when the environment forbids them.
    pub host: Option<String>,
    fetch: Option<Fetch>,
    change: Option<Change>,
}

/// A download that goes on beside the job.
#[derive(Debug)]
struct Fetch {
    number: u64,
    model: ModelSpec,
    progress: Option<Progress>,
}

/// A change that goes on, and what there was before it.
#[derive(Debug)]
struct Change {
    from: ModelSpec,
    to: ModelSpec,
    findings: Findings,
    moves: Moves,
    phase: Phase,
}

impl Encoder {
    /// The model, and the host that others may come from.
    pub fn new(spec: ModelSpec, host: Option<String>) -> Self {
        Self {
            spec,
            host,
            ..Self::default()
        }
    }

    /// How far the download is, if there is one.
    pub fn fetching(&self) -> Option<Option<Progress>> {
        self.fetch.as_ref().map(|fetch| fetch.progress)
    }

    /// Whether number `generation` is the download.
    pub(super) fn is_fetch(&self, generation: u64) -> bool {
        self.fetch.as_ref().is_some_and(|fetch| fetch.number == generation)
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

    /// Downloads a model beside the job; it is loaded as soon as it is here.
    fn fetch(&mut self, model: ModelSpec) -> Vec<Effect> {
        let number = self.next_number();
        self.encoder.fetch = Some(Fetch {
            number,
            model: model.clone(),
            progress: None,
        });
        vec![Effect::Fetch(number, model)]
    }

    /// Takes in what the download reports.
    pub(super) fn hear_fetch(&mut self, event: Event) -> Vec<Effect> {
        if let (Event::Progress(progress), Some(fetch)) = (&event, &mut self.encoder.fetch) {
            fetch.progress = Some(*progress);
            return Vec::new();
        }
        let Some(Fetch { model, .. }) = self.encoder.fetch.take() else {
            return Vec::new();
        };
        self.notice = Some(match event {
            Event::Finished => return self.load(model),
            Event::Failed(message) => Notice::Problem(message),
            _ => Notice::Done(format!("the download of {model} was stopped; what came of it is kept")),
        });
        Vec::new()
    }

    /// Does the job again with another model.
    fn load(&mut self, spec: ModelSpec) -> Vec<Effect> {
        self.begin(spec.clone());
        self.encoder.spec = spec;
        self.start()
    }

    /// Remembers what there is now, unless a change is under way that began with something better.
    fn begin(&mut self, to: ModelSpec) {
        let before = self
            .encoder
            .change
            .take()
            .map(|change| (change.from, (change.findings, change.moves), change.phase));
        let (from, (findings, moves), phase) = before.unwrap_or_else(|| {
            let phase = match &self.job.phase {
                // The job will have been cancelled by the one that comes.
                Phase::Running(_) => Phase::Cancelled,
                phase => phase.clone(),
            };
            (
                self.encoder.spec.clone(),
                (self.findings.clone(), self.moves.clone()),
                phase,
            )
        });
        self.encoder.change = Some(Change {
            from,
            to,
            findings,
            moves,
            phase,
        });
    }

    /// Goes back to what there was before the change, and says why.
    pub(super) fn go_back(&mut self, end: Event) {
        let Some(change) = self.encoder.change.take() else {
            return;
        };
        let Change { from, to, .. } = &change;
        self.notice = Some(match end {
            Event::Failed(message) | Event::Absent(message) => Notice::Problem(message),
            _ => Notice::Done(format!("{to} was stopped; {from} is back")),
        });
        self.encoder.spec = change.from;
        self.job.phase = change.phase;
        self.lens.clear();
        self.findings.go_back(change.findings);
        self.moves = change.moves;
    }

    /// A number that no job and no download had before.
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }
}
