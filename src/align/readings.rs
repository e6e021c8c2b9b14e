//! The weighed readings of one pair, from which alignments are drawn: at first, and again whenever a person settles
//! something.

use std::collections::HashSet;
use std::ops::Range;

use super::bead::{Alignment, Bead, Shape};
use super::habits::Habits;
use super::lattice::{Edge, Lattice, Posteriors, Scores};
use super::pins::{PinBoard, PinError, Pins, Runs};
use super::relatedness::Relatedness;

/// What a proposed match costs, for a right one that earns 2: the path of greatest expected F1, which is F, is the one of
/// greatest `2 right - F proposed` (Dinkelbach 1967), and this is an F that occurs.
const STAKE: f32 = 0.9;
/// What a right null earns.
const NULL_REWARD: f32 = 0.9;
/// What a wrong null costs: several uncertain matches are no reason to leave a segment out.
const NULL_STAKE: f32 = 0.5;
/// Probability of a stretch to be translated below which nothing in it is joined.
const TOGETHER: f32 = 0.5;
/// Beads of the best reading that the runner-up may differ in.
const STRETCH: usize = 3;

/// Scores of all beads that are not hopeless.
#[derive(Debug, Clone)]
pub struct Readings {
    lattice: Lattice,
    edges: Vec<Edge>,
    /// What the features say.
    plain: Scores,
    /// The same with the pair's habits.
    scores: Scores,
    /// Cosine of every edge's runs.
    cosines: Vec<f32>,
    relatedness: Relatedness,
}

/// Another reading of the segments of a bead, and perhaps of its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct RunnerUp {
    /// The beads instead.
    pub beads: Vec<Bead>,
    /// Probability of exactly these beads, given that everything around stays as it is; 0 to 1.
    pub probability: f32,
}

impl Readings {
    pub(crate) fn new(lattice: Lattice, scores: Scores, cosines: Vec<f32>) -> Self {
        Self {
            edges: lattice.edges().collect(),
            lattice,
            plain: scores.clone(),
            scores,
            cosines,
            relatedness: Relatedness::default(),
        }
    }

    /// The same, where not everything need be a translation. What the lattice says holds in as far as it is.
    pub(crate) fn in_doubt(self, relatedness: Relatedness) -> Self {
        Self { relatedness, ..self }
    }

    /// The habits of the pair, as far as decisions tell them. Decisions teach nothing that the readings were weighed with
    /// already, or that need a bead that was hopeless then.
    ///
    /// # Errors
    /// When pins exclude each other or lie outside.
    pub fn habits(&self, pins: &Pins) -> Result<Habits, PinError> {
        let forced: HashSet<&Runs> = pins.forced.iter().collect();
        let weighed = self.edges.iter().map(|edge| edge.runs());
        let known: HashSet<Runs> = weighed.filter(|runs| forced.contains(runs)).collect();
        let mut kept = pins.clone();
        kept.forced.retain(|runs| is_null(runs) || known.contains(runs));
        let board = PinBoard::new(&kept, self.source_len(), self.target_len())?;
        if board.is_empty() {
            return Ok(Habits::default());
        }
        let decided = self.pinned(&board, &self.plain);
        Ok(Habits::of(&self.lattice, &self.edges, &self.plain, &decided))
    }

    /// Weighs all readings with these habits in place of any before.
    pub fn take_on(&mut self, habits: &Habits) {
        self.scores = habits.adjust(&self.edges, &self.plain);
    }

    /// Number of source segments.
    pub fn source_len(&self) -> usize {
        self.lattice.corridor().n()
    }

    /// Number of target segments.
    pub fn target_len(&self) -> usize {
        self.lattice.corridor().m()
    }

    /// The alignment of greatest expected accuracy among those that hold all pins, with the posteriors of its beads
    /// given the pins.
    ///
    /// # Errors
    /// When pins exclude each other, or need a bead that was hopeless when the readings were weighed:
    /// [`PinError::Impossible`]. Aligning anew with these pins in the options weighs such beads too.
    pub fn alignment(&self, pins: &Pins) -> Result<Alignment, PinError> {
        let board = PinBoard::new(pins, self.source_len(), self.target_len())?;
        let scores = if board.is_empty() {
            self.scores.clone()
        } else {
            self.pinned(&board, &self.scores)
        };
        let posteriors = self.lattice.posteriors(&scores);
        let relatedness = self.relatedness.vouched(&board);
        let nulls = Nulls::new(self, &posteriors);
        let of_null = |null: Edge| 1.0 - relatedness.of_bead(null) * (1.0 - nulls.posterior(null));
        let posterior = |index: usize| match self.edges[index] {
            edge if edge.shape.is_null() => of_null(edge),
            edge => relatedness.of_bead(edge) * posteriors.edges[index],
        };
        let gain = |(index, edge): (usize, &Edge)| match scores.edges[index] {
            f32::NEG_INFINITY => f32::NEG_INFINITY,
            _ if edge.shape.is_null() => (NULL_REWARD + NULL_STAKE) * posterior(index) - NULL_STAKE,
            _ => 2.0 * posterior(index) - STAKE,
        };
        let gains = Scores {
            edges: self.edges.iter().enumerate().map(gain).collect(),
            open: 0.0,
        };
        let path = self.lattice.best_path(&gains).ok_or(PinError::Impossible)?;
        // Nulls that were hopeless while the documents were taken for translations are missing from the lattice.
        let apart = |index: usize| {
            let edge = self.edges[index];
            let unlikely = !edge.shape.is_null() && relatedness.of_bead(edge) < TOGETHER;
            let nulls: Vec<Edge> = if unlikely { edge.nulls().collect() } else { Vec::new() };
            nulls.iter().all(|&null| board.allows(null)).then_some(nulls)
        };
        let beads = |index: usize| match apart(index) {
            Some(nulls) if !nulls.is_empty() => nulls.into_iter().map(|null| null.bead(0.0, of_null(null))).collect(),
            _ => vec![self.bead(index, posterior(index))],
        };
        Ok(Alignment {
            beads: path.into_iter().flat_map(beads).collect(),
        })
    }

