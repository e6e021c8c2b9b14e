//! The first pass: a score for every bead of the corridor from single segments alone.
//!
//! It needs no vectors of joined text. Beads that it finds hopeless are never looked at again.

use std::ops::Range;

use rayon::prelude::*;

use super::band::Band;
use super::bead::Shape;
use super::blocks::{Blocks, Cross, Start};
use super::corridor::Corridor;
use super::lattice::{Lattice, Scores};
use super::objective::Weights;
use super::pair::{Half, Pair};

/// Names of the features of the first pass, in the order of their values.
pub(crate) const FEATURES: [&str; 18] = [
    "null",
    "one_to_one",
    "one_to_two",
    "one_to_three",
    "one_to_more",
    "two_to_two",
    "other",
    "cosine",
    "cosine_by_size",
    "neighbourhood",
    "neighbourhood_by_size",
    "length_difference",
    "length_proportion",
    "gain",
    "loss",
    "overlap",
    "overlap_by_size",
    "null_neighbourhood",
];

/// Index among the first seven features of a bead's shape.
pub(crate) fn shape_class(shape: Shape) -> usize {
    match (shape.source().min(shape.target()), shape.source().max(shape.target())) {
        (0, _) => 0,
        (1, most) => most.min(4),
        (2, 2) => 5,
        _ => 6,
    }
}

/// Standard deviations of length difference beyond which worse is no worse.
const LENGTH_CAP: f32 = 4.0;

/// The first pass over one pair and corridor.
pub(crate) struct Outline<'a> {
    pub(crate) pair: &'a Pair<'a>,
    pub(crate) band: &'a Band,
    /// Segments of both sides in one bead, at most.
    pub(crate) reach: usize,
}

/// Rows whose cosines are kept at a time.
const ROWS: usize = 64;

/// What the features ask of a run.
#[derive(Clone, Copy)]
struct Run {
    /// Bytes.
    length: f32,
    /// Sum of squared key weights.
    square: f32,
    /// Mean of its segments' neighbourhoods.
    neighbourhood: f32,
}

impl Run {
    fn new(half: &Half, neighbours: &[f32], run: &Range<usize>) -> Self {
        Self {
            length: half.length(run),
            square: half.square(run),
            neighbourhood: neighbours[run.clone()].iter().sum::<f32>() / run.len() as f32,
        }
    }
}

/// A node that both documents go on from.
struct Node<'a> {
    i: usize,
    j: usize,
    cross: Cross<'a>,
    /// The source runs that start here, by length.
    sources: &'a [Run],
    /// The target runs.
    targets: &'a [Run],
}

