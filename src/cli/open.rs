//! `enface SOURCE TARGET` and `enface demo`: the main job on the screen.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use crate::align::Alignment;
use crate::embed::ModelSource;
use crate::export::file::{self, Existing, WriteError};
use crate::export::{self, Format};
use crate::keymap::Keymap;
use crate::pipeline::{self, Bitext, Job, Learning};
use crate::review::Decisions;
use crate::run::{Session, interactive};
use crate::theme::Depth;
use crate::ui::text::Bidi;
use crate::worker::{ExportRefusal, Relay};

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
    let work = move |relay: &mut Relay| {
        pipeline::run(&job, &model, learning.clone(), relay)?;
        Ok(())
    };
    interactive(Session {
        work: Arc::new(work),
        export: Arc::new(export),
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
