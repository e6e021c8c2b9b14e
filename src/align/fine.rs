//! The second pass: the surviving beads, with the vectors of their joined text and all that the first pass taught.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::bead::Shape;
use super::lattice::{Edge, Lattice, Scores};
use super::objective::Weights;
use super::outline::shape_class;
use super::pair::{Half, Pair};
use super::survey::Survey;
use super::tokens::MARKS;
use crate::embed::{EmbedError, Vectors};
use crate::rank::cosine;

/// Names of the features of the second pass, in the order of [`Fine::features`].
pub(crate) const FEATURES: [&str; 36] = [
    "null",
    "one_to_one",
    "one_to_two",
    "one_to_three",
    "one_to_more",
    "two_to_two",
    "other",
    "cosine",
    "cosine_by_size",
    "around",
    "around_by_size",
    "neighbourhood",
    "neighbourhood_by_size",
    "length_difference",
    "length_proportion",
    "gain",
    "loss",
    "split",
    "numbers",
    "overlap",
    "overlap_by_size",
    "null_neighbourhood",
    "null_length",
    "ending",
    "marks",
    "dialogue",
    "lowercase",
    "lexicon",
    "lexicon_by_size",
    "lexicon_end",
    "size",
    "unclear_cosine_by_size",
    "unclear_length",
    "unclear_gain",
    "unclear_loss",
    "unclear_lexicon_by_size",
];

const LENGTH_CAP: f32 = 4.0;

/// Vectors of runs of one side, by first segment and length.
struct Runs {
    rows: HashMap<(usize, usize), usize>,
    vectors: Vectors,
}

impl Runs {
    fn fetch(half: &Half, wanted: impl Iterator<Item = Range<usize>>) -> Result<Self, EmbedError> {
        let mut runs: Vec<(usize, usize)> = wanted
            .filter(|run| run.len() > 1)
            .map(|run| (run.start, run.end))
            .collect();
        runs.sort_unstable();
        runs.dedup();
        let ranges: Vec<Range<usize>> = runs.iter().map(|&(start, end)| start..end).collect();
        let vectors = if ranges.is_empty() {
            Vectors::default()
        } else {
            half.vectors.runs(&ranges)?
        };
        Ok(Self {
            rows: runs.into_iter().enumerate().map(|(row, run)| (run, row)).collect(),
            vectors,
        })
    }
}

/// The second pass over one pair.
pub(crate) struct Fine<'a> {
    pair: &'a Pair<'a>,
    survey: &'a Survey,
    neighbourhoods: (&'a [f32], &'a [f32]),
    source: Runs,
    target: Runs,
    longest: usize,
}

impl<'a> Fine<'a> {
    /// Fetches the vectors that the edges of `lattice` need.
    pub(crate) fn new(
        pair: &'a Pair<'a>,
        survey: &'a Survey,
        neighbourhoods: (&'a [f32], &'a [f32]),
        lattice: &Lattice,
        max_bead: usize,
    ) -> Result<Self, EmbedError> {
        let longest = max_bead - 1;
        let around = |run: Range<usize>, end: usize| {
            let (start, stop) = (run.start, run.end);
            let mut runs = vec![run.clone()];
            if run.len() < longest {
                runs.push(start.saturating_sub(1)..stop);
                runs.push(start..(stop + 1).min(end));
            }
            for cut in start + 1..stop {
                runs.push(start..cut);
                runs.push(cut..stop);
            }
            runs
        };
        let matches = || lattice.edges().filter(|edge| !edge.shape.is_null()).map(Edge::runs);
        let source = Runs::fetch(&pair.source, matches().flat_map(|(x, _)| around(x, pair.source.len())))?;
        let target = Runs::fetch(&pair.target, matches().flat_map(|(_, y)| around(y, pair.target.len())))?;
        Ok(Self {
            pair,
            survey,
            neighbourhoods,
            source,
            target,
            longest,
        })
    }

    fn vector<'v>(half: &'v Half, runs: &'v Runs, run: &Range<usize>) -> &'v [f32] {
        match runs.rows.get(&(run.start, run.end)) {
            Some(&row) => runs.vectors.row(row),
            None => half.singles().row(run.start),
        }
    }

