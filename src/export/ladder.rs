//! Hunalign's ladder format: one rung a line, `source TAB target TAB score`.
//!
//! A rung `(n, m)` says that the first *n* source segments correspond to the first *m* target segments. Beads lie between
//! neighbouring rungs, and a rung's score belongs to the bead that starts there. The first rung is `(0, 0)`, the last one
//! holds the lengths of both documents.

use std::io::{self, Write};

use super::{Link, LinkError, Number};
use crate::align::Bead;

/// Writes the rungs around `beads`, with their numbers; nothing for no beads.
///
/// # Errors
/// What `out` reports.
pub fn write(beads: &[Bead], number: Number, out: &mut impl Write) -> io::Result<()> {
    for bead in beads {
        let number = match number {
            Number::Cosine => bead.score,
            Number::Posterior => bead.posterior,
        };
        writeln!(out, "{}\t{}\t{number:.6}", bead.source.start, bead.target.start)?;
    }
    let Some(last) = beads.last() else { return Ok(()) };
    writeln!(out, "{}\t{}\t0", last.source.end, last.target.end)
}

/// Reads the links between rungs. A ladder made by hand may lack scores; blank lines are passed over.
///
/// # Errors
/// With the number of the first line that is no rung, or that lies below the one before.
pub fn read(text: &str) -> Result<Vec<Link>, LinkError> {
    let mut links = Vec::new();
    let mut previous: Option<(usize, usize, Option<f64>)> = None;
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let error = |reason| LinkError {
            format: "ladder",
            line: at + 1,
            reason,
        };
        let (source, target, score) = parse(line).map_err(error)?;
        if let Some((source_before, target_before, score)) = previous {
            if source < source_before || target < target_before {
                return Err(error("a rung lies below the one before"));
            }
            let (source, target) = ((source_before..source).collect(), (target_before..target).collect());
            links.push(Link { source, target, score });
        }
        previous = Some((source, target, score));
    }
    Ok(links)
}

fn parse(line: &str) -> Result<(usize, usize, Option<f64>), &'static str> {
    let mut fields = line.split_whitespace();
    let mut count = || {
        fields
            .next()
            .and_then(|field| field.parse().ok())
            .ok_or("expected two whole numbers")
    };
    let (source, target) = (count()?, count()?);
    let score = fields
        .next()
        .map(|field| field.parse().map_err(|_| "the score is no number"));
    Ok((source, target, score.transpose()?))
}
