//! The lattice of all readings: best path (Viterbi) and edge posteriors (forward-backward).
//!
//! A node (i, j) carries three states that tell the bead before it: a match, a source null or a target null. They let a
//! run of nulls pay for being opened once, and fix one order, source before target, for nulls that stand side by side:
//! otherwise every mixture of k source and l target nulls would count as (k + l choose k) readings.
//!
//! With `s(e)` the score of edge e and `o` that of opening a run, forward sums are, for every node v,
//!
//! ```text
//! M(v) = sum over matches e: u -> v        of exp(s(e)) (M(u) + S(u) + T(u))
//! S(v) = sum over source nulls e: u -> v   of exp(s(e)) (exp(o) M(u) + S(u))
//! T(v) = sum over target nulls e: u -> v   of exp(s(e)) (exp(o) (M(u) + S(u)) + T(u))
//! ```
//!
//! from M(0, 0) = 1, and `Z = M(n, m) + S(n, m) + T(n, m)`. Backward sums mirror them; an edge's posterior is the share of
//! Z that passes through it.

mod edge;
mod mass;
mod sums;

use std::ops::Range;

use super::bead::Shape;
use super::corridor::Corridor;
pub(crate) use edge::Edge;
pub(crate) use sums::Posteriors;

const MATCH: usize = 0;
const SOURCE_GAP: usize = 1;
const TARGET_GAP: usize = 2;
const STATES: [usize; 3] = [MATCH, SOURCE_GAP, TARGET_GAP];
/// A node's value in each state.
type States = [f64; 3];
const NOWHERE: States = [f64::NEG_INFINITY; 3];

/// Edges over the nodes of a corridor, grouped by the node they leave.
#[derive(Debug, Clone)]
pub(crate) struct Lattice {
    corridor: Corridor,
    first_edge: Vec<usize>,
    shapes: Vec<Shape>,
}

/// Scores in nats. An edge of negative infinity does not exist.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scores {
    /// One an edge.
    pub(crate) edges: Vec<f32>,
    /// For opening a run of nulls.
    pub(crate) open: f32,
}

impl Lattice {
    /// A lattice over `corridor`; `rows` gives for each row the edges that leave it as column and shape, ordered by
    /// column, none of which leaves the corridor.
    pub(crate) fn new(corridor: Corridor, rows: impl IntoIterator<Item = Vec<(usize, Shape)>>) -> Self {
        let mut first_edge = Vec::with_capacity(corridor.len() + 1);
        let mut shapes = Vec::new();
        for (i, row) in rows.into_iter().enumerate() {
            let mut edges = row.into_iter().peekable();
            for j in corridor.row(i) {
                first_edge.push(shapes.len());
                while let Some((_, shape)) = edges.next_if(|&(column, _)| column <= j) {
                    debug_assert!(corridor.node(i + shape.source(), j + shape.target()).is_some());
                    shapes.push(shape);
                }
            }
        }
        first_edge.resize(corridor.len() + 1, shapes.len());
        Self {
            corridor,
            first_edge,
            shapes,
        }
    }

    /// The nodes searched.
    pub(crate) fn corridor(&self) -> &Corridor {
        &self.corridor
    }

    /// Number of edges.
    pub(crate) fn len(&self) -> usize {
        self.shapes.len()
    }

