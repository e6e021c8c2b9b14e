//! What the bundled weights do not know about one pair, learned from what a person decided about it: how its translator, and
//! whoever reviews, join, cut and leave out, and how far the probabilities are to be believed.
//!
//! The score of a bead of kind k becomes
//!
//! ```text
//! s'(bead) = b s(bead) + d_k        k: source null, target null, 1:1, 1:n, n:1, m:n
//! ```
//!
//! and that of opening a run of nulls is multiplied by b as well; 1 / b is the temperature. With D the paths that hold all
//! decisions, beads that stand as well as beads that must not, d and b maximise
//!
//! ```text
//! ln P(D) - sum over k of d_k^2 / (2 S^2) - (ln b)^2 / (2 T^2),     P(D) = Z(D) / Z
//! ```
//!
//! which is the likelihood that the weights were trained by, with a Gaussian prior at those weights in place of one at zero
//! (Chelba and Acero 2004). Every decision is judged given the texts, so that it does no harm that people decide about
//! doubtful beads first. It does harm to decide about one kind of bead only: a reviewer of the least certain twentieth of a
//! novel who never says that something was left out makes it look as if nothing ever was, and with S = 1 and T = 0.3 that cost 50
//! other beads. The prior is narrow for their sake; who decides about nulls as well would win a few beads more with S = 0.5.
//!
//! The machine's own beads are not learned from in this way. On the development sets, expectation maximisation of the kinds'
//! rates (Saerens et al. 2002) and the same likelihood of beads above a posterior both cost more beads than they won.

use super::bead::Shape;
use super::lattice::{Edge, Lattice, Posteriors, Scores};
use super::lbfgs::minimise;

/// Kinds of beads that have offsets of their own.
const KINDS: usize = 6;
/// `S`, in nats.
const OFFSET: f64 = 0.2;
/// `T`.
const SHARPNESS: f64 = 0.1;
/// Iterations of the optimiser.
const ITERATIONS: usize = 20;

/// Offsets of the kinds of beads, in nats, and what scores are multiplied by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Habits {
    offsets: [f64; KINDS],
    sharpness: f64,
}

impl Default for Habits {
    /// Those that the weights were trained on.
    fn default() -> Self {
        Self {
            offsets: [0.0; KINDS],
            sharpness: 1.0,
        }
    }
}

impl Habits {
    /// The most probable habits, given that of all paths, whose edges score as in `free`, one of those is right that `decided`
    /// leaves. The usual ones where it leaves none.
    pub(crate) fn of(lattice: &Lattice, edges: &[Edge], free: &Scores, decided: &Scores) -> Self {
        let loss = |point: &[f64], gradient: &mut [f64]| {
            let habits = Self::at(point);
            let all = lattice.posteriors(&habits.adjust(edges, free));
            let told = lattice.posteriors(&habits.adjust(edges, decided));
            let mut value = 0.0;
            for (k, (slot, &offset)) in gradient.iter_mut().zip(point).enumerate() {
                let precision = if k < KINDS { OFFSET } else { SHARPNESS }.powi(-2);
                *slot = precision * offset;
                value += precision * offset * offset / 2.0;
            }
            if !told.log_z.is_finite() {
                return value;
            }
            for (slot, surplus) in gradient.iter_mut().zip(habits.surplus(edges, free, &all, &told)) {
                *slot += surplus;
            }
            value + all.log_z - told.log_z
        };
        Self::at(&minimise(vec![0.0; KINDS + 1], ITERATIONS, loss))
    }

    /// Scores with these habits.
    pub(crate) fn adjust(&self, edges: &[Edge], scores: &Scores) -> Scores {
        let score = |(edge, &score): (&Edge, &f32)| {
            let offset = self.offsets[kind(edge.shape)];
            (self.sharpness * f64::from(score) + offset) as f32
        };
        Scores {
            edges: edges.iter().zip(&scores.edges).map(score).collect(),
            open: (self.sharpness * f64::from(scores.open)) as f32,
        }
    }

    /// Offsets, then the logarithm of the factor.
    fn at(point: &[f64]) -> Self {
        let mut habits = Self::default();
        habits.offsets.copy_from_slice(&point[..KINDS]);
        habits.sharpness = point[KINDS].exp();
        habits
    }

    /// Gradient of `ln Z - ln Z(D)`.
    fn surplus(&self, edges: &[Edge], free: &Scores, all: &Posteriors, told: &Posteriors) -> [f64; KINDS + 1] {
        let mut surplus = [0.0; KINDS + 1];
        let posteriors = all.edges.iter().zip(&told.edges);
        for ((edge, &score), (all, told)) in edges.iter().zip(&free.edges).zip(posteriors) {
            let more = f64::from(all - told);
            surplus[kind(edge.shape)] += more;
            surplus[KINDS] += self.sharpness * f64::from(score) * more;
        }
        surplus[KINDS] += self.sharpness * f64::from(free.open) * (all.opened - told.opened);
        surplus
    }
}

fn kind(shape: Shape) -> usize {
    match (shape.source(), shape.target()) {
        (_, 0) => 0,
        (0, _) => 1,
        (1, 1) => 2,
        (1, _) => 3,
        (_, 1) => 4,
        _ => 5,
    }
}
