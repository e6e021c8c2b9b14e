//! Passages of several segments: what is left over on both sides is put together to two shorter documents and aligned by the
//! same lattice. A stretch of beads found there is a *moved block* when it crosses the path and is far beyond chance. What is
//! left over after that is searched again, since several blocks can cross each other.
//!
//! # Against chance
//!
//! The evidence of a bead is the greatest cosine of two of its segments in the evened-out space, in standard
//! deviations above that of segments which have nothing to do with each other. The best of N chance cells is expected
//! at `sqrt(2 ln N)`, with N the product of the left-over segments; a block is offered when the evidence beyond a
//! part of it, summed over its beads, exceeds the whole.

use super::{Left, MovedBlock, Standing, stretches};
use crate::align::coarse::Noise;
use crate::align::pair::{Pair, Text};
use crate::align::rest::Rest;
use crate::align::study::Study;
use crate::align::{AlignError, Bead, Options, Pins, weigh};
use crate::embed::EmbedError;
use crate::monitor::Monitor;

/// Posterior from which a bead beside the path can belong to a block.
const BELIEVED: f32 = 0.5;
/// Searches of what is left over, at most.
const ROUNDS: usize = 8;
/// Share of the evidence expected of the best chance cell that a bead of a block has to exceed to speak for it.
const SHARE: f32 = 0.5;

/// The search for passages that cross a path.
pub(super) struct Passages<'a> {
    pair: Pair<'a>,
    noise: Noise,
    source: Text<'a>,
    target: Text<'a>,
    path: &'a Standing,
    options: Options,
}

impl<'a> Passages<'a> {
    pub(super) fn new(study: &'a Study<'a>, path: &'a Standing) -> Result<Self, EmbedError> {
        let [source, target] = study.texts();
        let pair = Pair::new(source, target)?;
        Ok(Self {
            noise: Noise::estimate(&pair),
            pair,
            source,
            target,
            path,
            options: Options {
                pins: Pins::default(),
                ..study.options().clone()
            },
        })
    }

    /// Moved blocks of `beads` beads at least, one behind the other; what they hold is left over no more.
    pub(super) fn find(
        &self,
        left: &mut Left,
        beads: usize,
        monitor: &mut dyn Monitor,
    ) -> Result<Vec<MovedBlock>, AlignError> {
        let mut blocks = Vec::new();
        for _ in 0..ROUNDS {
            let mut found = self.round(left, monitor)?;
            found.retain(|block| block.beads.len() >= beads);
            if found.is_empty() {
                break;
            }
            left.without(&found);
            blocks.extend(found);
        }
        Ok(blocks)
    }

    /// The moved blocks on the best path through what is left over.
    fn round(&self, left: &Left, monitor: &mut dyn Monitor) -> Result<Vec<MovedBlock>, AlignError> {
        if left.source.is_empty() || left.target.is_empty() {
            return Ok(Vec::new());
        }
        let (source, target) = (
            Rest::new(self.source, left.source.clone()),
            Rest::new(self.target, left.target.clone()),
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
        let chance = (2.0 * ((left.source.len() * left.target.len()).max(2) as f32).ln()).sqrt();
        let blocks = stretches(whole).into_iter();
        Ok(blocks
            .filter(|block| self.path.cross(&block.source, &block.target) && self.is_beyond(block, chance))
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
}
