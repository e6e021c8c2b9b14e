//! The first pass: a score for every bead of the corridor from single segments alone.
//!
//! It needs no vectors of joined text. Beads that it finds hopeless are never looked at again.

use std::ops::Range;

use rayon::prelude::*;

use super::band::Band;
use super::bead::Shape;
use super::blocks::Blocks;
use super::corridor::Corridor;
use super::lattice::{Edge, Lattice, Scores};
use super::objective::Weights;
use super::pair::Pair;

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

impl Outline<'_> {
    /// Something made of the feature values of every edge, in order.
    pub(crate) fn map<T: Send + Default + Clone>(
        &self,
        lattice: &Lattice,
        make: impl Fn(&[f32]) -> T + Sync,
    ) -> Vec<T> {
        let mut values = vec![T::default(); lattice.len()];
        let parts = lattice.split_by_rows(&mut values, ROWS);
        parts.into_par_iter().for_each(|(rows, values)| {
            let blocks = Blocks::new(self.band, lattice.corridor(), &rows, self.reach);
            for (edge, value) in lattice.edges_of_rows(rows).zip(values) {
                *value = make(&self.features(&blocks, edge));
            }
        });
        values
    }

    /// Scores of all edges.
    pub(crate) fn scores(&self, lattice: &Lattice, weights: &Weights) -> Scores {
        Scores {
            edges: self.map(lattice, |features| weights.score(features)),
            open: weights.open,
        }
    }

    fn features(&self, blocks: &Blocks, edge: Edge) -> [f32; FEATURES.len()] {
        let mut values = [0.0; FEATURES.len()];
        let (x, y) = edge.runs();
        values[shape_class(edge.shape)] = 1.0;
        if edge.shape.is_null() {
            values[17] = if y.is_empty() {
                self.band.source_neighbours[x.start]
            } else {
                self.band.target_neighbours[y.start]
            };
            return values;
        }
        let size = (x.len() + y.len()) as f32 / 2.0;
        let here = blocks.cosine(&x, &y);
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let neighbourhood = f32::midpoint(
            mean(&self.band.source_neighbours[x.clone()]),
            mean(&self.band.target_neighbours[y.clone()]),
        );
        let common = blocks.common_keys(&x, &y);
        let norm = if common > 0.0 {
            (self.pair.source.square(&x) * self.pair.target.square(&y)).sqrt()
        } else {
            0.0
        };
        let overlap = if norm > 0.0 { (common / norm).min(1.0) } else { 0.0 };
        let (long, short) = (self.pair.source.length(&x), self.pair.target.length(&y));
        values[7] = here;
        values[8] = here * size;
        values[9] = neighbourhood;
        values[10] = neighbourhood * size;
        values[11] = -self.pair.length.z(long, short).abs().min(LENGTH_CAP);
        values[12] = (1.0 + self.pair.length.proportion(long, short)).log2();
        values[13] = -self.gain(blocks, &x, &y, here);
        values[14] = loss(blocks, &x, &y, here);
        values[15] = overlap;
        values[16] = overlap * size;
        values
    }

    /// Largest gain in cosine from taking in one more segment at any of the four ends.
    fn gain(&self, blocks: &Blocks, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
        let (n, m) = (self.pair.source.len(), self.pair.target.len());
        let mut best = here;
        let mut attempt = |x: Range<usize>, y: Range<usize>| best = best.max(blocks.cosine(&x, &y));
        if x.start > 0 {
            attempt(x.start - 1..x.end, y.clone());
        }
        if x.end < n {
            attempt(x.start..x.end + 1, y.clone());
        }
        if y.start > 0 {
            attempt(x.clone(), y.start - 1..y.end);
        }
        if y.end < m {
            attempt(x.clone(), y.start..y.end + 1);
        }
        best - here
    }
}

/// Smallest loss in cosine from dropping an end segment of a side that has several.
fn loss(blocks: &Blocks, x: &Range<usize>, y: &Range<usize>, here: f32) -> f32 {
    let mut greatest = f32::NEG_INFINITY;
    let mut attempt = |x: Range<usize>, y: Range<usize>| greatest = greatest.max(blocks.cosine(&x, &y));
    if x.len() > 1 {
        attempt(x.start + 1..x.end, y.clone());
        attempt(x.start..x.end - 1, y.clone());
    }
    if y.len() > 1 {
        attempt(x.clone(), y.start + 1..y.end);
        attempt(x.clone(), y.start..y.end - 1);
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
