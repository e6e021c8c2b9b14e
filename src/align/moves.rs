//! Text that stands elsewhere in the translation: swapped chapters, notes gathered at the end.
//!
//! An [`Alignment`] is one path, so what crosses it is left over on both sides, or has joined a neighbour. Long passages are
//! looked for first ([`passages`]), then single segments ([`scattered`]), then what short passages remain.

mod candidates;
mod closeness;
mod passages;
mod scale;
mod scattered;

use std::ops::Range;

use super::study::Study;
use super::{AlignError, Alignment, Bead, Lesson};
use crate::monitor::Monitor;
use passages::Passages;

/// Posterior below which a bead of the path counts as left over.
const DOUBTED: f32 = 0.5;
/// Segments without counterpart that a block may hold in a row.
const HOLE: usize = 5;
/// Beads of a long passage, at least.
const LONG: usize = 4;
/// Beads of a short one: a single bead that stands alone says too little about its neighbourhood.
const SHORT: usize = 2;

/// A passage that stands elsewhere in the other document.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedBlock {
    /// Its source segments, as 0-based indexes.
    pub source: Range<usize>,
    /// Its target segments.
    pub target: Range<usize>,
    /// The beads between them that have two sides, in order.
    pub beads: Vec<Bead>,
    /// What is left of beads of the path that had taken in segments of the passage, in order.
    pub mended: Vec<Bead>,
    /// Mean posterior of the beads, given that the passages belong together; 0 to 1.
    pub probability: f32,
}

/// Passages that cross the path of `alignment`, in source order. `lesson` is what `alignment` was drawn with, if it was.
///
/// # Errors
/// As [`super::align`].
pub fn moved_blocks(
    study: &Study,
    lesson: Option<&Lesson>,
    alignment: &Alignment,
    monitor: &mut dyn Monitor,
) -> Result<Vec<MovedBlock>, AlignError> {
    let path = Standing::of(alignment);
    let mut left = Left::by(alignment);
    // Where no bead of the path is believed in, nothing can be said to cross it.
    if path.beads.is_empty() || (left.source.is_empty() && left.target.is_empty()) {
        return Ok(Vec::new());
    }
    let passages = Passages::new(study, &path)?;
    let mut blocks = passages.find(&mut left, LONG, monitor)?;
    blocks.extend(scattered::find(study, lesson, &path, &mut left)?);
    blocks.extend(passages.find(&mut left, SHORT, monitor)?);
    blocks.sort_by_key(|block| block.source.start);
    Ok(blocks)
}

/// The beads of an alignment with moved blocks in place of what it left over there: still every segment of both
/// documents once, but the target side no longer in order. Beads are ordered by source; those without source segments
/// stay behind the target segment that they follow, where that is possible.
pub fn with_moved(alignment: &Alignment, blocks: &[MovedBlock]) -> Vec<Bead> {
    let moved = || blocks.iter().flat_map(|block| &block.beads);
    let mended = || blocks.iter().flat_map(|block| &block.mended);
    let placed = || moved().chain(mended());
    let null = |source: Range<usize>, target: Range<usize>, posterior: f32| Bead {
        source,
        target,
        score: 0.0,
        posterior,
    };
    let mut beads = Vec::with_capacity(alignment.beads.len());
    for bead in &alignment.beads {
        beads.extend(
            moved()
                .filter(|other| bead.source.contains(&other.source.start))
                .cloned(),
        );
        if !moved().any(|other| touch(&other.source, &bead.source) || touch(&other.target, &bead.target)) {
            beads.push(bead.clone());
            continue;
        }
        beads.extend(mended().filter(|rest| touch(&rest.source, &bead.source)).cloned());
        // The other segments of a bead that gives way are left without a counterpart.
        let (at, doubt) = (bead.target.start, 1.0 - bead.posterior);
        let sources = bead
            .source
            .clone()
            .filter(|i| !placed().any(|bead| bead.source.contains(i)));
        beads.extend(sources.map(|i| null(i..i + 1, at..at, doubt)));
        let targets = bead
            .target
            .clone()
            .filter(|j| !placed().any(|bead| bead.target.contains(j)));
        beads.extend(targets.map(|j| null(bead.source.end..bead.source.end, j..j + 1, doubt)));
    }
    beads
}

