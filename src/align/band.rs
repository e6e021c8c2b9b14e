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

    /// Adds to `runs[k]` the sum over the k + 1 columns from `first` on.
    pub(crate) fn add_runs(self, first: usize, runs: &mut [f32]) {
        let sums = first
            .checked_sub(self.low)
            .map(|place| &self.sums[place.min(self.sums.len())..]);
        if let Some([start, ends @ ..]) = sums
            && ends.len() >= runs.len()
        {
            runs.iter_mut().zip(ends).for_each(|(run, end)| *run += end - start);
            return;
        }
        for (k, run) in runs.iter_mut().enumerate() {
            *run += self.sum(&(first..first + k + 1));
        }
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
        let weigh = || {
            let neighbours = neighbourhoods(&cosines, &low, m);
            let weighted = cosines.par_iter().enumerate().map(|(i, row)| {
                let (weight, others) = (source.weights[i], &target.weights[low[i]..]);
                summed(row.iter().zip(others).map(|(value, other)| value * weight * other))
            });
            (neighbours, weighted.collect())
        };
        let (((source_neighbours, target_neighbours), vectors), keys) =
            rayon::join(weigh, || common_keys(pair, &columns));
        Self {
            vectors: Rows {
                low: low.clone(),
                sums: vectors,
            },
            keys: Rows { low, sums: keys },
            source,
            target,
            source_neighbours,
            target_neighbours,
        }
    }

    /// Approximate cosine of two non-empty runs of up to `reach + 1` segments.
    pub(crate) fn cosine(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        self.vectors.block(x, y) * self.source.inverse(x) * self.target.inverse(y)
    }

    /// Sum of squared weights of the keys that two runs have in common.
    pub(crate) fn common_keys(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        self.keys.block(x, y)
    }

    /// What the sum of weighted cosines over a block is multiplied by to give the runs' cosine, together with
    /// [`Band::target_scales`]: one factor for every length of a source run that starts at `i`.
    pub(crate) fn source_scales(&self, i: usize) -> &[f32] {
        self.source.inverses(i)
    }

    /// The same for a target run that starts at `j`.
    pub(crate) fn target_scales(&self, j: usize) -> &[f32] {
        self.target.inverses(j)
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
            self.count += 1;
        } else if value <= self.values[NEAREST - 1] {
            return;
        }
        let mut place = self.count - 1;
        while place > 0 && self.values[place - 1] < value {
            self.values[place] = self.values[place - 1];
            place -= 1;
        }
        self.values[place] = value;
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
        let (own, vectors) = (&weights, &half.white);
        // For each segment its products with itself and the ones before it.
        let products = |last: usize| {
            (last.saturating_sub(reach - 1)..=last)
                .rev()
                .map(move |k| own[k] * own[last] * vectors.cosine(k, vectors, last))
                .chain(std::iter::repeat(0.0))
                .take(reach)
        };
        let products: Vec<f32> = (0..half.len()).into_par_iter().flat_map_iter(products).collect();
        let run_norms = |first: usize| {
            let mut square = 0.0;
            (first..first + reach)
                .map(|last| {
                    let Some(products) = products.get(last * reach..(last + 1) * reach) else {
                        return 1.0;
                    };
                    square += products[0] + 2.0 * products[1..=last - first].iter().sum::<f32>();
                    1.0 / square.max(1e-6).sqrt()
                })
                .collect::<Vec<f32>>()
        };
        let norms = (0..half.len()).into_par_iter().flat_map_iter(run_norms).collect();
        Self { weights, reach, norms }
    }

    /// One over the norm of the sum of each run from `first` on, by length.
    fn inverses(&self, first: usize) -> &[f32] {
        &self.norms[first * self.reach..(first + 1) * self.reach]
    }

    /// One over the norm of a run's sum.
    fn inverse(&self, run: &Range<usize>) -> f32 {
        self.norms[run.start * self.reach + run.len() - 1]
    }
}
