//! What a gold alignment allows a path to do.

use super::bead::Shape;
use super::lattice::Edge;

/// How much a gold alignment tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoldKind {
    /// Every bead is minimal.
    Exact,
    /// A bead is a pair of passages; how the segments inside pair up is not known.
    Block,
}

/// A gold bead: indexes of source segments and of target segments.
pub type GoldBead = (Vec<usize>, Vec<usize>);

/// A gold alignment made monotone.
#[derive(Debug, Clone)]
pub(crate) struct Gold {
    kind: GoldKind,
    max_bead: usize,
    /// Bead of each source segment, if it has one with two sides.
    source: Vec<Option<usize>>,
    target: Vec<Option<usize>>,
    /// Sizes of the beads.
    sizes: Vec<(usize, usize)>,
}

impl Gold {
    /// Takes the beads with two sides; of beads that cross, those that keep the most segments. The others'
    /// segments count as left out. Every index is below `n` (source) or `m` (target).
    pub(crate) fn new(beads: &[GoldBead], kind: GoldKind, max_bead: usize, n: usize, m: usize) -> Self {
        let mut gold = Self {
            kind,
            max_bead,
            source: vec![None; n],
            target: vec![None; m],
            sizes: Vec::new(),
        };
        let contiguous = |run: &[usize]| !run.is_empty() && run.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let mut sorted: Vec<&GoldBead> = beads.iter().filter(|(x, y)| contiguous(x) && contiguous(y)).collect();
        sorted.sort();
        for (x, y) in monotone(&sorted) {
            let index = gold.sizes.len();
            gold.sizes.push((x.len(), y.len()));
            x.iter().for_each(|&i| gold.source[i] = Some(index));
            y.iter().for_each(|&j| gold.target[j] = Some(index));
        }
        gold
    }

    /// A path from (0, 0) to (n, m) through all ends of beads, in small steps.
    pub(crate) fn path(&self) -> Vec<(usize, usize)> {
        let mut ends = vec![(0, 0); self.sizes.len()];
        for (i, bead) in self.source.iter().enumerate() {
            bead.iter().for_each(|&bead| ends[bead].0 = i + 1);
        }
        for (j, bead) in self.target.iter().enumerate() {
            bead.iter().for_each(|&bead| ends[bead].1 = j + 1);
        }
        ends.push((self.source.len(), self.target.len()));
        let mut path = vec![(0, 0)];
        let mut from = (0, 0);
        for to in ends {
            let steps = (to.0 - from.0).max(to.1 - from.1);
            let between = |a: usize, b: usize, step: usize| a + (b - a) * step / steps;
            path.extend((1..=steps).map(|step| (between(from.0, to.0, step), between(from.1, to.1, step))));
            from = to;
        }
        path
    }

    /// Whether a path with this edge can agree with the gold.
    pub(crate) fn allows(&self, edge: Edge) -> bool {
        match edge.shape {
            Shape::SOURCE_NULL => self.source[edge.i].is_none_or(|bead| !self.tileable(bead)),
            Shape::TARGET_NULL => self.target[edge.j].is_none_or(|bead| !self.tileable(bead)),
            _ => self.allows_match(edge),
        }
    }

    fn allows_match(&self, edge: Edge) -> bool {
        let (x, y) = edge.runs();
        let Some(bead) = self.source[x.start] else { return false };
        let inside = self.source[x]
            .iter()
            .chain(&self.target[y])
            .all(|&other| other == Some(bead));
        let (a, b) = self.sizes[bead];
        let exact = self.kind == GoldKind::Exact && a + b <= self.max_bead;
        inside && (!exact || (a, b) == (edge.shape.source(), edge.shape.target()))
    }

    /// Whether beads with two sides can cover the whole bead.
    fn tileable(&self, bead: usize) -> bool {
        let (a, b) = self.sizes[bead];
        a.max(b) <= a.min(b) * (self.max_bead - 1)
    }
}

/// The beads without crossings that cover the most segments, from beads ordered by source.
fn monotone<'a>(beads: &[&'a GoldBead]) -> Vec<&'a GoldBead> {
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(beads.len());
    for (index, (x, y)) in beads.iter().enumerate() {
        // Real gold crosses over short distances only.
        let before = (index.saturating_sub(500)..index).filter(|&k| beads[k].1.last() < y.first());
        let link = before.max_by_key(|&k| best[k].0);
        best.push((link.map_or(0, |k| best[k].0) + x.len() + y.len(), link));
    }
    let mut at = (0..beads.len()).max_by_key(|&k| best[k].0);
    let mut kept = Vec::new();
    while let Some(k) = at {
        kept.push(beads[k]);
        at = best[k].1;
    }
    kept.reverse();
    kept
}
