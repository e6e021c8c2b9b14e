//! Some of a document's segments as a document of its own: what a path leaves over, or what a gap leaves standing.

use std::ops::Range;

use super::pair::Text;
use super::runs::RunVectors;
use crate::embed::{EmbedError, Vectors};
use crate::space::Map;

/// The segments of a document that are left, in any order.
pub(crate) struct Rest<'a> {
    /// Their numbers in the whole document.
    pub(crate) numbers: Vec<usize>,
    pub(crate) segments: Vec<&'a str>,
    singles: Vectors,
    whole: &'a dyn RunVectors,
}

impl<'a> Rest<'a> {
    pub(crate) fn new(text: Text<'a>, numbers: Vec<usize>) -> Self {
        let singles = text.vectors.singles();
        let rows = numbers.iter().flat_map(|&number| singles.row(number).iter().copied());
        Self {
            segments: numbers.iter().map(|&number| text.segments[number]).collect(),
            singles: Vectors::new(singles.dimension(), rows.collect()),
            whole: text.vectors,
            numbers,
        }
    }

    /// As the aligner takes it, in the space that `map` leads to.
    pub(crate) fn text<'b>(&'b self, map: Option<&'b Map>) -> Text<'b> {
        Text {
            segments: &self.segments,
            vectors: self,
            map,
        }
    }

    /// One vector a segment.
    pub(crate) fn vectors(&self) -> &Vectors {
        &self.singles
    }

    /// The segments of the whole document that a run of the rest holds, where they stand next to each other.
    pub(crate) fn run(&self, run: &Range<usize>) -> Option<Range<usize>> {
        let numbers = &self.numbers[run.clone()];
        let (&first, &last) = (numbers.first()?, numbers.last()?);
        (last + 1 == first + numbers.len()).then_some(first..last + 1)
    }
}

impl RunVectors for Rest<'_> {
    fn singles(&self) -> &Vectors {
        &self.singles
    }

    fn texts(&self, texts: &[&str]) -> Result<Option<Vectors>, EmbedError> {
        self.whole.texts(texts)
    }

    /// A run of segments that do not stand next to each other has no joined text: its vector is zero, like nothing.
    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let known: Vec<Option<Range<usize>>> = runs.iter().map(|run| self.run(run)).collect();
        let asked: Vec<Range<usize>> = known.iter().flatten().cloned().collect();
        let found = if asked.is_empty() {
            Vectors::default()
        } else {
            self.whole.runs(&asked)?
        };
        let width = self.singles.dimension();
        let mut rows = vec![0.0; runs.len() * width];
        let places = (0..runs.len()).filter(|&place| known[place].is_some());
        for (row, place) in places.enumerate() {
            rows[place * width..(place + 1) * width].copy_from_slice(found.row(row));
        }
        Ok(Vectors::new(width, rows))
    }
}
