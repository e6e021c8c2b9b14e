//! `enface SOURCE TARGET` and `enface demo`: the main job on the screen.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use indicatif::HumanBytes;

use crate::align::Alignment;
use crate::app::encoder::Encoder;
use crate::embed::hub::{Hub, Remote};
use crate::embed::models::{ModelSpec, shelf};
use crate::embed::{ModelSource, transformer};
use crate::export::file::{self, Existing, WriteError};
use crate::export::{self, Format};
use crate::keymap::Keymap;
use crate::monitor::Cancelled;
use crate::pipeline::{self, Bitext, Job, Learning, Observer as _, Progress, Stage};
use crate::review::Decisions;
use crate::run::{Session, interactive};
use crate::theme::Depth;
use crate::ui::text::Bidi;
use crate::worker::{ExportRefusal, Relay, Task};

use super::{encoder, local};

/// What to open, and what belongs to it.
pub(super) struct Opening<'a> {
    pub(super) job: Job,
    pub(super) model: ModelSource,
    pub(super) learning: Learning,
    /// The path that an export suggests.
    pub(super) suggestion: &'a Path,
    /// The file that decisions about beads are kept in.
    pub(super) pins: Option<PathBuf>,
}

/// Opens the screen on a job.
pub(super) fn open(opening: Opening) -> anyhow::Result<()> {
    let Opening {
        job,
        model,
        learning,
        suggestion,
        pins,
    } = opening;
    let decisions = pins.as_deref().map(decided).transpose()?.unwrap_or_default();
    let variable = |name: &str| env::var(name).ok();
    let learning = Learning {
        pins: decisions.pins(),
        ..learning
    };
    let (spec, hub, remote) = (model.spec.clone(), model.hub.clone(), encoder::remote());
    let host = remote.host();
    let work = move |task: &Task, relay: &mut Relay| match task {
        Task::Align(spec) => {
            let spec = spec.clone();
            pipeline::run(&job, &ModelSource { spec, ..model.clone() }, learning.clone(), relay)?;
            Ok(())
        }
        Task::Fetch(spec) => fetch(spec, &model.hub, &remote, relay),
    };
    interactive(Session {
        work: Arc::new(work),
        export: Arc::new(export),
        survey: Arc::new(move || [shelf(&hub), local::shelved()].concat()),
        encoder: Encoder::new(spec, host),
        suggestion: suggestion.to_string_lossy().into_owned(),
        pins,
        decisions,
        depth: Depth::detect(variable),
        bidi: Bidi::detect(variable),
        keymap: Keymap::shipped()?,
    })
}

/// What was decided earlier, if anything was.
fn decided(path: &Path) -> anyhow::Result<Decisions> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Decisions::default()),
        Err(error) => {
            return Err(error).with_context(|| format!("the decisions in {} could not be read", path.display()));
        }
    };
    Decisions::from_text(&text).with_context(|| {
        let path = path.display();
        format!("{path} holds no decisions about beads: move it away, or name another with --pins")
    })
}

/// Downloads a model.
fn fetch(model: &ModelSpec, hub: &Hub, remote: &Remote, relay: &mut Relay) -> anyhow::Result<()> {
    let ModelSpec::Hub { repository, revision } = model else {
        return Ok(());
    };
    let stage = Stage::Downloading;
    relay.progress(Progress {
        stage,
        done: 0,
        total: 0,
    });
    let offer = hub.offer(remote, repository, revision)?;
    if let Some(known) = model.known().filter(|known| offer.total() > known.download / 2 * 3) {
        bail!(
            "{model} has grown from about {} to {}; `enface models pull {model}` downloads it all the same",
            HumanBytes(known.download),
            HumanBytes(offer.total())
        );
    }
    let mut shown = 0;
    let mut monitor = |done: usize, total: usize| {
        // A thousand steps are smooth enough.
        if done.abs_diff(shown) * 1000 >= total {
            shown = done;
            relay.progress(Progress { stage, done, total });
        }
        if relay.cancelled() { Err(Cancelled) } else { Ok(()) }
    };
    hub.pull(remote, &offer, &transformer::check, &mut monitor)?;
    Ok(())
}

/// Writes the beads in the format that the file's ending asks for, TSV if it asks for none, and counts them.
fn export(bitext: &Bitext, alignment: &Alignment, path: &Path, overwrite: bool) -> Result<usize, ExportRefusal> {
    let existing = if overwrite { Existing::Replace } else { Existing::Keep };
    let format = Format::of_path(path).unwrap_or(Format::Tsv);
    let content = export::Bitext {
        source: &bitext.source,
        target: &bitext.target,
        beads: &alignment.beads,
    };
    if format == Format::Ladder && crosses(alignment) {
        let sentence = "a ladder cannot hold moved passages: choose another ending, such as .vecalign";
        return Err(ExportRefusal::Failed(sentence.into()));
    }
    let written = file::write(path, existing, |mut out| format.write(&content, &mut out));
    written.map_err(|error| match error {
        WriteError::Exists(_) => ExportRefusal::Exists,
        other => ExportRefusal::Failed(format!("{:#}", anyhow::Error::new(other))),
    })?;
    Ok(alignment.beads.len())
}

/// Whether the target side is out of order.
fn crosses(alignment: &Alignment) -> bool {
    let starts = alignment.beads.iter().filter(|bead| !bead.is_null());
    !starts.is_sorted_by_key(|bead| bead.target.start)
}