    /// Cuts one value an edge into those of `rows` rows each.
    pub(crate) fn split_by_rows<'a, T>(
        &self,
        mut values: &'a mut [T],
        rows: usize,
    ) -> Vec<(Range<usize>, &'a mut [T])> {
        let end = self.corridor.n() + 1;
        let mut parts = Vec::with_capacity(end.div_ceil(rows));
        for start in (0..end).step_by(rows) {
            let part = start..(start + rows).min(end);
            let edge = |row: usize| self.first_edge[self.corridor.offset(row)];
            let (head, rest) = values.split_at_mut(edge(part.end) - edge(part.start));
            parts.push((part, head));
            values = rest;
        }
        parts
    }

    /// Every edge, in the order of scores and posteriors.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        self.edges_of_rows(0..self.corridor.n() + 1)
    }

    /// The edges that leave nodes of `rows`.
    pub(crate) fn edges_of_rows(&self, rows: Range<usize>) -> impl Iterator<Item = Edge> + '_ {
        self.nodes_of_rows(rows).flat_map(move |(node, i, j)| {
            let shapes = &self.shapes[self.first_edge[node]..self.first_edge[node + 1]];
            shapes.iter().map(move |&shape| Edge { i, j, shape })
        })
    }

    /// Columns of the nodes of a row, and the shapes of the edges that leave them.
    pub(crate) fn shapes_of_row(&self, i: usize) -> impl Iterator<Item = (usize, &[Shape])> {
        self.nodes_of_rows(i..i + 1)
            .map(|(node, _, j)| (j, &self.shapes[self.first_edge[node]..self.first_edge[node + 1]]))
    }

    /// Some of the edges, in order and all between two nodes, as a lattice of its own that starts at (0, 0).
    pub(crate) fn part(
        kept: &[usize],
        edges: &[Edge],
        scores: &Scores,
        from: (usize, usize),
        to: (usize, usize),
    ) -> (Self, Scores) {
        let mut rows = vec![Vec::new(); to.0 - from.0 + 1];
        for edge in kept.iter().map(|&index| edges[index]) {
            rows[edge.i - from.0].push((edge.j - from.1, edge.shape));
        }
        let part = Self::new(Corridor::full(to.0 - from.0, to.1 - from.1), rows);
        let edges = kept.iter().map(|&index| scores.edges[index]).collect();
        (
            part,
            Scores {
                edges,
                open: scores.open,
            },
        )
    }

    /// The edges of a path.
    pub(crate) fn path_edges(&self, path: &[usize]) -> Vec<Edge> {
        let mut at = (0, 0);
        let edges = path.iter().map(|&edge| {
            let (i, j) = at;
            let shape = self.shapes[edge];
            at = (i + shape.source(), j + shape.target());
            Edge { i, j, shape }
        });
        edges.collect()
    }

    /// Total score of a path.
    pub(crate) fn weight(&self, path: &[usize], scores: &Scores) -> f64 {
        let mut before = Shape::new(1, 1);
        let mut sum = 0.0;
        for &edge in path {
            let shape = self.shapes[edge];
            let opens = shape.is_null() && shape != before;
            sum += f64::from(scores.edges[edge]) + if opens { f64::from(scores.open) } else { 0.0 };
            before = shape;
        }
        sum
    }

    /// The most probable path, as edge indexes in order; nothing when no path reaches the end.
    pub(crate) fn best_path(&self, scores: &Scores) -> Option<Vec<usize>> {
        let open = f64::from(scores.open);
        let mut best = vec![NOWHERE; self.corridor.len()];
        let mut from = vec![[(u32::MAX, 0_u8); 3]; self.corridor.len()];
        best[0][MATCH] = 0.0;
        for row in self.rows() {
            for (node, j) in row.nodes() {
                let here = best[node];
                if here == NOWHERE {
                    continue;
                }
                let ways = STATES.map(|state| greatest(entering(here, state, open)));
                for (edge, to, state) in row.leaving(node, j) {
                    let (value, before) = ways[state];
                    let value = value + f64::from(scores.edges[edge]);
                    if value > best[to][state] {
                        best[to][state] = value;
                        from[to][state] = (edge as u32, before);
                    }
                }
            }
        }
        let (value, mut state) = greatest(*best.last()?);
        if value == f64::NEG_INFINITY {
            return None;
        }
        let (mut i, mut j) = (self.corridor.n(), self.corridor.m());
        let mut path = Vec::new();
        while (i, j) != (0, 0) {
            let (edge, before) = from[self.corridor.node(i, j)?][state as usize];
            let shape = self.shapes[edge as usize];
            (i, j, state) = (i - shape.source(), j - shape.target(), before);
            path.push(edge as usize);
        }
        path.reverse();
        Some(path)
    }

    fn nodes_of_rows(&self, rows: Range<usize>) -> impl DoubleEndedIterator<Item = (usize, usize, usize)> + '_ {
        rows.flat_map(move |i| {
            let columns = self.corridor.row(i);
            let (first, low) = (self.corridor.offset(i), columns.start);
            columns.map(move |j| (first + j - low, i, j))
        })
    }

    fn rows(&self) -> impl DoubleEndedIterator<Item = Row<'_>> {
        (0..=self.corridor.n()).map(|i| self.row(i))
    }

    fn row(&self, i: usize) -> Row<'_> {
        let (columns, first) = (self.corridor.row(i), self.corridor.offset(i));
        let end = first + columns.len();
        let origin = |below: usize| {
            let row = (i + below).min(self.corridor.n());
            self.corridor.offset(row).wrapping_sub(self.corridor.row(row).start)
        };
        Row {
            lattice: self,
            nodes: first..end,
            columns,
            edges: self.first_edge[first]..self.first_edge[end],
            origins: std::array::from_fn(origin),
        }
    }
}

