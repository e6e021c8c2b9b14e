//! Settled beads from a file, for commands that align.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use crate::align::Pins;
use crate::export::ladder;
use crate::review::Decisions;

/// Reads beads that stand from a file in Vecalign's form, of decisions, or of a ladder, told apart by the first line.
pub(super) fn read(path: &Path, max_bead: usize) -> anyhow::Result<Pins> {
    let text = fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
    let pins = if text.trim_start().starts_with('[') || text.trim().is_empty() {
        Decisions::from_text(&text).map(|decisions| decisions.pins())?
    } else {
        rungs(&text, max_bead).with_context(|| format!("{} holds neither beads nor a ladder", path.display()))?
    };
    Ok(pins)
}

/// Every rung is a point that the path passes; two rungs no farther apart than a bead can be are a bead.
fn rungs(text: &str, max_bead: usize) -> anyhow::Result<Pins> {
    let mut pins = Pins::default();
    for link in ladder::read(text)? {
        let Some((source, target)) = link.runs() else { continue };
        let null = source.is_empty() || target.is_empty();
        if !null {
            pins.cuts
                .extend([(source.start, target.start), (source.end, target.end)]);
        }
        if source.len() + target.len() > 0 && (null || source.len() + target.len() <= max_bead) {
            pins.forced.push((source, target));
        }
    }
    Ok(pins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_rungs_are_a_bead_and_far_ones_two_points() {
        let pins = rungs("0\t0\t0.3\n2\t1\n3\t1\n40\t38\n", 8).unwrap();
        assert_eq!(pins.forced, [(0..2, 0..1), (2..3, 0..0)]);
        assert_eq!(pins.cuts, [(0, 0), (2, 1), (3, 1), (40, 38)]);
    }

    #[test]
    fn a_file_of_something_else_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "Call me Ishmael.\n").unwrap();
        let error = format!("{:#}", read(file.path(), 8).unwrap_err());
        assert!(
            error.contains("neither beads nor a ladder") && error.contains("line 1"),
            "{error}"
        );
    }
}
