//! Whether stretches of two documents are translations of each other at all.
//!
//! The best path through two documents that have nothing to do with each other is the best of very many and looks good for
//! it, and a lexicon learned from it agrees with it. What choice alone can do shows when the target's order is turned round:
//! between translations next to nothing is left, between strangers as much as before. Let Z be the weight of all readings
//! of a stretch of the best path, by the first pass's features, and Z' that of the same segments with the target's in
//! reverse. With D = ln Z - ln Z', and n the different segments of the side that has fewer,
//!
//! ```text
//! ln r = 0.57 D - 0.24 n - 2.6
//! ```
//!
//! is how many times likelier D is if the stretch is translated: a logistic regression on stretches of the development sets
//! and of documents paired at random. Where n < 10 nothing can be told, and r = 1. Lengths are taken to be in the ratio that
//! they have in what the path joins. Two documents are either a translation, where one stretch in a hundred has no
//! counterpart, or, one pair in a hundred, strangers, where one stretch in fifty has; Bayes' rule gives the probability of
//! every stretch from the r of all.

use std::collections::HashSet;
use std::ops::Range;

use rayon::prelude::*;

use super::band::Band;
use super::bead::Shape;
use super::corridor::Corridor;
use super::lattice::{Edge, Lattice};
use super::length::LengthModel;
use super::objective::Weights;
use super::outline::{Outline, all_beads};
use super::pair::{Pair, Text};
use super::pins::{PinBoard, Runs};
use super::rest::Rest;
use crate::embed::EmbedError;

/// Segments of a stretch's longer side, about.
const STRETCH: usize = 64;
/// Stretches looked at first; the others only where one of these is in doubt.
const SAMPLE: usize = 6;
/// Probability from which a stretch is not in doubt.
const SURE: f64 = 0.9;
/// Segments of both sides in the beads that are summed over, at most.
const BEAD: usize = 3;
/// Weight of D.
const PER_NAT: f64 = 0.57;
/// Cost of a segment: what D grows by between strangers, and more.
const PER_SEGMENT: f64 = 0.24;
/// Cost of a stretch.
const PER_STRETCH: f64 = 2.6;
/// Different segments below which a stretch tells nothing.
const FEWEST: usize = 10;
/// Share of pairs that are translations.
const TRANSLATIONS: f64 = 0.99;
/// Share of a translation's stretches that are translated.
const OF_TRANSLATIONS: f64 = 0.99;
/// Share of strangers' stretches that are.
const OF_STRANGERS: f64 = 0.02;

/// How probable it is that stretches of two documents are translations of each other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relatedness {
    /// In order; empty where nothing is in doubt.
    stretches: Vec<(Runs, f32)>,
}

impl Relatedness {
    /// The same, but that what a person joined vouches for its stretch.
    pub(crate) fn vouched(&self, pins: &PinBoard) -> Self {
        let joined = |(source, target): &Runs| {
            let meets = |edge: Edge| source.contains(&edge.i) || target.contains(&edge.j);
            pins.matches().any(meets)
        };
        let doubtful = self.stretches.iter().filter(|(stretch, _)| !joined(stretch));
        Self {
            stretches: doubtful.cloned().collect(),
        }
    }

    /// The probability that the segments of a bead stand where there is anything to be joined.
    pub(crate) fn of_bead(&self, edge: Edge) -> f32 {
        let source = self.stretches.partition_point(|((x, _), _)| x.end <= edge.i);
        let target = self.stretches.partition_point(|((_, y), _)| y.end <= edge.j);
        let of_source = self.stretches.get(source).filter(|((x, _), _)| x.contains(&edge.i));
        let of_target = self.stretches.get(target).filter(|((_, y), _)| y.contains(&edge.j));
        let least = |side: Option<&(Runs, f32)>| side.map_or(1.0, |&(_, probability)| probability);
        match edge.shape {
            Shape::SOURCE_NULL => least(of_source),
            Shape::TARGET_NULL => least(of_target),
            _ => least(of_source).min(least(of_target)),
        }
    }
}

