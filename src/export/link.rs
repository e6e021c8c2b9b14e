//! A bead as alignment files have it.

use std::ops::Range;

/// Segments that correspond, as a file lists them: unlike a [`Bead`](crate::align::Bead) they need not be neighbours, nor
/// follow in order from one link to the next. Reference alignments have crossing links.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// Source segments, 0-based.
    pub source: Vec<usize>,
    /// Target segments, 0-based.
    pub target: Vec<usize>,
    /// The number that stands with the link, as written, where there is one. Whether more or less is better depends on
    /// the file's maker.
    pub score: Option<f64>,
}

impl Link {
    /// The link's segments as runs, where they follow one another without a gap. An empty side is the run `0..0`.
    pub fn runs(&self) -> Option<(Range<usize>, Range<usize>)> {
        Some((run(&self.source)?, run(&self.target)?))
    }
}

fn run(indexes: &[usize]) -> Option<Range<usize>> {
    let Some((&first, rest)) = indexes.split_first() else {
        return Some(0..0);
    };
    let gapless = rest.iter().zip(first + 1..).all(|(&index, expected)| index == expected);
    gapless.then(|| first..first + indexes.len())
}

/// Why an alignment file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a line of a {format} file: {reason}")]
pub struct LinkError {
    /// Name of the format.
    pub format: &'static str,
    /// 1-based number of the line.
    pub line: usize,
    /// What was expected there.
    pub reason: &'static str,
}
