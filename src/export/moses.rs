//! Parallel plain text as Moses and most training pipelines read it: two files of equally many lines, line *n* of one
//! translating line *n* of the other.
//!
//! Null beads are left out. Whatever any reader counts as a line end is replaced by a space.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Bitext, field};

/// The names of both files: `base.LANGUAGE`, or `base.source` and `base.target` where the languages are unknown or equal.
pub fn paths(base: &Path, bitext: &Bitext<'_>) -> (PathBuf, PathBuf) {
    let name = |ending: &str| {
        let mut name = base.as_os_str().to_owned();
        name.push(".");
        name.push(ending);
        PathBuf::from(name)
    };
    match (&bitext.source.language, &bitext.target.language) {
        (Some(source), Some(target)) if source != target => (name(source), name(target)),
        _ => (name("source"), name("target")),
    }
}

/// Writes both sides of every bead that has two.
///
/// # Errors
/// What `source` or `target` reports.
pub fn write(bitext: &Bitext<'_>, source: &mut impl Write, target: &mut impl Write) -> io::Result<()> {
    for bead in bitext.beads {
        let texts = (bitext.source.join(&bead.source), bitext.target.join(&bead.target));
        let lines = (field::one_line(&texts.0), field::one_line(&texts.1));
        if lines.0.trim().is_empty() || lines.1.trim().is_empty() {
            continue;
        }
        writeln!(source, "{}", lines.0)?;
        writeln!(target, "{}", lines.1)?;
    }
    Ok(())
}