/// The nodes of one row, and the edges that leave them.
struct Row<'a> {
    lattice: &'a Lattice,
    nodes: Range<usize>,
    columns: Range<usize>,
    edges: Range<usize>,
    /// Index that column 0 of the row `a` further down would have: nodes of a row follow each other.
    origins: [usize; Shape::LONGEST + 1],
}

impl Row<'_> {
    /// Index and column of every node.
    fn nodes(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        self.nodes.clone().zip(self.columns.clone())
    }

    /// Edges out of a node: index, node reached, state entered.
    #[inline]
    fn leaving(&self, node: usize, column: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let edges = self.lattice.first_edge[node]..self.lattice.first_edge[node + 1];
        let shapes = &self.lattice.shapes[edges.clone()];
        edges.zip(shapes).map(move |(edge, &shape)| {
            let to = self.origins[shape.source()].wrapping_add(column + shape.target());
            let state = match shape {
                Shape::SOURCE_NULL => SOURCE_GAP,
                Shape::TARGET_NULL => TARGET_GAP,
                _ => MATCH,
            };
            (edge, to, state)
        })
    }
}

/// The values with which an edge into `state` can leave a node, by the node's state.
fn entering(here: States, state: usize, open: f64) -> States {
    match state {
        SOURCE_GAP => [here[MATCH] + open, here[SOURCE_GAP], f64::NEG_INFINITY],
        TARGET_GAP => [here[MATCH] + open, here[SOURCE_GAP] + open, here[TARGET_GAP]],
        _ => here,
    }
}

