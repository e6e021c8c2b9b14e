//! Translation ranking: how well every target ranks as the translation of a source, and back.
//!
//! With unit vectors `x_i`, `y_j` and the score `s(i, j) = x_i · y_j` (Guo et al. 2018, eq. 2; Feng et al. 2020, §2.1), the
//! probability that target `j` translates source `i`, every other target of the document being a negative, is
//!
//! ```text
//! P(j | i) = exp(s(i, j) / T) / sum over j' of exp(s(i, j') / T)
//! ```
//!
//! and `P(i | j)` likewise over all sources: the two directions whose log losses LaBSE adds. The *ratio margin* (Artetxe
//! and Schwenk 2019, eq. 4) divides the score by the mean score of the nearest neighbours of both sides:
//!
//! ```text
//! margin(i, j) = s(i, j) / ((mean_k(i) + mean_k(j)) / 2)
//! ```
//!
//! The N x M score matrix is never stored. [`Ranking::compute`] passes over it once, in tiles, and keeps four numbers a
//! segment; every cell's probability and margin then follow from its cosine alone.

mod dot;

use std::ops::Range;

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use crate::embed::Vectors;
use crate::monitor::{Cancelled, Monitor};
pub use dot::cosine;

/// Nearest neighbours that the ratio margin averages over (`k` of Artetxe and Schwenk 2019).
pub const NEIGHBOURS: usize = 4;

/// Default softmax temperature: cosines are multiplied by 20.
pub const TEMPERATURE: f32 = 0.05;

/// Why a ranking was not computed.
#[derive(Debug, thiserror::Error)]
pub enum RankError {
    /// Nobody waits for it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The tensor library refused.
    #[error("the translation ranking could not be computed: {0}")]
    Compute(#[from] candle_core::Error),
}

/// 1-based rank of candidate `index` for `query`: one more than the candidates that score strictly higher.
pub fn rank_of(query: &[f32], candidates: &Vectors, index: usize) -> usize {
    let score = cosine(query, candidates.row(index));
    1 + (0..candidates.len())
        .filter(|&other| cosine(query, candidates.row(other)) > score)
        .count()
}

/// What one segment's scores against all segments of the other side come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidates {
    /// Index of the best-scoring candidate; the first, among equals.
    pub best: u32,
    /// Its cosine.
    pub best_score: f32,
    /// Natural logarithm of the softmax denominator: `ln sum exp(s / T)`.
    pub log_sum: f32,
    /// Mean cosine of the [`NEIGHBOURS`] nearest candidates (of all, where there are fewer).
    pub neighbourhood: f32,
}

/// Ranking statistics of a whole pair, in both directions.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    temperature: f32,
    forward: Vec<Candidates>,
    backward: Vec<Candidates>,
}

impl Ranking {
    /// Ranks all targets for every source and all sources for every target.
    ///
    /// Time grows with the product of the two sizes, memory with their sum. The monitor counts source segments.
    ///
    /// # Errors
    /// [`RankError::Cancelled`], when the monitor says so.
    pub fn compute(
        source: &Vectors,
        target: &Vectors,
        temperature: f32,
        monitor: &mut dyn Monitor,
    ) -> Result<Self, RankError> {
        let mut tallies = Tallies {
            temperature,
            forward: vec![Tally::EMPTY; source.len()],
            backward: vec![Tally::EMPTY; target.len()],
        };
        let targets = tensors(target, TILE.1)?;
        for (sources, queries) in tiles(source.len(), TILE.0).zip(tensors(source, TILE.0)?) {
            monitor.report(sources.start, source.len())?;
            for (range, candidates) in tiles(target.len(), TILE.1).zip(&targets) {
                let scores = queries.matmul(&candidates.t()?)?.flatten_all()?.to_vec1::<f32>()?;
                tallies.add(sources.clone(), range, &scores);
            }
        }
        Ok(tallies.finish())
    }

    /// Statistics of source segment `index` over all targets.
    pub fn forward(&self, index: usize) -> &Candidates {
        &self.forward[index]
    }

    /// Statistics of target segment `index` over all sources.
    pub fn backward(&self, index: usize) -> &Candidates {
        &self.backward[index]
    }

    /// `P(target | source)` of a cell, given its cosine.
    pub fn target_given_source(&self, source: usize, cosine: f32) -> f32 {
        (cosine / self.temperature - self.forward[source].log_sum)
            .exp()
            .min(1.0)
    }

