//! What is known about the pair of documents so far. Everything large is shared, so that a copy costs next to nothing.

use std::sync::Arc;

use crate::align::{Alignment, Bead};
use crate::document::Document;
use crate::embed::Vectors;
use crate::pipeline::{Bitext, Lessons, Side};
use crate::rank::{Ranking, cosine};

/// Vectors of one document, in the chunks in which they arrived, ordered by their first segments.
#[derive(Debug, Clone, Default)]
struct Rows {
    chunks: Vec<(usize, Arc<Vectors>)>,
    len: usize,
}

impl Rows {
    fn add(&mut self, first: usize, chunk: Arc<Vectors>) {
        self.len += chunk.len();
        match self.chunks.binary_search_by_key(&first, |(first, _)| *first) {
            Ok(at) => {
                self.len -= self.chunks[at].1.len();
                self.chunks[at].1 = chunk;
            }
            Err(at) => self.chunks.insert(at, (first, chunk)),
        }
    }

    fn get(&self, index: usize) -> Option<&[f32]> {
        let at = self
            .chunks
            .partition_point(|(first, _)| *first <= index)
            .checked_sub(1)?;
        let (first, chunk) = &self.chunks[at];
        (index - first < chunk.len()).then(|| chunk.row(index - first))
    }
}

/// Marks a segment that belongs to no bead.
const NO_BEAD: u32 = u32::MAX;

/// An alignment and where in it every segment is.
#[derive(Debug, Default)]
struct Path {
    beads: Arc<Alignment>,
    of_source: Vec<u32>,
    of_target: Vec<u32>,
}

impl Path {
    fn new(alignment: Arc<Alignment>, sources: usize, targets: usize) -> Self {
        let mut of_source = vec![NO_BEAD; sources];
        let mut of_target = vec![NO_BEAD; targets];
        for (number, bead) in (0..).zip(&alignment.beads) {
            of_source
                .iter_mut()
                .take(bead.source.end)
                .skip(bead.source.start)
                .for_each(|of| *of = number);
            of_target
                .iter_mut()
                .take(bead.target.end)
                .skip(bead.target.start)
                .for_each(|of| *of = number);
        }
        Self {
            beads: alignment,
            of_source,
            of_target,
        }
    }
}

/// Documents, vectors, ranking and alignment, as far as they have come in.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    bitext: Option<Arc<Bitext>>,
    source: Rows,
    target: Rows,
    ranking: Option<Arc<Ranking>>,
    path: Option<Arc<Path>>,
    lessons: Option<Arc<Lessons>>,
    version: u64,
}

impl Findings {
    /// Takes the documents in; whatever was known about others is forgotten.
    pub fn set_documents(&mut self, bitext: Arc<Bitext>) {
        *self = Self {
            bitext: Some(bitext),
            version: self.version + 1,
            ..Self::default()
        };
    }

    /// Becomes what it was before.
    pub fn go_back(&mut self, before: Self) {
        *self = Self {
            version: self.version + 1,
            ..before
        };
    }

    /// Takes in vectors of the segments of `side` from `first` on, in place of those of the same chunk.
    pub fn add_vectors(&mut self, side: Side, first: usize, chunk: Arc<Vectors>) {
        self.version += 1;
        match side {
            Side::Source => self.source.add(first, chunk),
            Side::Target => self.target.add(first, chunk),
        }
    }

    /// Takes the ranking in.
    pub fn set_ranking(&mut self, ranking: Arc<Ranking>) {
        self.version += 1;
        self.ranking = Some(ranking);
    }

    /// Takes the alignment in.
    pub fn set_alignment(&mut self, alignment: Arc<Alignment>) {
        self.version += 1;
        self.path = Some(Arc::new(Path::new(
            alignment,
            self.len(Side::Source),
            self.len(Side::Target),
        )));
    }

    /// Takes in what was learned.
    pub fn set_lessons(&mut self, lessons: Arc<Lessons>) {
        self.version += 1;
        self.lessons = Some(lessons);
    }

    /// What was learned from the pair.
    pub fn lessons(&self) -> Option<&Lessons> {
        self.lessons.as_deref()
    }

    /// Whether there is a space that was learned from the pair.
    pub fn is_adapted(&self) -> bool {
        self.lessons().is_some_and(|lessons| lessons.vectors.is_some())
    }

