//! Forward and backward sums of path weights, and the posteriors of edges.

use std::ops::Range;

use rayon::prelude::*;

use super::mass::{Mass, shift, weight, weights};
use super::{Lattice, MATCH, SOURCE_GAP, STATES, Scores, TARGET_GAP};

/// What forward-backward finds.
#[derive(Debug, Clone)]
pub(crate) struct Posteriors {
    /// Natural logarithm of the partition function; negative infinity when no path reaches the end.
    pub(crate) log_z: f64,
    /// Probability of every edge.
    pub(crate) edges: Vec<f32>,
    /// Expected number of runs of nulls.
    pub(crate) opened: f64,
}

/// Rows whose edges one unit of parallel work looks at.
const ROWS: usize = 512;

impl Lattice {
    /// The posterior probability of every edge.
    pub(crate) fn posteriors(&self, scores: &Scores) -> Posteriors {
        let (forward, backward) = rayon::join(|| self.forward(scores), || self.backward(scores));
        let total = forward.last().copied().unwrap_or_default();
        if total.is_empty() {
            return Posteriors {
                log_z: f64::NEG_INFINITY,
                edges: vec![0.0; self.len()],
                opened: 0.0,
            };
        }
        let sums = Sums {
            open: weight(scores.open),
            total: (total.values().iter().sum(), total.exponent),
            forward,
            backward,
        };
        let mut edges = vec![0.0; self.len()];
        let opened = self
            .split_by_rows(&mut edges, ROWS)
            .into_par_iter()
            .map(|(rows, shares)| self.shares(&sums, scores, rows, shares))
            .sum();
        Posteriors {
            log_z: total.ln(),
            edges,
            opened,
        }
    }

    /// Natural logarithm of the partition function; negative infinity when no path reaches the end.
    pub(crate) fn log_z(&self, scores: &Scores) -> f64 {
        let total = self.forward(scores).last().copied().unwrap_or_default();
        if total.is_empty() {
            f64::NEG_INFINITY
        } else {
            total.ln()
        }
    }

    /// The nodes that the path goes through with a probability of more than `least`; nothing when no path reaches the end.
    pub(crate) fn likely_nodes(&self, scores: &Scores, least: f64) -> Option<Vec<(usize, usize)>> {
        let (forward, backward) = rayon::join(|| self.forward(scores), || self.backward(scores));
        let total = forward.last().copied().unwrap_or_default();
        if total.is_empty() {
            return None;
        }
        let all: f64 = total.values().iter().sum();
        let likely = self.nodes_of_rows(0..self.corridor.n() + 1).filter(|&(node, ..)| {
            let (before, after) = (forward[node], backward[node]);
            let through: f64 = std::iter::zip(before.values(), after.values())
                .map(|(b, a)| b * a)
                .sum();
            shift(through / all, before.exponent + after.exponent - total.exponent) > least
        });
        Some(likely.map(|(_, i, j)| (i, j)).collect())
    }

    /// Fills in each edge's share of all paths, for the edges that leave `rows`, and gives the expected number of runs
    /// of nulls that they open.
    fn shares(&self, sums: &Sums, scores: &Scores, rows: Range<usize>, shares: &mut [f32]) -> f64 {
        let start = self.first_edge[self.corridor.offset(rows.start)];
        let mut opened = 0.0;
        let mut factors = Vec::new();
        for row in rows.map(|i| self.row(i)) {
            weights(&scores.edges[row.edges.clone()], &mut factors);
            for (node, j) in row.nodes() {
                let here = sums.forward[node];
                if here.is_empty() {
                    continue;
                }
                let ways = STATES.map(|state| entering(here.values(), state, sums.open) / sums.total.0);
                let opens = STATES.map(|state| opening(here.values(), state, sums.open) / sums.total.0);
                for (edge, to, state) in row.leaving(node, j) {
                    let there = sums.backward[to];
                    let rest = factors[edge - row.edges.start] * there.values()[state];
                    let exponent = here.exponent + there.exponent - sums.total.1;
                    shares[edge - start] = shift(ways[state] * rest, exponent).min(1.0) as f32;
                    if state != MATCH {
                        opened += shift(opens[state] * rest, exponent);
                    }
                }
            }
        }
        opened
    }

    fn forward(&self, scores: &Scores) -> Vec<Mass> {
        let open = weight(scores.open);
        let mut sums = vec![Mass::default(); self.corridor.len()];
        sums[0] = Mass::START;
        let mut factors = Vec::new();
        for row in self.rows() {
            weights(&scores.edges[row.edges.clone()], &mut factors);
            for (node, j) in row.nodes() {
                sums[node].settle();
                let here = sums[node];
                if here.is_empty() {
                    continue;
                }
                let ways = STATES.map(|state| entering(here.values(), state, open));
                for (edge, to, state) in row.leaving(node, j) {
                    sums[to].add(state, ways[state] * factors[edge - row.edges.start], here.exponent);
                }
            }
        }
        sums
    }

    fn backward(&self, scores: &Scores) -> Vec<Mass> {
        let open = weight(scores.open);
        let mut sums = vec![Mass::default(); self.corridor.len()];
        let mut factors = Vec::new();
        for row in self.rows().rev() {
            weights(&scores.edges[row.edges.clone()], &mut factors);
            for (node, j) in row.nodes().rev() {
                let mut onward = if node + 1 == sums.len() {
                    Mass::START
                } else {
                    Mass::default()
                };
                for (edge, to, state) in row.leaving(node, j) {
                    let there = sums[to];
                    let factor = factors[edge - row.edges.start];
                    onward.add(state, factor * there.values()[state], there.exponent);
                }
                let [end_or_match, source, target] = onward.values();
                onward.replace([
                    end_or_match + (source + target) * open,
                    end_or_match + source + target * open,
                    end_or_match + target,
                ]);
                onward.settle();
                sums[node] = onward;
            }
        }
        sums
    }
}

/// Both kinds of sums, and the sum over all paths with its exponent.
struct Sums {
    open: f64,
    total: (f64, i32),
    forward: Vec<Mass>,
    backward: Vec<Mass>,
}

/// Weight with which an edge into `state` can leave a node.
fn entering(here: [f64; 3], state: usize, open: f64) -> f64 {
    let [matched, source, target] = here;
    match state {
        SOURCE_GAP => matched * open + source,
        TARGET_GAP => (matched + source) * open + target,
        _ => matched + source + target,
    }
}

/// The part of [`entering`] that opens a run of nulls.
fn opening(here: [f64; 3], state: usize, open: f64) -> f64 {
    let from_source = if state == TARGET_GAP { here[SOURCE_GAP] } else { 0.0 };
    (here[MATCH] + from_source) * open
}