    /// Cosine of two runs; -1 where a model's vector is no number.
    pub(crate) fn cosine(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let (x, y) = (
            Self::vector(&self.pair.source, &self.source, x),
            Self::vector(&self.pair.target, &self.target, y),
        );
        cosine(x, y).max(-1.0).min(1.0)
    }

    /// Scores of all edges.
    pub(crate) fn scores(&self, lattice: &Lattice, weights: &Weights) -> Scores {
        let edges: Vec<Edge> = lattice.edges().collect();
        let edges = edges
            .into_par_iter()
            .with_min_len(64)
            .map(|edge| weights.score(&self.features(edge)))
            .collect();
        Scores {
            edges,
            open: weights.open,
        }
    }

    /// Feature values of a bead.
    pub(crate) fn features(&self, edge: Edge) -> [f32; FEATURES.len()] {
        let mut values = [0.0; FEATURES.len()];
        values[shape_class(edge.shape)] = 1.0;
        let (x, y) = edge.runs();
        if edge.shape.is_null() {
            let (neighbourhood, length) = if edge.shape == Shape::SOURCE_NULL {
                (
                    self.neighbourhoods.0[x.start],
                    self.pair.source.length(&x) * self.survey.length.ratio,
                )
            } else {
                (self.neighbourhoods.1[y.start], self.pair.target.length(&y))
            };
            values[21] = neighbourhood;
            values[22] = (1.0 + length / 100.0).log2();
            return values;
        }
        let size = (x.len() + y.len()) as f32 / 2.0;
        let here = self.cosine(&x, &y);
        let around = self.around(&x, &y);
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let neighbourhood = f32::midpoint(
            mean(&self.neighbourhoods.0[x.clone()]),
            mean(&self.neighbourhoods.1[y.clone()]),
        );
        let (long, short) = (self.pair.source.length(&x), self.pair.target.length(&y));
        values[7] = here;
        values[8] = here * size;
        values[9] = around;
        values[10] = around * size;
        values[11] = neighbourhood;
        values[12] = neighbourhood * size;
        values[13] = -self.survey.length.z(long, short).abs().min(LENGTH_CAP);
        values[14] = (1.0 + self.survey.length.proportion(long, short)).log2();
        values[15] = -self.gain(&x, &y, here);
        values[16] = self.loss(&x, &y, here);
        values[17] = self.split(&x, &y, here);
        values[18] = self.numbers(&x, &y);
        values[19] = self.overlap(&x, &y);
        values[20] = values[19] * size;
        self.surface(&x, &y, &mut values);
        let support = self.survey.lexicon.support(self.pair, &x, &y);
        values[27] = support.mean;
        values[28] = support.mean * size;
        values[29] = if x.len() + y.len() > 2 {
            support.weakest_end
        } else {
            0.0
        };
        values[30] = size - 1.0;
        let unclear = 1.0 - self.survey.clarity;
        values[31] = unclear * values[8];
        values[32] = unclear * values[13];
        values[33] = unclear * values[15];
        values[34] = unclear * values[16];
        values[35] = unclear * values[28];
        values
    }

    /// Ends, marks, dialogue and lower-case starts.
    fn surface(&self, x: &Range<usize>, y: &Range<usize>, values: &mut [f32]) {
        let (source, target) = (&self.pair.source.tokens[x.clone()], &self.pair.target.tokens[y.clone()]);
        let (first, last) = (
            (&source[0], &target[0]),
            (&source[source.len() - 1], &target[target.len() - 1]),
        );
        values[23] = self.survey.ending(last.0.ending, last.1.ending);
        let count = |side: &[super::tokens::Tokens], kind: usize| -> i32 {
            side.iter().map(|tokens| i32::from(tokens.marks[kind])).sum()
        };
        values[24] = (0..MARKS)
            .map(|kind| -((count(source, kind) - count(target, kind)).abs() as f32).min(2.0))
            .sum::<f32>();
        values[25] = f32::from(u8::from(first.0.dialogue == first.1.dialogue));
        values[26] = -f32::from(u8::from(first.0.lowercase)) - f32::from(u8::from(first.1.lowercase));
    }