/// Two documents put to the test along a path.
pub(crate) struct Trial<'a, 'b> {
    texts: [Text<'a>; 2],
    pair: &'b Pair<'a>,
    lengths: LengthModel,
    weights: &'b Weights,
    stretches: Vec<Runs>,
}

impl<'a, 'b> Trial<'a, 'b> {
    /// `weights` are those of the first pass.
    pub(crate) fn new(texts: [Text<'a>; 2], pair: &'b Pair<'a>, weights: &'b Weights, path: &[Edge]) -> Self {
        Self {
            texts,
            pair,
            lengths: LengthModel {
                ratio: ratio(pair, path).unwrap_or(pair.length.ratio),
                ..pair.length
            },
            weights,
            stretches: stretches(path),
        }
    }

    /// Whether some stretches, evenly spread, leave no doubt.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub(crate) fn is_passed(&self) -> Result<bool, EmbedError> {
        let count = self.stretches.len().min(SAMPLE);
        let place = |k: usize| (2 * k + 1) * self.stretches.len() / (2 * count);
        let some: Vec<&Runs> = (0..count).map(|k| &self.stretches[place(k)]).collect();
        let probabilities = related(&self.evidence(&some)?);
        Ok(probabilities.iter().all(|&probability| probability >= SURE))
    }

    /// What all stretches say.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub(crate) fn relatedness(self) -> Result<Relatedness, EmbedError> {
        let all: Vec<&Runs> = self.stretches.iter().collect();
        let probabilities = related(&self.evidence(&all)?);
        let probabilities = probabilities.into_iter().map(|probability| probability as f32);
        Ok(Relatedness {
            stretches: self.stretches.into_iter().zip(probabilities).collect(),
        })
    }

    /// ln r of stretches.
    fn evidence(&self, stretches: &[&Runs]) -> Result<Vec<f64>, EmbedError> {
        let of_stretch = |(source, target): &&Runs| {
            let different = different(self.texts[0], source).min(different(self.texts[1], target));
            if different < FEWEST {
                return Ok(0.0);
            }
            let straight = self.log_z(source.clone().collect(), target.clone().collect())?;
            let reverse = self.log_z(source.clone().collect(), target.clone().rev().collect())?;
            Ok(PER_NAT * (straight - reverse) - PER_SEGMENT * different as f64 - PER_STRETCH)
        };
        stretches.par_iter().map(of_stretch).collect()
    }

    /// Logarithm of the weight of all readings of some segments in this order.
    fn log_z(&self, source: Vec<usize>, target: Vec<usize>) -> Result<f64, EmbedError> {
        let (source, target) = (Rest::new(self.texts[0], source), Rest::new(self.texts[1], target));
        let mut part = self.pair.part([&source, &target])?;
        part.length = self.lengths;
        let corridor = Corridor::full(part.source.len(), part.target.len());
        let band = Band::new(&part, &corridor, BEAD);
        let lattice = Lattice::new(corridor.clone(), all_beads(&corridor, BEAD));
        let outline = Outline {
            pair: &part,
            band: &band,
            reach: BEAD,
        };
        Ok(lattice.log_z(&outline.scores(&lattice, self.weights)))
    }
}

/// Target bytes for one source byte of what a path joins: that of the whole documents misleads where a chapter is missing.
fn ratio(pair: &Pair, path: &[Edge]) -> Option<f32> {
    let matches = path.iter().filter(|edge| !edge.shape.is_null());
    let (x, y) = matches
        .map(|edge| edge.runs())
        .map(|(x, y)| (pair.source.length(&x), pair.target.length(&y)))
        .fold((0.0, 0.0), |(x, y), lengths| (x + lengths.0, y + lengths.1));
    (x > 0.0 && y > 0.0).then_some(y / x)
}

fn different(text: Text, run: &Range<usize>) -> usize {
    text.segments[run.clone()].iter().collect::<HashSet<_>>().len()
}

