//! Text that stands elsewhere in the translation: swapped chapters, notes gathered at the end.
//!
//! An [`Alignment`] is one path, so what crosses it is left over on both sides. The segments left over, and those of beads
//! that the path itself does not believe in, are put together to two shorter documents and aligned by the same lattice. A
//! stretch of beads found there is a *moved block* when it crosses the first path and is far beyond chance. What is left
//! over after that is searched again, since several blocks can cross each other.
//!
//! # Against chance
//!
//! The evidence of a bead is the greatest cosine of two of its segments in the evened-out space, in standard
//! deviations above that of segments which have nothing to do with each other. The best of N chance cells is expected
//! at `sqrt(2 ln N)`, with N the product of the left-over segments; a block is offered when the evidence beyond a
//! part of it, summed over its beads, exceeds the whole.

use std::ops::Range;

use super::coarse::Noise;
use super::pair::Pair;
use super::rest::Rest;
use super::{AlignError, Alignment, Bead, Options, Pins, Text, weigh};
use crate::embed::EmbedError;
use crate::monitor::Monitor;

/// Posterior below which a bead of the path counts as left over.
const DOUBTED: f32 = 0.5;
/// Posterior from which a bead beside the path can belong to a block.
const BELIEVED: f32 = 0.5;
/// Segments without counterpart that a block may hold in a row.
const HOLE: usize = 5;
/// Searches of what is left over, at most.
const ROUNDS: usize = 8;
/// Share of the evidence expected of the best chance cell that a bead of a block has to exceed to speak for it.
const SHARE: f32 = 0.5;

/// A passage that stands elsewhere in the other document.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedBlock {
    /// Its source segments, as 0-based indexes.
    pub source: Range<usize>,
    /// Its target segments.
    pub target: Range<usize>,
    /// The beads between them that have two sides, in order.
    pub beads: Vec<Bead>,
    /// Mean posterior of the beads, given that the passages belong together; 0 to 1.
    pub probability: f32,
}

/// Passages that cross the path of `alignment`, in source order. `options` are those of the alignment; its pins stay
/// untouched.
///
/// # Errors
/// As [`super::align`].
pub fn moved_blocks(
    source: Text,
    target: Text,
    alignment: &Alignment,
    options: &Options,
    monitor: &mut dyn Monitor,
) -> Result<Vec<MovedBlock>, AlignError> {
    let mut left = left_over(alignment);
    // Where no bead of the path is believed in, nothing can be said to cross it.
    if left.0.is_empty() || left.1.is_empty() || !alignment.beads.iter().any(stands) {
        return Ok(Vec::new());
    }
    let pair = Pair::new(source, target).map_err(EmbedError::from)?;
    let search = Search {
        noise: Noise::estimate(&pair),
        pair,
        source,
        target,
        alignment,
        options: Options {
            pins: Pins::default(),
            ..options.clone()
        },
    };
    let mut blocks: Vec<MovedBlock> = Vec::new();
    for _ in 0..ROUNDS {
        let found = search.round(&left, monitor)?;
        if found.is_empty() {
            break;
        }
        left.0.retain(|&i| found.iter().all(|block| !block.source.contains(&i)));
        left.1.retain(|&j| found.iter().all(|block| !block.target.contains(&j)));
        blocks.extend(found);
    }
    blocks.sort_by_key(|block| block.source.start);
    Ok(blocks)
}

