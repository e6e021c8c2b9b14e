//! `enface SOURCE TARGET` and `enface demo`: the main job on the screen.

use std::env;
use std::path::Path;
use std::sync::Arc;

use crate::align::Alignment;
use crate::embed::ModelSource;
use crate::export::file::{self, Existing, WriteError};
use crate::export::{self, Format};
use crate::keymap::Keymap;
use crate::pipeline::{self, Bitext, Job};
use crate::run::{Session, interactive};
use crate::theme::Depth;
use crate::ui::text::Bidi;
use crate::worker::{ExportRefusal, Relay};

/// Opens the screen on `job`, done with `model`. An export is suggested to go to `suggestion`.
pub(super) fn open(job: Job, model: ModelSource, suggestion: &Path) -> anyhow::Result<()> {
    let variable = |name: &str| env::var(name).ok();
    let work = move |relay: &mut Relay| {
        pipeline::run(&job, &model, relay)?;
        Ok(())
    };
    interactive(Session {
        work: Arc::new(work),
        export: Arc::new(export),
        suggestion: suggestion.to_string_lossy().into_owned(),
        depth: Depth::detect(variable),
        bidi: Bidi::detect(variable),
        keymap: Keymap::shipped()?,
    })
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