    /// The most probable other reading of bead `index` of `alignment`: of its segments alone or, where that has none,
    /// together with those of up to three beads on either side. Nothing where every other reading is hopeless.
    pub fn runner_up(&self, alignment: &Alignment, index: usize) -> Option<RunnerUp> {
        let bead = alignment.beads.get(index)?;
        (0..=STRETCH).find_map(|reach| {
            let first = alignment.beads.get(index.saturating_sub(reach))?;
            let last = alignment.beads.get((index + reach).min(alignment.beads.len() - 1))?;
            self.other(
                bead,
                (first.source.start, first.target.start),
                (last.source.end, last.target.end),
            )
        })
    }

    /// The best path between two nodes without a bead, and its share of all paths between them.
    fn other(&self, bead: &Bead, from: (usize, usize), to: (usize, usize)) -> Option<RunnerUp> {
        let inside = |edge: &Edge| {
            let (x, y) = edge.runs();
            x.start >= from.0 && y.start >= from.1 && x.end <= to.0 && y.end <= to.1
        };
        let first = self.edges.partition_point(|edge| edge.i < from.0);
        let end = self.edges.partition_point(|edge| edge.i <= to.0);
        let local: Vec<usize> = (first..end).filter(|&edge| inside(&self.edges[edge])).collect();
        let (part, scores) = Lattice::part(&local, &self.edges, &self.scores, from, to);
        let all = part.posteriors(&scores).log_z;
        let edges: Vec<Edge> = part.edges().collect();
        let moved = |range: &Range<usize>, by: usize| range.start - by..range.end - by;
        let taken = (moved(&bead.source, from.0), moved(&bead.target, from.1));
        let mut without = scores.clone();
        for (score, edge) in without.edges.iter_mut().zip(&edges) {
            if edge.runs() == taken {
                *score = f32::NEG_INFINITY;
            }
        }
        let path = part.best_path(&without)?;
        let related = path.iter().map(|&edge| self.edges[local[edge]]);
        let related = related
            .filter(|edge| !edge.shape.is_null())
            .map(|edge| self.relatedness.of_bead(edge))
            .fold(1.0, f32::min);
        let probability = related * (part.weight(&path, &without) - all).exp().min(1.0) as f32;
        let beads = path
            .into_iter()
            .map(|edge| self.bead(local[edge], probability))
            .collect();
        Some(RunnerUp { beads, probability })
    }

    fn bead(&self, index: usize, posterior: f32) -> Bead {
        self.edges[index].bead(self.cosines[index], posterior)
    }

    fn pinned(&self, board: &PinBoard, scores: &Scores) -> Scores {
        let score = |(edge, &score): (&Edge, &f32)| if board.allows(*edge) { score } else { f32::NEG_INFINITY };
        Scores {
            edges: self.edges.iter().zip(&scores.edges).map(score).collect(),
            open: scores.open,
        }
    }
}

fn is_null((source, target): &Runs) -> bool {
    source.is_empty() || target.is_empty()
}

/// Probability of each segment to have no counterpart, wherever on the path it is left out.
struct Nulls {
    source: Vec<f32>,
    target: Vec<f32>,
}

impl Nulls {
    fn new(readings: &Readings, posteriors: &Posteriors) -> Self {
        let mut nulls = Self {
            source: vec![0.0; readings.source_len()],
            target: vec![0.0; readings.target_len()],
        };
        for (edge, posterior) in readings.edges.iter().zip(&posteriors.edges) {
            match edge.shape {
                Shape::SOURCE_NULL => nulls.source[edge.i] += posterior,
                Shape::TARGET_NULL => nulls.target[edge.j] += posterior,
                _ => {}
            }
        }
        nulls
    }

    fn posterior(&self, edge: Edge) -> f32 {
        let sum = if edge.shape == Shape::SOURCE_NULL {
            self.source[edge.i]
        } else {
            self.target[edge.j]
        };
        sum.min(1.0)
    }
}