/// The beads of an alignment with moved blocks in place of what it left over there: still every segment of both
/// documents once, but the target side no longer in order. Beads are ordered by source; those without source segments
/// stay behind the target segment that they follow, where that is possible.
pub fn with_moved(alignment: &Alignment, blocks: &[MovedBlock]) -> Vec<Bead> {
    let taken = |bead: &Bead| {
        let touches = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        let moved = blocks.iter().flat_map(|block| &block.beads);
        moved
            .into_iter()
            .any(|other| touches(&other.source, &bead.source) || touches(&other.target, &bead.target))
    };
    let moved_source = |i: usize| {
        blocks
            .iter()
            .flat_map(|block| &block.beads)
            .any(|bead| bead.source.contains(&i))
    };
    let moved_target = |j: usize| {
        blocks
            .iter()
            .flat_map(|block| &block.beads)
            .any(|bead| bead.target.contains(&j))
    };
    let null = |source: Range<usize>, target: Range<usize>, posterior: f32| Bead {
        source,
        target,
        score: 0.0,
        posterior,
    };
    let mut beads = Vec::with_capacity(alignment.beads.len());
    for bead in &alignment.beads {
        for moved in blocks.iter().flat_map(|block| &block.beads) {
            if bead.source.contains(&moved.source.start) {
                beads.push(moved.clone());
            }
        }
        if !taken(bead) {
            beads.push(bead.clone());
            continue;
        }
        // The other segments of a bead that gives way are left without a counterpart.
        let (at, doubt) = (bead.target.start, 1.0 - bead.posterior);
        let sources = bead.source.clone().filter(|&i| !moved_source(i));
        beads.extend(sources.map(|i| null(i..i + 1, at..at, doubt)));
        let targets = bead.target.clone().filter(|&j| !moved_target(j));
        beads.extend(targets.map(|j| null(bead.source.end..bead.source.end, j..j + 1, doubt)));
    }
    beads
}

/// Segments of both sides that the path leaves out, or matches without believing in it.
fn left_over(alignment: &Alignment) -> (Vec<usize>, Vec<usize>) {
    let loose = || alignment.beads.iter().filter(|bead| !stands(bead));
    (
        loose().flat_map(|bead| bead.source.clone()).collect(),
        loose().flat_map(|bead| bead.target.clone()).collect(),
    )
}

fn stands(bead: &Bead) -> bool {
    !bead.is_null() && bead.posterior >= DOUBTED
}

struct Search<'a> {
    pair: Pair<'a>,
    noise: Noise,
    source: Text<'a>,
    target: Text<'a>,
    alignment: &'a Alignment,
    options: Options,
}

impl Search<'_> {
    /// The moved blocks on the best path through what is left over.
    fn round(&self, left: &(Vec<usize>, Vec<usize>), monitor: &mut dyn Monitor) -> Result<Vec<MovedBlock>, AlignError> {
        if left.0.is_empty() || left.1.is_empty() {
            return Ok(Vec::new());
        }
        let (source, target) = (
            Rest::new(self.source, left.0.clone()),
            Rest::new(self.target, left.1.clone()),
        );
        let texts = (
            source.text(Some(&self.pair.source.map)),
            target.text(Some(&self.pair.target.map)),
        );
        let readings = weigh(texts.0, texts.1, &self.options, monitor)?;
        let path = readings.alignment(&Pins::default())?;
        let believed = path
            .beads
            .iter()
            .filter(|bead| !bead.is_null() && bead.posterior >= BELIEVED);
        let whole = believed.filter_map(|bead| {
            Some(Bead {
                source: source.run(&bead.source)?,
                target: target.run(&bead.target)?,
                ..bead.clone()
            })
        });
        let chance = (2.0 * ((left.0.len() * left.1.len()).max(2) as f32).ln()).sqrt();
        let blocks = stretches(whole).into_iter();
        Ok(blocks
            .filter(|block| self.crosses(block) && self.is_beyond(block, chance))
            .collect())
    }

    fn is_beyond(&self, block: &MovedBlock, chance: f32) -> bool {
        let sum: f32 = block
            .beads
            .iter()
            .map(|bead| self.evidence(bead) - SHARE * chance)
            .sum();
        sum > chance
    }

    fn evidence(&self, bead: &Bead) -> f32 {
        let cells = bead
            .source
            .clone()
            .flat_map(|i| bead.target.clone().map(move |j| (i, j)));
        cells
            .map(|(i, j)| self.noise.evidence(&self.pair, i, j))
            .fold(f32::NEG_INFINITY, f32::max)
    }

    /// Whether a bead that stands lies before the block on one side and after it on the other.
    fn crosses(&self, block: &MovedBlock) -> bool {
        self.alignment.beads.iter().filter(|bead| stands(bead)).any(|bead| {
            let (before, after) = (
                bead.source.end <= block.source.start,
                bead.source.start >= block.source.end,
            );
            (before && bead.target.start >= block.target.end) || (after && bead.target.end <= block.target.start)
        })
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