    /// Cosine of a cell in the space that was learned, where there is one.
    pub fn adapted(&self, source: usize, target: usize) -> Option<f32> {
        let [sources, targets] = self.lessons.as_ref()?.vectors.as_ref()?;
        (source < sources.len() && target < targets.len()).then(|| cosine(sources.row(source), targets.row(target)))
    }

    /// Changes whenever something comes in.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The document of a side.
    pub fn document(&self, side: Side) -> Option<&Document> {
        let bitext = self.bitext.as_deref()?;
        Some(match side {
            Side::Source => &bitext.source,
            Side::Target => &bitext.target,
        })
    }

    /// Both documents.
    pub fn bitext(&self) -> Option<&Arc<Bitext>> {
        self.bitext.as_ref()
    }

    /// Segments of a side; 0 until the documents are read.
    pub fn len(&self, side: Side) -> usize {
        self.document(side).map_or(0, |document| document.segments.len())
    }

    /// Whether there is no cell to look at.
    pub fn is_empty(&self) -> bool {
        self.len(Side::Source) == 0 || self.len(Side::Target) == 0
    }

    /// Text of a segment; empty where there is none.
    pub fn text(&self, side: Side, index: usize) -> &str {
        let segments = self.document(side).map_or(&[][..], |document| &document.segments);
        segments.get(index).map_or("", |segment| &segment.text)
    }

    /// Vector of a segment, once it has arrived.
    pub fn row(&self, side: Side, index: usize) -> Option<&[f32]> {
        match side {
            Side::Source => self.source.get(index),
            Side::Target => self.target.get(index),
        }
    }

    /// Cosine of a cell, once both vectors have arrived.
    pub fn cosine(&self, source: usize, target: usize) -> Option<f32> {
        Some(cosine(self.row(Side::Source, source)?, self.row(Side::Target, target)?))
    }

    /// Whether all vectors of both sides have arrived.
    pub fn is_embedded(&self) -> bool {
        self.source.len >= self.len(Side::Source) && self.target.len >= self.len(Side::Target)
    }

    /// The ranking statistics.
    pub fn ranking(&self) -> Option<&Ranking> {
        self.ranking.as_deref()
    }

    /// The alignment.
    pub fn alignment(&self) -> Option<&Arc<Alignment>> {
        self.path.as_ref().map(|path| &path.beads)
    }

    /// The beads of the alignment; none until it is done.
    pub fn beads(&self) -> &[Bead] {
        self.path.as_ref().map_or(&[], |path| &path.beads.beads)
    }

    /// Number of the bead that holds a segment.
    pub fn bead_of(&self, side: Side, index: usize) -> Option<usize> {
        let path = self.path.as_ref()?;
        let beads = match side {
            Side::Source => &path.of_source,
            Side::Target => &path.of_target,
        };
        beads
            .get(index)
            .filter(|&&bead| bead != NO_BEAD)
            .map(|&bead| bead as usize)
    }

    /// Whether a segment is in a null bead: nothing on the other side translates it.
    pub fn is_unaligned(&self, side: Side, index: usize) -> bool {
        self.bead_of(side, index).is_some_and(|bead| {
            let bead = &self.beads()[bead];
            bead.source.is_empty() || bead.target.is_empty()
        })
    }

    /// Whether a cell lies on the chosen path.
    pub fn on_path(&self, source: usize, target: usize) -> bool {
        let bead = self.bead_of(Side::Source, source);
        bead.is_some() && bead == self.bead_of(Side::Target, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_found_in_whatever_order_they_came() {
        let chunk = |values: [f32; 2]| Arc::new(Vectors::new(1, values.to_vec()));
        let mut rows = Rows::default();
        rows.add(4, chunk([4.0, 5.0]));
        rows.add(0, chunk([0.0, 1.0]));
        assert_eq!(
            (rows.get(5), rows.get(2), rows.get(1)),
            (Some(&[5.0][..]), None, Some(&[1.0][..]))
        );
        rows.add(2, chunk([2.0, 3.0]));
        rows.add(4, chunk([4.5, 5.5]));
        assert_eq!(
            (rows.get(3), rows.get(5), rows.len),
            (Some(&[3.0][..]), Some(&[5.5][..]), 6)
        );
    }
}
