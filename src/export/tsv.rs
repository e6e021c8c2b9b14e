//! Tab-separated pairs, for spreadsheets and training pipelines.
//!
//! UTF-8 without byte order mark, LF. A header line, then one bead a line:
//!
//! | column | content |
//! | --- | --- |
//! | `source`, `target` | the texts, segments joined as running text; empty on the open side of a null bead |
//! | `score` | cosine, -1 to 1; 0 for a null bead |
//! | `source_ids`, `target_ids` | 0-based numbers of the segments, joined by commas |
//! | `probability` | posterior probability of the bead, 0 to 1 |
//!
//! The format has no quoting: tabs and line ends inside a text are replaced by a space, everything else stands as it is.

use std::io::{self, Write};
use std::ops::Range;

use super::Bitext;
use super::field::one_line;

/// Names of the columns.
pub const HEADER: &str = "source\ttarget\tscore\tsource_ids\ttarget_ids\tprobability";

/// Writes the header and every bead, null beads too.
///
/// # Errors
/// What `out` reports.
pub fn write(bitext: &Bitext<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{HEADER}")?;
    for bead in bitext.beads {
        let (source, target) = (bitext.source.join(&bead.source), bitext.target.join(&bead.target));
        writeln!(
            out,
            "{}\t{}\t{:.6}\t{}\t{}\t{:.6}",
            one_line(&source),
            one_line(&target),
            bead.score,
            ids(&bead.source),
            ids(&bead.target),
            bead.posterior,
        )?;
    }
    Ok(())
}

/// Numbers of segments, joined by commas.
pub(super) fn ids(run: &Range<usize>) -> String {
    run.clone().map(|index| index.to_string()).collect::<Vec<_>>().join(",")
}
