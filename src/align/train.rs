//! Training of the aligner's weights on gold alignments.

use std::collections::HashMap;

use rayon::prelude::*;

use super::band::Band;
use super::corridor::Corridor;
use super::fine;
use super::gold::{Gold, GoldBead, GoldKind};
use super::lattice::{Edge, Lattice};
use super::objective::{Example, Weights, fit};
use super::outline::{self, Outline, all_beads};
use super::pair::{Pair, Text};
use super::parameters::Parameters;
use super::passes::{FirstPass, band, corridor};
use super::pins::PinBoard;
use super::{AlignError, MAX_BEAD, check};
use crate::monitor::Monitor;

/// One pair of documents whose alignment is known.
#[derive(Clone, Copy)]
pub struct GoldPair<'a> {
    /// The document translated from.
    pub source: Text<'a>,
    /// The document translated to.
    pub target: Text<'a>,
    /// Its gold beads; every index is that of a segment.
    pub gold: &'a [GoldBead],
    /// What a gold bead means.
    pub kind: GoldKind,
}

/// Precision of the Gaussian prior on every weight.
const PRIOR: f64 = 0.8;
/// Iterations of the optimiser, each pass.
const ITERATIONS: usize = 100;
/// Beads of a set that count in full; the likelihood of a larger one counts by the square root of its size.
const FULL_COUNT: f64 = 300.0;
/// What a set counts whose gold are blocks.
const BLOCK_SHARE: f64 = 0.5;
/// Nodes around the gold path that train the first pass.
const OUTLINE_RADIUS: usize = 8;
/// Segments a side above which a set does not train the first pass, which has few weights and many edges.
const OUTLINE_SEGMENTS: usize = 1000;

/// Learns the weights of both passes. The monitor counts sets.
///
/// # Errors
/// As [`super::align`].
pub fn train(pairs: &[GoldPair], monitor: &mut dyn Monitor) -> Result<Parameters, AlignError> {
    let lessons = Lessons::prepare(pairs, monitor)?;
    Ok(lessons.without(None))
}

/// Learns weights for every pair from the pairs of other groups: `groups[k]` is the group of pair `k`, and what comes
/// back for it was fitted without any pair of that group. The first pass, which only drops hopeless beads, is fitted once
/// on all. The monitor counts sets.
///
/// # Errors
/// As [`super::align`].
pub fn leave_out(
    pairs: &[GoldPair],
    groups: &[&str],
    monitor: &mut dyn Monitor,
) -> Result<Vec<Parameters>, AlignError> {
    let mut lessons = Lessons::prepare(pairs, monitor)?;
    lessons.groups = groups.iter().map(|&group| group.to_owned()).collect();
    let mut fitted: HashMap<&str, Parameters> = HashMap::new();
    for &group in groups {
        fitted.entry(group).or_insert_with(|| lessons.without(Some(group)));
    }
    Ok(groups.iter().map(|group| fitted[group].clone()).collect())
}

/// All pairs as the second pass sees them, ready to be fitted.
struct Lessons {
    outline: Weights,
    examples: Vec<Example>,
    groups: Vec<String>,
}

impl Lessons {
    fn prepare(pairs: &[GoldPair], monitor: &mut dyn Monitor) -> Result<Self, AlignError> {
        monitor.report(0, pairs.len())?;
        pairs
            .iter()
            .try_for_each(|pair| check(pair.source, pair.target, MAX_BEAD))?;
        let read = pairs.par_iter().map(|pair| Pair::new(pair.source, pair.target));
        let mut read: Vec<Pair> = read.collect::<Result<_, _>>().map_err(crate::embed::EmbedError::from)?;
        let monotone: Vec<Gold> = pairs
            .iter()
            .zip(&read)
            .map(|(gold, pair)| monotone_gold(gold, pair))
            .collect();
        let known: Vec<(&GoldPair, &Pair, &Gold)> = pairs
            .iter()
            .zip(&read)
            .zip(&monotone)
            .map(|((gold, pair), monotone)| (gold, pair, monotone))
            .collect();
        let outline = fit_outline(&known);
        let mut examples = Vec::with_capacity(pairs.len());
        for ((gold, pair), monotone) in pairs.iter().zip(&mut read).zip(&monotone) {
            examples.push(fine_example(pair, monotone, &outline, importance(gold))?);
            monitor.report(examples.len(), pairs.len())?;
        }
        Ok(Self {
            outline,
            examples,
            groups: Vec::new(),
        })
    }

    fn without(&self, group: Option<&str>) -> Parameters {
        let kept = |index: usize| group.is_none_or(|group| self.groups[index] != group);
        let examples: Vec<&Example> = (0..self.examples.len())
            .filter(|&index| kept(index))
            .map(|index| &self.examples[index])
            .collect();
        let start = Weights::zero(fine::FEATURES.len());
        Parameters {
            outline: self.outline.clone(),
            fine: fit(&examples, &start, PRIOR, ITERATIONS),
        }
    }
}

fn monotone_gold(gold: &GoldPair, pair: &Pair) -> Gold {
    Gold::new(gold.gold, gold.kind, MAX_BEAD, pair.source.len(), pair.target.len())
}

/// What a set counts.
fn importance(gold: &GoldPair) -> f64 {
    let size = (gold.gold.len() as f64 / FULL_COUNT).max(1.0).sqrt();
    if gold.kind == GoldKind::Block {
        BLOCK_SHARE / size
    } else {
        1.0 / size
    }
}

fn fit_outline(known: &[(&GoldPair, &Pair, &Gold)]) -> Weights {
    let small = known
        .par_iter()
        .filter(|(_, pair, _)| pair.source.len().max(pair.target.len()) <= OUTLINE_SEGMENTS);
    let examples: Vec<Example> = small
        .map(|(gold, pair, monotone)| outline_example(pair, monotone, importance(gold)))
        .collect();
    let start = Weights::zero(outline::FEATURES.len());
    fit(&examples.iter().collect::<Vec<_>>(), &start, PRIOR, ITERATIONS)
}

/// All beads near the gold path.
fn outline_example(pair: &Pair, gold: &Gold, weight: f64) -> Example {
    let corridor = Corridor::around(&gold.path(), OUTLINE_RADIUS);
    let band = Band::new(pair, &corridor, MAX_BEAD);
    let lattice = Lattice::new(corridor.clone(), all_beads(&corridor, MAX_BEAD));
    let outline = Outline {
        pair,
        band: &band,
        reach: MAX_BEAD,
    };
    let features = outline.map(&lattice, <[f32]>::to_vec).concat();
    let allowed = lattice.edges().map(|edge| gold.allows(edge)).collect();
    Example {
        lattice,
        features,
        allowed,
        weight,
    }
}

/// The beads that survive the first pass, and those of the best path that agrees with the gold.
fn fine_example(pair: &mut Pair, gold: &Gold, outline: &Weights, weight: f64) -> Result<Example, AlignError> {
    let keep = |edge: Edge| gold.allows(edge);
    let pins = PinBoard::default();
    let searched = corridor(pair, &pins);
    let near = band(pair, &searched, &pins, MAX_BEAD);
    let first = FirstPass::fitted(pair, (&searched, &near), &pins, (MAX_BEAD, outline), Some(&keep))?;
    let features = first
        .fine(
            pair,
            MAX_BEAD,
            None,
            |_, _| Ok(()),
            |fine, edge| fine.features(edge).to_vec(),
        )?
        .concat();
    let allowed = first.lattice.edges().map(keep).collect();
    Ok(Example {
        lattice: first.lattice,
        features,
        allowed,
        weight,
    })
}