/// Cuts a path where either side has gone on far enough. Between two segments of one side alone there is no stretch.
fn stretches(path: &[Edge]) -> Vec<Runs> {
    let end = |edge: &Edge| {
        let (x, y) = edge.runs();
        (x.end, y.end)
    };
    let (n, m) = path.last().map_or((0, 0), end);
    let longer = n.max(m);
    let most = longer.div_ceil(longer.div_ceil(STRETCH).max(1)).max(1);
    let mut parts = Vec::new();
    let mut from = (0, 0);
    for to in path.iter().map(end) {
        if (to.0 - from.0).max(to.1 - from.1) < most && to != (n, m) {
            continue;
        }
        if to.0 > from.0 && to.1 > from.1 {
            parts.push((from.0..to.0, from.1..to.1));
        }
        from = to;
    }
    parts
}

/// Probability of every stretch to be translated, given ln r of all.
fn related(evidence: &[f64]) -> Vec<f64> {
    let ratio = |evidence: f64| evidence.min(80.0).exp();
    let kind = |share: f64| -> f64 { evidence.iter().map(|&e| (share * ratio(e) + 1.0 - share).ln()).sum() };
    let odds = TRANSLATIONS.ln() + kind(OF_TRANSLATIONS) - (1.0 - TRANSLATIONS).ln() - kind(OF_STRANGERS);
    let translation = 1.0 / (1.0 + (-odds).exp());
    let of_kind = |share: f64, r: f64| share * r / (share * r + 1.0 - share);
    let of_stretch = |&e: &f64| {
        let r = ratio(e);
        translation * of_kind(OF_TRANSLATIONS, r) + (1.0 - translation) * of_kind(OF_STRANGERS, r)
    };
    evidence.iter().map(of_stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::Pins;

    #[test]
    fn one_good_stretch_speaks_for_the_pair_but_not_for_a_bad_one() {
        let alone = related(&[-2.0])[0];
        let in_company = related(&[-2.0, 20.0, 25.0])[0];
        assert!(alone < in_company && in_company > SURE, "{alone} {in_company}");
        let strange = related(&[-15.0, 20.0, 25.0]);
        assert!(strange[0] < 0.01 && strange[1] > 0.99, "{strange:?}");
        assert!(related(&[-6.0; 5]).iter().all(|&probability| probability < 0.01));
        assert!(related(&[0.0])[0] > SURE && related(&[]).is_empty());
    }

    #[test]
    fn stretches_follow_the_path_and_leave_gaps_out() {
        let bead = |i, j, a, b| Edge {
            i,
            j,
            shape: Shape::new(a, b),
        };
        let mut path: Vec<Edge> = (0..100).map(|k| bead(k, k, 1, 1)).collect();
        path.extend((0..200).map(|k| bead(100 + k, 100, 1, 0)));
        path.extend((0..40).map(|k| bead(300 + k, 100 + k, 1, 1)));
        let parts = stretches(&path);
        let sides = |part: &Runs| (part.0.len(), part.1.len());
        assert!(parts.iter().all(|part| sides(part).1 > 0), "{parts:?}");
        let covered: usize = parts.iter().map(|part| sides(part).1).sum();
        assert_eq!(covered, 140);
        assert_eq!(stretches(&[]), []);
    }

    #[test]
    fn a_bead_is_as_doubtful_as_its_stretch_until_a_person_joins_something_there() {
        let doubt = Relatedness {
            stretches: vec![(0..5, 0..4, 0.2), (5..9, 6..9, 0.7)]
                .into_iter()
                .map(|(x, y, p)| ((x, y), p))
                .collect(),
        };
        let of = |doubt: &Relatedness, i, j, a, b| {
            let bead = Edge {
                i,
                j,
                shape: Shape::new(a, b),
            };
            (100.0 * doubt.of_bead(bead)).round() as u8
        };
        let values = [
            of(&doubt, 0, 0, 1, 1),
            of(&doubt, 4, 7, 2, 1),
            of(&doubt, 9, 4, 0, 1),
            of(&doubt, 6, 0, 1, 0),
        ];
        assert_eq!(values, [20, 20, 100, 70]);
        let pins = Pins {
            forced: vec![(2..3, 1..3)],
            ..Pins::default()
        };
        let vouched = doubt.vouched(&PinBoard::new(&pins, 9, 9).unwrap());
        assert_eq!([of(&vouched, 0, 0, 1, 1), of(&vouched, 6, 7, 1, 1)], [100, 70]);
    }
}
