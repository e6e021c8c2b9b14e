//! A first rough path, found without any assumption that it stays near the diagonal.
//!
//! A rectangle of the lattice that is small is searched whole. A large one is split at *anchors*: evenly spread source
//! segments whose best target stands out from chance, chained in order by greatest total weight. Each
//! split looks at a bounded number of rows, so time and memory grow with the length of the documents, not with their
//! product, and an insertion of any size is just a rectangle with few rows or few columns.

use rayon::prelude::*;

use super::pair::Pair;
use crate::space::compact::SEVERAL;

/// Cells up to which a rectangle is searched whole when anchors might still split it.
const SMALL: usize = 1 << 16;
/// Cells beyond which a rectangle without anchors is crossed in a straight line.
const HUGE: usize = 1 << 22;
/// Rows that a split looks at.
const SAMPLED_ROWS: usize = 384;
/// Rows that are compared with a column while it is at hand.
const TOGETHER: usize = 32;
/// Best targets that each of them keeps.
const CANDIDATES: usize = 3;
/// Standard deviations above the mean from which a cell of a small rectangle counts as evidence.
const EVIDENCE: f32 = 1.5;
/// Reward of any diagonal step: without evidence a path prefers the diagonal to the border.
const STEP: f32 = 0.02;

/// A rough path from (0, 0) to (n, m), and how much of it rests on evidence.
pub(crate) struct CoarsePath {
    /// Nodes in order; neighbours differ by at most one in each direction, but for straight lines over what
    /// is too large and without anchors.
    pub(crate) nodes: Vec<(usize, usize)>,
    /// Share of the shorter document's segments that lie on a step with evidence, 0 to 1.
    pub(crate) support: f32,
}

/// Finds the rough path through the given nodes, which rise on both sides.
pub(crate) fn coarse_path(pair: &Pair, pinned: &[(usize, usize)]) -> CoarsePath {
    let search = Search {
        pair,
        noise: Noise::estimate(pair),
    };
    let mut parts = Vec::new();
    let mut from = (0, 0);
    for &to in pinned.iter().chain([&(pair.source.len(), pair.target.len())]) {
        parts.extend(search.split(Rectangle { from, to }, 0));
        from = to;
    }
    let parts: Vec<Part> = parts.into_par_iter().map(|part| search.cross(part)).collect();
    let mut nodes = vec![(0, 0)];
    let mut supported = 0;
    for part in parts {
        nodes.extend(part.nodes);
        supported += part.supported;
    }
    let shorter = pair.source.len().min(pair.target.len()).max(1);
    CoarsePath {
        nodes,
        support: supported as f32 / shorter as f32,
    }
}

/// Cosines of segments that have nothing to do with each other, after centring.
pub(crate) struct Noise {
    mean: f32,
    deviation: f32,
}

impl Noise {
    /// Takes the moments of cells on a few parallels to the diagonal, which hold hardly any translations.
    pub(crate) fn estimate(pair: &Pair) -> Self {
        let (n, m) = (pair.source.len(), pair.target.len());
        let count = (4 * n.max(m)).min(4096);
        let cells = (0..count)
            .filter(|_| n > 0 && m > 0)
            .map(|k| pair.cosine(k * 7919 % n, k * 104_729 % m));
        let values: Vec<f32> = cells.collect();
        let mean = values.iter().sum::<f32>() / values.len().max(1) as f32;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / values.len().max(1) as f32;
        Self {
            mean,
            deviation: variance.sqrt().max(1e-3),
        }
    }

    /// Similarity of two segments in standard deviations above chance.
    pub(crate) fn evidence(&self, pair: &Pair, i: usize, j: usize) -> f32 {
        self.above_chance(pair.cosine(i, j))
    }

    fn above_chance(&self, cosine: f32) -> f32 {
        (cosine - self.mean) / self.deviation
    }
}

#[derive(Clone, Copy)]
struct Rectangle {
    from: (usize, usize),
    to: (usize, usize),
}

impl Rectangle {
    fn rows(self) -> usize {
        self.to.0 - self.from.0
    }

    fn columns(self) -> usize {
        self.to.1 - self.from.1
    }