    /// Mean cosine of each run with the segments just before and after the other.
    fn around(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let (n, m) = (self.pair.source.len(), self.pair.target.len());
        let (mut sum, mut count) = (0.0, 0);
        let mut take = |possible: bool, x: Range<usize>, y: Range<usize>| {
            if possible {
                (sum, count) = (sum + self.cosine(&x, &y), count + 1);
            }
        };
        take(y.start > 0, x.clone(), y.start.wrapping_sub(1)..y.start);
        take(y.end < m, x.clone(), y.end..y.end + 1);
        take(x.start > 0, x.start.wrapping_sub(1)..x.start, y.clone());
        take(x.end < n, x.end..x.end + 1, y.clone());
        sum / count.max(1) as f32
    }

    /// Largest gain in cosine from taking in one more segment at any of the four ends.
    fn gain(&self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let (n, m) = (self.pair.source.len(), self.pair.target.len());
        let (x_grows, y_grows) = (x.len() < self.longest, y.len() < self.longest);
        let mut best = 0.0_f32;
        let mut attempt = |possible: bool, x: Range<usize>, y: Range<usize>| {
            if possible {
                best = best.max(self.cosine(&x, &y) - here);
            }
        };
        attempt(x_grows && x.start > 0, x.start.saturating_sub(1)..x.end, y.clone());
        attempt(x_grows && x.end < n, x.start..x.end + 1, y.clone());
        attempt(y_grows && y.start > 0, x.clone(), y.start.saturating_sub(1)..y.end);
        attempt(y_grows && y.end < m, x.clone(), y.start..y.end + 1);
        best
    }

    /// Smallest loss in cosine from dropping an end segment of a side that has several.
    fn loss(&self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let mut least = f32::INFINITY;
        let mut attempt = |x: Range<usize>, y: Range<usize>| least = least.min(here - self.cosine(&x, &y));
        if x.len() > 1 {
            attempt(x.start + 1..x.end, y.clone());
            attempt(x.start..x.end - 1, y.clone());
        }
        if y.len() > 1 {
            attempt(x.clone(), y.start + 1..y.end);
            attempt(x.clone(), y.start..y.end - 1);
        }
        if least.is_finite() { least } else { 0.0 }
    }

    /// How much better the bead is than the best pair of beads that it could be cut into; 0 where it cannot.
    fn split(&self, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let mut best = f32::NEG_INFINITY;
        for i in x.start + 1..x.end {
            for j in y.start + 1..y.end {
                let halves = self.cosine(&(x.start..i), &(y.start..j)) + self.cosine(&(i..x.end), &(j..y.end));
                best = best.max(halves / 2.0);
            }
        }
        if best.is_finite() { here - best } else { 0.0 }
    }

    /// Numbers in common less half of those on one side only.
    fn numbers(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let gather = |half: &Half, run: &Range<usize>| {
            let mut numbers: Vec<u32> = half.tokens[run.clone()]
                .iter()
                .flat_map(|tokens| tokens.numbers.iter().copied())
                .collect();
            numbers.sort_unstable();
            numbers
        };
        let (source, target) = (gather(&self.pair.source, x), gather(&self.pair.target, y));
        let common = common(&source, &target);
        (common as f32 - 0.5 * (source.len() + target.len() - 2 * common) as f32).clamp(-3.0, 3.0)
    }

    /// Cosine of the weighted keys of the runs.
    fn overlap(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let norm = (self.pair.source.square(x) * self.pair.target.square(y)).sqrt();
        if norm <= 0.0 {
            return 0.0;
        }
        let gather = |half: &Half, run: &Range<usize>| {
            let mut keys: Vec<u32> = half.tokens[run.clone()]
                .iter()
                .flat_map(|tokens| super::pair::keys(tokens).map(|key| key as u32))
                .filter(|&key| self.pair.weights[key as usize] > 0.0)
                .collect();
            keys.sort_unstable();
            keys
        };
        let (source, target) = (gather(&self.pair.source, x), gather(&self.pair.target, y));
        let shared: f32 = intersection(&source, &target)
            .map(|key| self.pair.weights[key as usize].powi(2))
            .sum();
        (shared / norm).min(1.0)
    }
}

fn common(a: &[u32], b: &[u32]) -> usize {
    intersection(a, b).count()
}

/// Elements that two sorted lists have in common, as often as both hold them.
fn intersection<'a>(a: &'a [u32], b: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    let mut rest = b.iter().peekable();
    a.iter().copied().filter(move |key| {
        while rest.next_if(|other| *other < key).is_some() {}
        rest.next_if_eq(&key).is_some()
    })
}