fn touch(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Segments that the path leaves out or matches without believing in it, and that no moved block holds yet.
struct Left {
    source: Vec<usize>,
    target: Vec<usize>,
}

impl Left {
    fn by(alignment: &Alignment) -> Self {
        let loose = || alignment.beads.iter().filter(|bead| !stands(bead));
        Self {
            source: loose().flat_map(|bead| bead.source.clone()).collect(),
            target: loose().flat_map(|bead| bead.target.clone()).collect(),
        }
    }

    fn without(&mut self, blocks: &[MovedBlock]) {
        self.source
            .retain(|i| blocks.iter().all(|block| !block.source.contains(i)));
        self.target
            .retain(|j| blocks.iter().all(|block| !block.target.contains(j)));
    }
}

fn stands(bead: &Bead) -> bool {
    !bead.is_null() && bead.posterior >= DOUBTED
}

/// What a path is sure of.
struct Standing {
    /// The beads that are believed in, in order.
    beads: Vec<Bead>,
    /// Segments that it leaves out, each side's in order.
    nulls: [Vec<usize>; 2],
}

impl Standing {
    fn of(alignment: &Alignment) -> Self {
        let nulls = || alignment.beads.iter().filter(|bead| bead.is_null());
        Self {
            beads: alignment.beads.iter().filter(|bead| stands(bead)).cloned().collect(),
            nulls: [
                nulls().flat_map(|bead| bead.source.clone()).collect(),
                nulls().flat_map(|bead| bead.target.clone()).collect(),
            ],
        }
    }

    /// Whether a source and a target segment are both left out.
    fn leaves_out(&self, source: usize, target: usize) -> bool {
        self.nulls[0].binary_search(&source).is_ok() && self.nulls[1].binary_search(&target).is_ok()
    }

    /// Whether a bead lies before the runs on one side and after them on the other.
    fn cross(&self, source: &Range<usize>, target: &Range<usize>) -> bool {
        let before = self.beads.partition_point(|bead| bead.source.end <= source.start);
        let after = self.beads.partition_point(|bead| bead.source.start < source.end);
        let last_before = before.checked_sub(1).and_then(|last| self.beads.get(last));
        let first_after = self.beads.get(after);
        last_before.is_some_and(|bead| bead.target.start >= target.end)
            || first_after.is_some_and(|bead| bead.target.end <= target.start)
    }
}

/// Beads put together that follow each other on both sides, up to small holes.
fn stretches(beads: impl Iterator<Item = Bead>) -> Vec<MovedBlock> {
    let mut blocks: Vec<MovedBlock> = Vec::new();
    for bead in beads {
        let follows = |block: &&mut MovedBlock| {
            let near = |end: usize, start: usize| (end..=end + HOLE).contains(&start);
            near(block.source.end, bead.source.start) && near(block.target.end, bead.target.start)
        };
        if let Some(block) = blocks.last_mut().filter(follows) {
            block.source.end = bead.source.end;
            block.target.end = bead.target.end;
            block.beads.push(bead);
        } else {
            blocks.push(MovedBlock {
                source: bead.source.clone(),
                target: bead.target.clone(),
                beads: vec![bead],
                mended: Vec::new(),
                probability: 0.0,
            });
        }
    }
    for block in &mut blocks {
        let sum: f32 = block.beads.iter().map(|bead| bead.posterior).sum();
        block.probability = sum / block.beads.len() as f32;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bead(source: Range<usize>, target: Range<usize>) -> Bead {
        Bead {
            source,
            target,
            score: 0.5,
            posterior: 0.9,
        }
    }

    #[test]
    fn an_accepted_note_leaves_the_bead_that_had_taken_it_in() {
        // The second target sentence is a note; its counterpart stands at the end of the source.
        let path = vec![bead(0..1, 0..2), bead(1..2, 2..3), bead(2..3, 3..3)];
        let note = MovedBlock {
            source: 2..3,
            target: 1..2,
            beads: vec![bead(2..3, 1..2)],
            mended: vec![bead(0..1, 0..1)],
            probability: 0.9,
        };
        let beads = with_moved(&Alignment { beads: path }, &[note]);
        assert_eq!(beads, [bead(0..1, 0..1), bead(1..2, 2..3), bead(2..3, 1..2)]);
    }

    #[test]
    fn a_path_crosses_what_lies_before_it_on_one_side_and_after_it_on_the_other() {
        let path = Standing {
            beads: vec![bead(0..1, 0..1), bead(2..3, 1..3)],
            nulls: [vec![1, 3], Vec::new()],
        };
        assert!(path.cross(&(3..4), &(0..1)) && path.cross(&(1..2), &(3..4)));
        assert!(!path.cross(&(1..2), &(1..2)) && !path.cross(&(3..4), &(3..4)));
    }
}