    /// `P(source | target)` of a cell, given its cosine.
    pub fn source_given_target(&self, target: usize, cosine: f32) -> f32 {
        (cosine / self.temperature - self.backward[target].log_sum)
            .exp()
            .min(1.0)
    }

    /// Ratio margin of a cell, given its cosine; around 1 for a chance neighbour, above it for translations.
    pub fn margin(&self, source: usize, target: usize, cosine: f32) -> f32 {
        let around = f32::midpoint(self.forward[source].neighbourhood, self.backward[target].neighbourhood);
        if around.abs() < 1e-6 { 0.0 } else { cosine / around }
    }

    /// Translation-ranking accuracy (precision at 1) over known `(source, target)` pairs, each direction: the share whose
    /// partner scores highest. Zeros when `pairs` is empty.
    pub fn accuracy(&self, pairs: &[(usize, usize)]) -> (f32, f32) {
        let count = pairs.len().max(1) as f32;
        let there = pairs
            .iter()
            .filter(|&&(s, t)| self.forward[s].best as usize == t)
            .count();
        let back = pairs
            .iter()
            .filter(|&&(s, t)| self.backward[t].best as usize == s)
            .count();
        (there as f32 / count, back as f32 / count)
    }
}

/// Queries and candidates scored at a time: a tile of scores that stays in a core's cache.
const TILE: (usize, usize) = (128, 2048);

/// Running statistics of one segment while its candidates go by.
#[derive(Debug, Clone, Copy)]
struct Tally {
    best: u32,
    sum: f64,
    nearest: [f32; NEIGHBOURS],
}

impl Tally {
    const EMPTY: Self = Self {
        best: 0,
        sum: 0.0,
        nearest: [f32::NEG_INFINITY; NEIGHBOURS],
    };

    /// Takes candidate `index` in; `weight` is `exp((score - 1) / T)`, which cannot overflow since no cosine exceeds 1.
    fn add(&mut self, index: usize, score: f32, weight: f32) {
        self.sum += f64::from(weight);
        if score > self.nearest[NEIGHBOURS - 1] {
            self.insert(index, score);
        }
    }

    fn insert(&mut self, index: usize, score: f32) {
        let place = self
            .nearest
            .iter()
            .position(|&kept| score > kept)
            .unwrap_or(NEIGHBOURS - 1);
        self.nearest[place..].rotate_right(1);
        self.nearest[place] = score;
        if place == 0 {
            self.best = index as u32;
        }
    }

    fn finish(&self, temperature: f32) -> Candidates {
        let known: Vec<f32> = self.nearest.iter().copied().filter(|score| score.is_finite()).collect();
        Candidates {
            best: self.best,
            best_score: known.first().copied().unwrap_or(0.0),
            log_sum: self.sum.max(f64::MIN_POSITIVE).ln() as f32 + 1.0 / temperature,
            neighbourhood: known.iter().sum::<f32>() / known.len().max(1) as f32,
        }
    }
}

/// Statistics of both sides while tiles of the score matrix go by.
struct Tallies {
    temperature: f32,
    forward: Vec<Tally>,
    backward: Vec<Tally>,
}

impl Tallies {
    /// Takes in the scores of `sources` x `targets`, row after row.
    fn add(&mut self, sources: Range<usize>, targets: Range<usize>, scores: &[f32]) {
        let (width, temperature) = (targets.len(), self.temperature);
        let mut weights = vec![0.0; scores.len()];
        let rows = self.forward[sources.clone()]
            .par_iter_mut()
            .zip(scores.par_chunks(width));
        rows.zip(weights.par_chunks_mut(width))
            .for_each(|((tally, scores), weights)| {
                for (offset, (&score, weight)) in scores.iter().zip(weights).enumerate() {
                    *weight = ((score - 1.0) / temperature).exp();
                    tally.add(targets.start + offset, score, *weight);
                }
            });
        let columns = self.backward[targets].par_chunks_mut(COLUMNS).enumerate();
        columns.for_each(|(chunk, tallies)| {
            let first = chunk * COLUMNS;
            let cells = first..first + tallies.len();
            for (row, source) in sources.clone().enumerate() {
                let line = row * width + cells.start..row * width + cells.end;
                for ((tally, &score), &weight) in tallies.iter_mut().zip(&scores[line.clone()]).zip(&weights[line]) {
                    tally.add(source, score, weight);
                }
            }
        });
    }

    fn finish(&self) -> Ranking {
        let finish = |tallies: &[Tally]| tallies.iter().map(|tally| tally.finish(self.temperature)).collect();
        Ranking {
            temperature: self.temperature,
            forward: finish(&self.forward),
            backward: finish(&self.backward),
        }
    }
}

