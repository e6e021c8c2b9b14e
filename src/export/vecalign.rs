//! Vecalign's alignment format: one link a line, `[0, 1]:[2]:0.123456`.
//!
//! The lists hold 0-based indexes of segments (of lines, for a document read one sentence a line); an empty list marks a
//! segment without counterpart. The number is a *cost* as in Vecalign: lower is better, here 1 minus the cosine, and 0 for
//! null beads. Reference files leave it out; other tools write a similarity in its place, and no spaces in the lists.

use std::io::{self, Write};
use std::ops::Range;

use super::{Link, LinkError, Number};
use crate::align::Bead;

/// Writes every bead, null beads too. With [`Number::Posterior`] the number is the bead's probability, not a cost.
///
/// # Errors
/// What `out` reports.
pub fn write(beads: &[Bead], number: Number, out: &mut impl Write) -> io::Result<()> {
    for bead in beads {
        let number = match number {
            Number::Posterior => bead.posterior,
            Number::Cosine if bead.is_null() => 0.0,
            Number::Cosine => (1.0 - bead.score).max(0.0),
        };
        writeln!(out, "{}:{}:{number:.6}", list(&bead.source), list(&bead.target))?;
    }
    Ok(())
}

fn list(run: &Range<usize>) -> String {
    let indexes: Vec<String> = run.clone().map(|index| index.to_string()).collect();
    format!("[{}]", indexes.join(", "))
}

/// Reads a file of links; blank lines are passed over.
///
/// # Errors
/// With the number of the first line that is no link.
pub fn read(text: &str) -> Result<Vec<Link>, LinkError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            parse(line).map_err(|reason| LinkError {
                format: "vecalign",
                line: at + 1,
                reason,
            })
        })
        .collect()
}

fn parse(line: &str) -> Result<Link, &'static str> {
    let mut fields = line.trim().splitn(3, ':');
    let source = indexes(fields.next().unwrap_or_default())?;
    let target = indexes(fields.next().unwrap_or_default())?;
    let score = fields
        .next()
        .map(|number| number.trim().parse().map_err(|_| "the third field is no number"));
    Ok(Link {
        source,
        target,
        score: score.transpose()?,
    })
}

fn indexes(field: &str) -> Result<Vec<usize>, &'static str> {
    let list = field
        .trim()
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or("expected [indexes]:[indexes]")?;
    let written = list.split(',').map(str::trim).filter(|index| !index.is_empty());
    written
        .map(|index| index.parse().map_err(|_| "an index is no whole number"))
        .collect()
}