impl Outline<'_> {
    /// Something made of the feature values of every edge, in order.
    pub(crate) fn map<T: Send + Default + Clone>(
        &self,
        lattice: &Lattice,
        make: impl Fn(&[f32]) -> T + Sync,
    ) -> Vec<T> {
        let mut values = vec![T::default(); lattice.len()];
        let parts = lattice.split_by_rows(&mut values, ROWS);
        parts
            .into_par_iter()
            .for_each(|(rows, values)| self.map_rows(lattice, rows, values, &make));
        values
    }

    fn map_rows<T: Default + Clone>(
        &self,
        lattice: &Lattice,
        rows: Range<usize>,
        values: &mut [T],
        make: &impl Fn(&[f32]) -> T,
    ) {
        let (n, m) = (self.pair.source.len(), self.pair.target.len());
        let blocks = Blocks::new(self.band, lattice.corridor(), &rows, self.reach);
        let columns = rows.clone().map(|i| lattice.corridor().row(i));
        let low = columns.clone().map(|columns| columns.start).min().unwrap_or(0);
        let high = columns.map(|columns| columns.end).max().unwrap_or(0);
        let targets: Vec<Run> = (low..high).flat_map(|j| self.targets(j)).collect();
        // A null's features depend on its segment alone.
        let null = |neighbours: &[f32], segment: usize| neighbours.get(segment).map(|&near| make(&of_null(near)));
        let target_nulls: Vec<Option<T>> = (low..high).map(|j| null(&self.band.target_neighbours, j)).collect();
        let mut values = values.iter_mut();
        for i in rows {
            let sources: Vec<Run> = self.sources(i).collect();
            let source_null = null(&self.band.source_neighbours, i);
            for (j, shapes) in lattice.shapes_of_row(i) {
                let node = (i < n && j < m).then(|| Node {
                    i,
                    j,
                    cross: blocks.cross(i, j),
                    sources: &sources,
                    targets: &targets[(j - low) * self.reach..(j - low + 1) * self.reach],
                });
                for (&shape, value) in shapes.iter().zip(&mut values) {
                    let found = match (shape, &node) {
                        (Shape::SOURCE_NULL, _) => source_null.clone(),
                        (Shape::TARGET_NULL, _) => target_nulls[j - low].clone(),
                        (_, node) => node.as_ref().map(|node| make(&self.features(node, shape))),
                    };
                    *value = found.unwrap_or_default();
                }
            }
        }
    }

    /// The source runs from `i` on, one of every length; those that end beyond the document are empty.
    fn sources(&self, i: usize) -> impl Iterator<Item = Run> {
        let half = &self.pair.source;
        (1..=self.reach).map(move |a| self.source(i.min(half.len())..(i + a).min(half.len())))
    }

    fn targets(&self, j: usize) -> impl Iterator<Item = Run> {
        let half = &self.pair.target;
        (1..=self.reach).map(move |b| self.target(j.min(half.len())..(j + b).min(half.len())))
    }

    fn source(&self, run: Range<usize>) -> Run {
        Run::new(&self.pair.source, &self.band.source_neighbours, &run)
    }

    fn target(&self, run: Range<usize>) -> Run {
        Run::new(&self.pair.target, &self.band.target_neighbours, &run)
    }

    /// Scores of all edges.
    pub(crate) fn scores(&self, lattice: &Lattice, weights: &Weights) -> Scores {
        Scores {
            edges: self.map(lattice, |features| weights.score(features)),
            open: weights.open,
        }
    }

    #[inline]
    fn features(&self, node: &Node, shape: Shape) -> [f32; FEATURES.len()] {
        let mut values = [0.0; FEATURES.len()];
        let (a, b) = (shape.source(), shape.target());
        values[shape_class(shape)] = 1.0;
        let size = (a + b) as f32 / 2.0;
        let here = node.cross.cosine(Start::Here, a, b);
        // A forced bead can be longer than those that were prepared for.
        let x = node.sources.get(a - 1).copied();
        let x = x.unwrap_or_else(|| self.source(node.i..node.i + a));
        let y = node.targets.get(b - 1).copied();
        let y = y.unwrap_or_else(|| self.target(node.j..node.j + b));
        let neighbourhood = f32::midpoint(x.neighbourhood, y.neighbourhood);
        let common = node.cross.common_keys(a, b);
        let norm = if common > 0.0 {
            (x.square * y.square).sqrt()
        } else {
            0.0
        };
        let overlap = if norm > 0.0 { (common / norm).min(1.0) } else { 0.0 };
        values[7] = here;
        values[8] = here * size;
        values[9] = neighbourhood;
        values[10] = neighbourhood * size;
        values[11] = -self.pair.length.z(x.length, y.length).abs().min(LENGTH_CAP);
        values[12] = (1.0 + self.pair.length.proportion(x.length, y.length)).log2();
        values[13] = -self.gain(node, (a, b), here);
        values[14] = loss(node, (a, b), here);
        values[15] = overlap;
        values[16] = overlap * size;
        values
    }

    /// Largest gain in cosine from taking in one more segment at any of the four ends.
    #[inline]
    fn gain(&self, node: &Node, (a, b): (usize, usize), here: f32) -> f32 {
        let mut best = here;
        if node.i > 0 {
            best = best.max(node.cross.cosine(Start::Above, a + 1, b));
        }
        if node.i + a < self.pair.source.len() {
            best = best.max(node.cross.cosine(Start::Here, a + 1, b));
        }
        if node.j > 0 {
            best = best.max(node.cross.cosine(Start::Before, a, b + 1));
        }
        if node.j + b < self.pair.target.len() {
            best = best.max(node.cross.cosine(Start::Here, a, b + 1));
        }
        best - here
    }
}

/// Feature values of a null whose segment has this mean cosine to its nearest ones.
fn of_null(neighbourhood: f32) -> [f32; FEATURES.len()] {
    let mut values = [0.0; FEATURES.len()];
    values[shape_class(Shape::SOURCE_NULL)] = 1.0;
    values[17] = neighbourhood;
    values
}

/// Smallest loss in cosine from dropping an end segment of a side with several.
#[inline]
fn loss(node: &Node, (a, b): (usize, usize), here: f32) -> f32 {
    let mut greatest = f32::NEG_INFINITY;
    if a > 1 {
        greatest = greatest.max(node.cross.cosine(Start::Below, a - 1, b));
        greatest = greatest.max(node.cross.cosine(Start::Here, a - 1, b));
    }
    if b > 1 {
        greatest = greatest.max(node.cross.cosine(Start::After, a, b - 1));
        greatest = greatest.max(node.cross.cosine(Start::Here, a, b - 1));
    }
    if greatest.is_finite() { here - greatest } else { 0.0 }
}

/// Every bead of the corridor of up to `max_bead` segments, row by row, as [`super::lattice::Lattice::new`] takes them.
pub(crate) fn all_beads(corridor: &Corridor, max_bead: usize) -> impl Iterator<Item = Vec<(usize, Shape)>> + '_ {
    let shapes = Shape::all(max_bead);
    (0..=corridor.n()).map(move |i| {
        let inside = |j: usize, shape: &Shape| corridor.node(i + shape.source(), j + shape.target()).is_some();
        let columns = corridor.row(i);
        columns
            .flat_map(|j| {
                shapes
                    .iter()
                    .filter(move |shape| inside(j, shape))
                    .map(move |&shape| (j, shape))
            })
            .collect()
    })
}
