//! The conditional log-likelihood of known alignments, and its gradient.
//!
//! Where the gold alignment is known only in part (paragraph pairs), the likelihood is that of all paths that agree
//! with it (a conditional random field with hidden variables, Quattoni et al. 2007):
//!
//! ```text
//! L(w) = sum over documents of c_d (ln Z_gold(w) - ln Z(w)) - l |w|^2 / 2
//! dL/dw_k = sum over documents of c_d (E_gold[f_k] - E[f_k]) - l w_k
//! ```

use rayon::prelude::*;

use super::lattice::{Lattice, Scores};
use super::lbfgs::minimise;

/// One training document: a lattice, the features of its edges, and the edges that the gold alignment allows.
pub(crate) struct Example {
    pub(crate) lattice: Lattice,
    /// Feature values, edge after edge.
    pub(crate) features: Vec<f32>,
    /// Whether an edge agrees with the gold alignment.
    pub(crate) allowed: Vec<bool>,
    /// What the document counts.
    pub(crate) weight: f64,
}

/// Weights of the features, and of opening a run of nulls.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    pub(crate) features: Vec<f32>,
    pub(crate) open: f32,
}

/// Sums of products that are added up side by side.
const LANES: usize = 8;

impl Weights {
    /// No opinion about `count` features.
    pub(crate) fn zero(count: usize) -> Self {
        Self {
            features: vec![0.0; count],
            open: 0.0,
        }
    }

    /// Score of an edge.
    #[inline]
    pub(crate) fn score(&self, features: &[f32]) -> f32 {
        // Several sums at a time: an addition takes as long as a few can be begun in.
        let (weights, weights_left) = self.features.as_chunks::<LANES>();
        let (values, values_left) = features.as_chunks::<LANES>();
        let mut sums = [0.0_f32; LANES];
        for (weights, values) in weights.iter().zip(values) {
            for ((sum, weight), value) in sums.iter_mut().zip(weights).zip(values) {
                *sum += weight * value;
            }
        }
        let left = weights_left.iter().zip(values_left);
        sums.iter().sum::<f32>() + left.map(|(weight, value)| weight * value).sum::<f32>()
    }

    fn of(point: &[f64]) -> Self {
        let (open, features) = point.split_last().map_or((0.0, &[][..]), |(&open, rest)| (open, rest));
        Self {
            features: features.iter().map(|&weight| weight as f32).collect(),
            open: open as f32,
        }
    }

    fn to_point(&self) -> Vec<f64> {
        self.features
            .iter()
            .chain([&self.open])
            .map(|&weight| f64::from(weight))
            .collect()
    }
}

/// The weights of greatest likelihood under a Gaussian prior of precision `prior`, from `start`.
pub(crate) fn fit(examples: &[&Example], start: &Weights, prior: f64, iterations: usize) -> Weights {
    let point = minimise(start.to_point(), iterations, |point, gradient| {
        let weights = Weights::of(point);
        let parts: Vec<(f64, Vec<f64>)> = examples.par_iter().map(|example| example.loss(&weights)).collect();
        let mut value = 0.0;
        for (slot, weight) in gradient.iter_mut().zip(point) {
            *slot = prior * weight;
            value += prior * weight * weight / 2.0;
        }
        for (loss, part) in parts {
            value += loss;
            gradient.iter_mut().zip(part).for_each(|(slot, more)| *slot += more);
        }
        value
    });
    Weights::of(&point)
}

impl Example {
    /// Negative log-likelihood of the gold edges and its gradient, open last. Zero when no path agrees with the gold.
    pub(crate) fn loss(&self, weights: &Weights) -> (f64, Vec<f64>) {
        let width = weights.features.len();
        let edges: Vec<f32> = self
            .features
            .chunks_exact(width)
            .map(|features| weights.score(features))
            .collect();
        let masked = edges.iter().zip(&self.allowed);
        let gold = masked
            .map(|(&score, &allowed)| if allowed { score } else { f32::NEG_INFINITY })
            .collect();
        let all = self.lattice.posteriors(&Scores {
            edges,
            open: weights.open,
        });
        let gold = self.lattice.posteriors(&Scores {
            edges: gold,
            open: weights.open,
        });
        let mut gradient = vec![0.0; width + 1];
        if !gold.log_z.is_finite() {
            return (0.0, gradient);
        }
        for ((features, all), gold) in self.features.chunks_exact(width).zip(&all.edges).zip(&gold.edges) {
            let surplus = f64::from(all - gold);
            if surplus.abs() > 1e-7 {
                let slots = gradient.iter_mut().zip(features);
                slots.for_each(|(slot, &value)| *slot += self.weight * surplus * f64::from(value));
            }
        }
        gradient[width] = self.weight * (all.opened - gold.opened);
        (self.weight * (all.log_z - gold.log_z), gradient)
    }
}