fn greatest(values: States) -> (f64, u8) {
    let mut best = (values[0], 0);
    for (state, &value) in values.iter().enumerate().skip(1) {
        if value > best.0 {
            best = (value, state as u8);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every path of a lattice with its weight, by walking all edges.
    fn enumerate(lattice: &Lattice, scores: &Scores) -> Vec<(Vec<usize>, f64)> {
        let edges: Vec<Edge> = lattice.edges().collect();
        let end = (lattice.corridor().n(), lattice.corridor().m());
        let mut open = vec![((0, 0), MATCH, Vec::new(), 0.0)];
        let mut paths = Vec::new();
        while let Some((node, state, path, weight)) = open.pop() {
            if node == end {
                paths.push((path, weight));
                continue;
            }
            for (index, edge) in edges.iter().enumerate().filter(|(_, edge)| (edge.i, edge.j) == node) {
                let next = match edge.shape {
                    Shape::SOURCE_NULL => SOURCE_GAP,
                    Shape::TARGET_NULL => TARGET_GAP,
                    _ => MATCH,
                };
                if state == TARGET_GAP && next == SOURCE_GAP {
                    continue;
                }
                let opening = if next != MATCH && next != state {
                    f64::from(scores.open)
                } else {
                    0.0
                };
                let to = (edge.i + edge.shape.source(), edge.j + edge.shape.target());
                let path = path.iter().copied().chain([index]).collect();
                open.push((to, next, path, weight + opening + f64::from(scores.edges[index])));
            }
        }
        paths
    }

    fn small() -> impl Strategy<Value = (Lattice, Scores)> {
        (0..4_usize, 0..4_usize).prop_flat_map(|(n, m)| {
            let corridor = Corridor::full(n, m);
            let lattice = Lattice::new(corridor.clone(), super::super::outline::all_beads(&corridor, 4));
            let edges = proptest::collection::vec(-4.0_f32..4.0, lattice.len());
            (Just(lattice), edges, -3.0_f32..1.0).prop_map(|(lattice, edges, open)| (lattice, Scores { edges, open }))
        })
    }

    proptest! {
        #[test]
        fn best_path_and_posteriors_are_those_of_all_paths((lattice, scores) in small()) {
            let paths = enumerate(&lattice, &scores);
            let greatest = paths.iter().map(|(_, weight)| *weight).fold(f64::NEG_INFINITY, f64::max);
            let total = paths.iter().map(|(_, weight)| weight.exp()).sum::<f64>();
            let best = lattice.best_path(&scores).unwrap();
            let weight = paths.iter().find(|(path, _)| *path == best).unwrap().1;
            prop_assert!((weight - greatest).abs() < 1e-4);
            let found = lattice.posteriors(&scores);
            prop_assert!((found.log_z - total.ln()).abs() < 1e-4);
            for (edge, &posterior) in found.edges.iter().enumerate() {
                let through: f64 =
                    paths.iter().filter(|(path, _)| path.contains(&edge)).map(|(_, weight)| weight.exp()).sum();
                prop_assert!((through / total - f64::from(posterior)).abs() < 1e-4);
            }
        }

        #[test]
        fn likely_nodes_are_those_of_likely_paths((lattice, scores) in small(), least in 0.01_f64..0.99) {
            let paths = enumerate(&lattice, &scores);
            let total = paths.iter().map(|(_, weight)| weight.exp()).sum::<f64>();
            let likely = lattice.likely_nodes(&scores, least).unwrap();
            for (_, i, j) in lattice.nodes_of_rows(0..lattice.corridor().n() + 1) {
                let passes = |path: &[usize]| {
                    let mut ends = lattice.path_edges(path).into_iter().map(Edge::runs);
                    (i, j) == (0, 0) || ends.any(|(x, y)| (x.end, y.end) == (i, j))
                };
                let through = paths.iter().filter(|(path, _)| passes(path)).map(|(_, weight)| weight.exp()).sum::<f64>();
                if (through / total - least).abs() > 1e-4 {
                    prop_assert_eq!(likely.contains(&(i, j)), through / total > least);
                }
            }
        }

        #[test]
        fn at_every_cut_the_alternatives_sum_to_one((lattice, scores) in small()) {
            let posteriors = lattice.posteriors(&scores);
            let sum = |covers: &dyn Fn(&Edge) -> bool| -> f32 {
                let edges = lattice.edges().zip(&posteriors.edges);
                edges.filter(|(edge, _)| covers(edge)).map(|(_, posterior)| posterior).sum()
            };
            for i in 0..lattice.corridor().n() {
                prop_assert!((sum(&|edge| edge.runs().0.contains(&i)) - 1.0).abs() < 1e-3);
            }
            for j in 0..lattice.corridor().m() {
                prop_assert!((sum(&|edge| edge.runs().1.contains(&j)) - 1.0).abs() < 1e-3);
            }
        }
    }
}