    fn cells(self) -> usize {
        self.rows().saturating_mul(self.columns())
    }
}

/// A path through one rectangle, without its first node.
struct Part {
    nodes: Vec<(usize, usize)>,
    supported: usize,
}

struct Search<'a> {
    pair: &'a Pair<'a>,
    noise: Noise,
}

/// A pair of segments that look like translations of each other.
#[derive(Clone, Copy)]
pub(crate) struct Anchor {
    pub(crate) i: usize,
    pub(crate) j: usize,
    pub(crate) weight: f32,
}

impl Search<'_> {
    fn evidence(&self, i: usize, j: usize) -> f32 {
        self.noise.evidence(self.pair, i, j)
    }

    /// Rectangles in order, corner to corner, each small or without anchors.
    fn split(&self, whole: Rectangle, depth: usize) -> Vec<Rectangle> {
        const DEPTH: usize = 6;
        if whole.cells() <= SMALL || depth == DEPTH {
            return vec![whole];
        }
        let anchors = supported(&chain(&self.candidates(whole)), whole);
        if anchors.is_empty() {
            return vec![whole];
        }
        let mut parts = Vec::new();
        let mut from = whole.from;
        for to in anchors.iter().map(|anchor| (anchor.i, anchor.j)).chain([whole.to]) {
            parts.extend(self.split(Rectangle { from, to }, depth + 1));
            from = to;
        }
        parts
    }

    /// The best cells of evenly spread rows, where they exceed what the best of as many chance cells would reach.
    fn candidates(&self, whole: Rectangle) -> Vec<Anchor> {
        let chance = (2.0 * (whole.columns().max(2) as f32).ln()).sqrt();
        let count = whole.rows().min(SAMPLED_ROWS);
        let row = |k: usize| whole.from.0 + (2 * k + 1) * whole.rows() / (2 * count);
        let rows: Vec<usize> = (0..count).map(row).collect();
        let best = |rows: &[usize]| {
            let mut best: Vec<Vec<Anchor>> = vec![Vec::with_capacity(CANDIDATES + 1); rows.len()];
            // Each column's vector is fetched once for all the rows.
            for j in whole.from.1..whole.to.1 {
                let mut note = |row: usize, cosine: f32| {
                    let weight = self.noise.above_chance(cosine) - chance;
                    if weight > 0.0 {
                        let i = rows[row];
                        keep_best(&mut best[row], Anchor { i, j, weight });
                    }
                };
                let (several, left) = rows.as_chunks::<SEVERAL>();
                for (chunk, &rows) in several.iter().enumerate() {
                    let cosines = self.pair.cosines(rows, j);
                    (0..SEVERAL).for_each(|k| note(chunk * SEVERAL + k, cosines[k]));
                }
                for (k, &i) in left.iter().enumerate() {
                    note(several.len() * SEVERAL + k, self.pair.cosine(i, j));
                }
            }
            best.iter_mut().for_each(|anchors| discount(anchors));
            best.into_iter().flatten()
        };
        rows.par_chunks(TOGETHER).flat_map_iter(best).collect()
    }

    /// The best path through a rectangle.
    fn cross(&self, part: Rectangle) -> Part {
        if part.rows() == 0 || part.columns() == 0 || part.cells() > HUGE {
            return straight(part);
        }
        let (rows, columns) = (part.rows(), part.columns());
        let width = columns + 1;
        let mut above = vec![0.0_f32; width];
        let mut here = vec![0.0_f32; width];
        let mut moves = vec![Move::Down; (rows + 1) * width];
        moves[1..width].fill(Move::Right);
        for row in 1..=rows {
            let i = part.from.0 + row - 1;
            here[0] = 0.0;
            for column in 1..width {
                let evidence = self.evidence(i, part.from.1 + column - 1) - EVIDENCE;
                let (gain, diagonal) = if evidence > 0.0 {
                    (evidence, Move::Evidence)
                } else {
                    (0.0, Move::Diagonal)
                };
                let (mut best, mut step) = (above[column - 1] + gain + STEP, diagonal);
                for (value, other) in [(above[column], Move::Down), (here[column - 1], Move::Right)] {
                    if value > best {
                        (best, step) = (value, other);
                    }
                }
                here[column] = best;
                moves[row * width + column] = step;
            }
            std::mem::swap(&mut above, &mut here);
        }
        trace(part, &moves)
    }
}

