//! What a path leaves over of a document, as a document of its own.

use std::ops::Range;

use crate::align::Text;
use crate::align::runs::RunVectors;
use crate::embed::{EmbedError, Vectors};

/// The segments of a document that are left over, in order.
pub(super) struct Rest<'a> {
    /// Their numbers in the whole document.
    pub(super) numbers: Vec<usize>,
    pub(super) segments: Vec<&'a str>,
    singles: Vectors,
    whole: &'a dyn RunVectors,
}

impl<'a> Rest<'a> {
    pub(super) fn new(text: Text<'a>, numbers: Vec<usize>) -> Self {
        let singles = text.vectors.singles();
        let rows = numbers.iter().flat_map(|&number| singles.row(number).iter().copied());
        Self {
            segments: numbers.iter().map(|&number| text.segments[number]).collect(),
            singles: Vectors::new(singles.dimension(), rows.collect()),
            whole: text.vectors,
            numbers,
        }
    }

    /// The segments of the whole document that a run of the rest holds, where they stand next to each other.
    pub(super) fn run(&self, run: &Range<usize>) -> Option<Range<usize>> {
        let numbers = &self.numbers[run.clone()];
        let (&first, &last) = (numbers.first()?, numbers.last()?);
        (last - first + 1 == numbers.len()).then_some(first..last + 1)
    }
}

impl RunVectors for Rest<'_> {
    fn singles(&self) -> &Vectors {
        &self.singles
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