/// Target columns that one thread tallies at a time.
const COLUMNS: usize = 256;

fn tiles(length: usize, tile: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length)
        .step_by(tile)
        .map(move |first| first..(first + tile).min(length))
}

fn tensors(vectors: &Vectors, tile: usize) -> Result<Vec<Tensor>, RankError> {
    let width = vectors.dimension();
    let rows = |range: Range<usize>| &vectors.as_slice()[range.start * width..range.end * width];
    tiles(vectors.len(), tile)
        .map(|range| {
            Ok(Tensor::from_slice(
                rows(range.clone()),
                (range.len(), width),
                &Device::Cpu,
            )?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unit_rows(rows: &[Vec<f32>]) -> Vectors {
        let data = rows.iter().flat_map(|row| {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
            row.iter().map(move |x| x / length)
        });
        Vectors::new(rows[0].len(), data.collect())
    }

    fn documents() -> impl Strategy<Value = (Vectors, Vectors)> {
        let side = |count| prop::collection::vec(prop::collection::vec(0.01_f32..1.0, 5), count);
        (side(1..40_usize), side(1..40_usize)).prop_map(|(s, t)| (unit_rows(&s), unit_rows(&t)))
    }

    proptest! {
        #[test]
        fn probabilities_of_all_candidates_sum_to_one((source, target) in documents()) {
            let ranking = Ranking::compute(&source, &target, TEMPERATURE, &mut ()).unwrap();
            for i in 0..source.len() {
                let sum: f32 = (0..target.len())
                    .map(|j| ranking.target_given_source(i, cosine(source.row(i), target.row(j))))
                    .sum();
                prop_assert!((sum - 1.0).abs() < 1e-3, "source {i}: {sum}");
            }
            for j in 0..target.len() {
                let sum: f32 = (0..source.len())
                    .map(|i| ranking.source_given_target(j, cosine(source.row(i), target.row(j))))
                    .sum();
                prop_assert!((sum - 1.0).abs() < 1e-3, "target {j}: {sum}");
            }
        }

        #[test]
        fn the_best_candidate_ranks_first((source, target) in documents()) {
            let ranking = Ranking::compute(&source, &target, TEMPERATURE, &mut ()).unwrap();
            for i in 0..source.len() {
                let best = ranking.forward(i);
                let highest = (0..target.len()).map(|j| cosine(source.row(i), target.row(j))).fold(f32::MIN, f32::max);
                prop_assert!((best.best_score - highest).abs() < 1e-5);
                // Rounding may swap near-equals, never put a clearly worse candidate first.
                prop_assert!(cosine(source.row(i), target.row(best.best as usize)) > highest - 1e-5);
            }
        }
    }

    #[test]
    fn a_translation_outranks_its_rivals_in_both_directions() {
        let source = unit_rows(&[vec![1.0, 0.1, 0.0], vec![0.0, 1.0, 0.1], vec![0.1, 0.0, 1.0]]);
        let target = unit_rows(&[vec![0.0, 0.9, 0.0], vec![0.9, 0.0, 0.1]]);
        let ranking = Ranking::compute(&source, &target, TEMPERATURE, &mut ()).unwrap();
        assert_eq!(ranking.accuracy(&[(0, 1), (1, 0)]), (1.0, 1.0));
        assert_eq!(rank_of(source.row(0), &target, 1), 1);
        assert_eq!(rank_of(source.row(0), &target, 0), 2);
        let true_pair = cosine(source.row(0), target.row(1));
        assert!(ranking.margin(0, 1, true_pair) > 1.0);
    }

    #[test]
    fn an_empty_side_gives_an_empty_ranking() {
        let source = unit_rows(&[vec![1.0, 0.0]]);
        let ranking = Ranking::compute(&source, &Vectors::default(), TEMPERATURE, &mut ()).unwrap();
        assert!(ranking.forward(0).best_score.abs() < f32::EPSILON);
        assert!(ranking.forward(0).log_sum.is_finite());
    }

    #[test]
    fn cancelling_stops_the_ranking() {
        let source = unit_rows(&vec![vec![1.0, 0.0]; 300]);
        let mut cancel = |done: usize, _: usize| if done > 0 { Err(Cancelled) } else { Ok(()) };
        let result = Ranking::compute(&source, &source, TEMPERATURE, &mut cancel);
        assert!(matches!(result, Err(RankError::Cancelled(_))));
    }
}
