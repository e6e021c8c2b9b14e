//! `enface SOURCE TARGET` and `enface demo`: the main job on the screen.

use std::env;
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
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
use crate::pipeline::{self, Bitext, Job, Observer as _, Progress, Stage};
use crate::run::{Session, interactive};
use crate::theme::Depth;
use crate::ui::text::Bidi;
use crate::worker::{ExportRefusal, Relay, Task};

use super::encoder;

/// Opens the screen on `job`, done with `model`. An export is suggested to go to `suggestion`.
pub(super) fn open(job: Job, model: ModelSource, suggestion: &Path) -> anyhow::Result<()> {
    let variable = |name: &str| env::var(name).ok();
    let (spec, hub, remote) = (model.spec.clone(), model.hub.clone(), encoder::remote());
    let host = remote.host();
    let work = move |task: &Task, relay: &mut Relay| match task {
        Task::Align(spec) => {
            let spec = spec.clone();
            pipeline::run(&job, &ModelSource { spec, ..model.clone() }, relay)?;
            Ok(())
        }
        Task::Fetch(spec) => fetch(spec, &model.hub, &remote, relay),
    };
    interactive(Session {
        work: Arc::new(work),
        export: Arc::new(export),
        survey: Arc::new(move || shelf(&hub)),
        encoder: Encoder::new(spec, host),
        suggestion: suggestion.to_string_lossy().into_owned(),
        depth: Depth::detect(variable),
        bidi: Bidi::detect(variable),
        keymap: Keymap::shipped()?,
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
    let written = file::write(path, existing, |mut out| format.write(&content, &mut out));
    written.map_err(|error| match error {
        WriteError::Exists(_) => ExportRefusal::Exists,
        other => ExportRefusal::Failed(format!("{:#}", anyhow::Error::new(other))),
    })?;
    Ok(alignment.beads.len())
}