/// Adds an anchor to a row's best, in falling order.
pub(crate) fn keep_best(best: &mut Vec<Anchor>, anchor: Anchor) {
    if best.len() == CANDIDATES && anchor.weight <= best[CANDIDATES - 1].weight {
        return;
    }
    let place = best.partition_point(|kept| kept.weight >= anchor.weight);
    best.insert(place, anchor);
    best.truncate(CANDIDATES);
}

/// The more rivals come close, the less the best one tells.
fn discount(best: &mut [Anchor]) {
    let rival = best.get(1).map_or(0.0, |second| second.weight);
    for anchor in best {
        anchor.weight = (anchor.weight - 0.5 * rival).max(0.1 * anchor.weight);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Move {
    Down,
    Right,
    Diagonal,
    Evidence,
}

fn trace(part: Rectangle, moves: &[Move]) -> Part {
    let width = part.columns() + 1;
    let (mut row, mut column) = (part.rows(), part.columns());
    let mut nodes = Vec::with_capacity(row + column);
    let mut supported = 0;
    while (row, column) != (0, 0) {
        nodes.push((part.from.0 + row, part.from.1 + column));
        let step = moves[row * width + column];
        supported += usize::from(step == Move::Evidence);
        (row, column) = match step {
            Move::Down => (row - 1, column),
            Move::Right => (row, column - 1),
            Move::Diagonal | Move::Evidence => (row - 1, column - 1),
        };
    }
    nodes.reverse();
    Part { nodes, supported }
}

/// The straight line through a rectangle.
fn straight(part: Rectangle) -> Part {
    let steps = part.rows().max(part.columns());
    let at = |from: usize, length: usize, step: usize| from + length * step / steps.max(1);
    let nodes = (1..=steps).map(|k| (at(part.from.0, part.rows(), k), at(part.from.1, part.columns(), k)));
    Part {
        nodes: nodes.collect(),
        supported: 0,
    }
}

/// The chain of anchors, rising on both sides, of greatest total weight. `anchors` come ordered by row.
pub(crate) fn chain(anchors: &[Anchor]) -> Vec<Anchor> {
    let mut best: Vec<(f32, usize)> = Vec::with_capacity(anchors.len());
    for (index, anchor) in anchors.iter().enumerate() {
        let before = (0..index).filter(|&k| anchors[k].i < anchor.i && anchors[k].j < anchor.j);
        let link = before.map(|k| (best[k].0, k)).max_by(|a, b| a.0.total_cmp(&b.0));
        let (sum, from) = link.unwrap_or((0.0, usize::MAX));
        best.push((sum + anchor.weight, from));
    }
    let mut at = (0..best.len())
        .max_by(|&a, &b| best[a].0.total_cmp(&best[b].0))
        .unwrap_or(usize::MAX);
    let mut links = Vec::new();
    while at != usize::MAX {
        links.push(anchors[at]);
        at = best[at].1;
    }
    links.reverse();
    links
}

/// Anchors that have another one of the chain close by in the direction of the rectangle's diagonal: a false anchor
/// stands alone.
fn supported(chain: &[Anchor], whole: Rectangle) -> Vec<Anchor> {
    let slope = whole.columns() as f32 / whole.rows() as f32;
    let spacing = (whole.rows() as f32 / SAMPLED_ROWS as f32).max(1.0);
    let agree = |a: Anchor, b: Anchor| {
        let (down, right) = (a.i.abs_diff(b.i) as f32, a.j.abs_diff(b.j) as f32);
        let expected = down * slope.clamp(0.5, 2.0);
        down <= 12.0 * spacing && (right - expected).abs() <= 0.4 * expected + 8.0
    };
    let neighbours = |k: usize| (k.saturating_sub(3)..(k + 4).min(chain.len())).filter(move |&other| other != k);
    (0..chain.len())
        .filter(|&k| neighbours(k).filter(|&other| agree(chain[k], chain[other])).count() >= 2)
        .map(|k| chain[k])
        .collect()
}
