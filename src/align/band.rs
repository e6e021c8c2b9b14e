//! Similarities of single segments along a corridor, and what follows for runs of segments without their vectors.
//!
//! The vector of joined text is close to the normalised sum of its segments' vectors, each weighted by the square root of
//! its length (the bundled model itself adds tokens up). The cosine of two runs then needs only sums over a block of
//! the matrix of single similarities, divided by the two sums' norms.

use std::ops::Range;

use rayon::prelude::*;

use super::corridor::Corridor;
use super::pair::{Half, Pair, keys};

/// Values for pairs of segments near a corridor, summed along each row so that blocks are cheap.
struct Rows {
    low: Vec<usize>,
    sums: Vec<Vec<f32>>,
}

impl Rows {
    fn row(&self, i: usize) -> Row<'_> {
        Row {
            low: self.low[i],
            sums: &self.sums[i],
        }
    }

    fn block(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        x.clone().map(|i| self.row(i).sum(y)).sum()
    }
}

/// One row of [`Rows`].
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    low: usize,
    sums: &'a [f32],
}

impl Row<'_> {
    /// Sum over columns.
    pub(crate) fn sum(self, columns: &Range<usize>) -> f32 {
        let at = |j: usize| self.sums[j.saturating_sub(self.low).min(self.sums.len() - 1)];
        at(columns.end) - at(columns.start)
    }
}

/// Approximate similarities of runs near a corridor.
pub(crate) struct Band {
    vectors: Rows,
    keys: Rows,
    source: RunNorms,
    target: RunNorms,
    /// Mean cosine of each source segment to its nearest target segments in the band.
    pub(crate) source_neighbours: Vec<f32>,
    /// The same for target segments.
    pub(crate) target_neighbours: Vec<f32>,
}

/// Nearest segments that a neighbourhood averages over.
const NEAREST: usize = 4;

impl Band {
    /// Computes all similarities that beads of up to `reach` segments a side need.
    pub(crate) fn new(pair: &Pair, corridor: &Corridor, reach: usize) -> Self {
        let (n, m) = (corridor.n(), corridor.m());
        let columns = |i: usize| {
            let low = corridor.row(i.saturating_sub(reach)).start.saturating_sub(1);
            low..corridor.row((i + reach).min(n)).end.min(m)
        };
        let cosines: Vec<Vec<f32>> = (0..n)
            .into_par_iter()
            .map(|i| columns(i).map(|j| pair.cosine(i, j)).collect())
            .collect();
        let low: Vec<usize> = (0..n).map(|i| columns(i).start).collect();
        let (source, target) = (RunNorms::new(&pair.source, reach), RunNorms::new(&pair.target, reach));
        let (source_neighbours, target_neighbours) = neighbourhoods(&cosines, &low, m);
        let weighted = cosines.into_iter().enumerate().map(|(i, row)| {
            let weight = source.weights[i];
            summed(
                row.into_iter()
                    .zip(&target.weights[low[i]..])
                    .map(|(value, other)| value * weight * other),
            )
        });
        Self {
            vectors: Rows {
                low: low.clone(),
                sums: weighted.collect(),
            },
            keys: Rows {
                sums: common_keys(pair, &columns),
                low,
            },
            source,
            target,
            source_neighbours,
            target_neighbours,
        }
    }

    /// Approximate cosine of two non-empty runs of up to `reach + 1` segments.
    pub(crate) fn cosine(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        self.vectors.block(x, y) * self.scale(x, y)
    }

    /// Sum of squared weights of the keys that two runs have in common.
    pub(crate) fn common_keys(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        self.keys.block(x, y)
    }

    /// What the sum of weighted cosines over a block is multiplied by to give the runs' cosine.
    pub(crate) fn scale(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        self.source.inverse(x) * self.target.inverse(y)
    }

    /// Weighted cosines, and weights of common keys, of one source segment.
    pub(crate) fn rows(&self, i: usize) -> (Row<'_>, Row<'_>) {
        (self.vectors.row(i), self.keys.row(i))
    }
}

fn summed(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut sum = 0.0;
    let sums = values.map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(sums).collect()
}

fn neighbourhoods(cosines: &[Vec<f32>], low: &[usize], m: usize) -> (Vec<f32>, Vec<f32>) {
    let mut columns = vec![Nearest::default(); m];
    let rows = cosines.iter().zip(low).map(|(row, &low)| {
        let mut nearest = Nearest::default();
        for (column, &value) in columns[low..].iter_mut().zip(row) {
            nearest.add(value);
            column.add(value);
        }
        nearest.mean()
    });
    (rows.collect(), columns.iter().map(Nearest::mean).collect())
}

/// The greatest values seen.
#[derive(Clone, Default)]
struct Nearest {
    values: [f32; NEAREST],
    count: usize,
}

impl Nearest {
    fn add(&mut self, value: f32) {
        if self.count < NEAREST {
            self.values[self.count] = value;
            self.count += 1;
        } else if value > self.values[NEAREST - 1] {
            self.values[NEAREST - 1] = value;
        } else {
            return;
        }
        self.values[..self.count].sort_unstable_by(|a, b| b.total_cmp(a));
    }

    fn mean(&self) -> f32 {
        self.values[..self.count].iter().sum::<f32>() / self.count.max(1) as f32
    }
}

/// For every source segment, running sums over its columns of the squared weights of common keys.
fn common_keys(pair: &Pair, columns: &(dyn Fn(usize) -> Range<usize> + Sync)) -> Vec<Vec<f32>> {
    let mut places: Vec<Vec<u32>> = vec![Vec::new(); pair.weights.len()];
    for (j, tokens) in pair.target.tokens.iter().enumerate() {
        for key in keys(tokens).filter(|&key| pair.weights[key] > 0.0) {
            places[key].push(j as u32);
        }
    }
    let rows = pair.source.tokens.par_iter().enumerate().map(|(i, tokens)| {
        let columns = columns(i);
        let mut row = vec![0.0; columns.len()];
        for key in keys(tokens) {
            let first = places[key].partition_point(|&j| (j as usize) < columns.start);
            for &j in places[key][first..].iter().take_while(|&&j| (j as usize) < columns.end) {
                row[j as usize - columns.start] += pair.weights[key].powi(2);
            }
        }
        summed(row.into_iter())
    });
    rows.collect()
}

/// Weights of segments in runs, and norms of the weighted sums of runs.
struct RunNorms {
    weights: Vec<f32>,
    reach: usize,
    norms: Vec<f32>,
}

impl RunNorms {
    fn new(half: &Half, reach: usize) -> Self {
        let reach = reach + 1;
        let weights: Vec<f32> = half.tokens.iter().map(|tokens| tokens.length.sqrt()).collect();
        let vectors = &half.white;
        let run_norms = |first: usize| {
            let end = (first + reach).min(half.len());
            let mut square = 0.0;
            let mut norms = vec![1.0; reach];
            for last in first..end {
                let cross: f32 = (first..last)
                    .map(|k| weights[k] * vectors.cosine(k, vectors, last))
                    .sum();
                square += weights[last] * (2.0 * cross + weights[last] * vectors.cosine(last, vectors, last));
                norms[last - first] = 1.0 / square.max(1e-6).sqrt();
            }
            norms
        };
        let norms = (0..half.len()).into_par_iter().flat_map_iter(run_norms).collect();
        Self { weights, reach, norms }
    }

    /// One over the norm of a run's sum.
    fn inverse(&self, run: &Range<usize>) -> f32 {
        self.norms[run.start * self.reach + run.len() - 1]
    }
}
