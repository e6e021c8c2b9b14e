//! The two passes over a pair: all beads roughly, then the survivors closely.

use rayon::prelude::*;

use super::AlignError;
use super::band::Band;
use super::bead::Shape;
use super::coarse::coarse_path;
use super::corridor::Corridor;
use super::fine::Fine;
use super::lattice::{Edge, Lattice, Scores};
use super::objective::Weights;
use super::outline::{Outline, all_beads};
use super::pair::Pair;
use super::pins::{PinBoard, PinError};
use super::survey::Survey;
use super::words::Lesson;
use crate::monitor::Cancelled;

/// Cells of the lattice up to which all of it is searched.
const SEARCH_ALL: usize = 40_000;
/// Rows and columns searched around a rough path that rests on evidence everywhere.
const RADIUS: usize = 9;
/// Rows and columns searched more when none of it does.
const DOUBT: f32 = 120.0;
/// Nodes that a corridor has at most, unless it is already the narrowest.
const MOST_NODES: usize = 600_000;
/// Segments of both sides in a bead of the sketch, at most.
const SMALL_BEAD: usize = 3;
/// Posterior in the sketch below which a node is not looked at again.
const REMOTE: f64 = 1e-7;
/// Rows whose vectors of joined text are in memory at a time.
const STRETCH: usize = 1024;
/// Posterior in the first pass below which a bead is not looked at again.
const HOPELESS: f32 = 3e-5;
/// Step from one ratio of lengths to the next that is tried.
const RATIO_STEP: f32 = 1.19;
/// Steps away from the ratio of the whole documents, at most.
const RATIO_STEPS: usize = 4;

/// The part of the lattice worth searching.
pub(crate) fn corridor(pair: &Pair, pins: &PinBoard) -> Corridor {
    let (n, m) = (pair.source.len(), pair.target.len());
    if n.saturating_mul(m) <= SEARCH_ALL {
        return Corridor::full(n, m);
    }
    let path = coarse_path(pair, pins.nodes());
    let doubt = (1.0 - path.support).max(0.0);
    let affordable = MOST_NODES / path.nodes.len() / 2;
    let radius = (RADIUS + (DOUBT * doubt * doubt) as usize).min(affordable.max(RADIUS));
    Corridor::around(&path.nodes, radius)
}

/// Similarities along the corridor, as far as beads of `max_bead` segments and the forced ones need them.
pub(crate) fn band(pair: &Pair, corridor: &Corridor, pins: &PinBoard, max_bead: usize) -> Band {
    let reach = pins
        .matches()
        .map(|edge| edge.shape.source().max(edge.shape.target()))
        .fold(max_bead, usize::max);
    Band::new(pair, corridor, reach)
}

/// What the first pass leaves to the second.
pub(crate) struct FirstPass {
    /// Natural logarithm of the weight of all readings.
    log_z: f64,
    /// The best one.
    pub(crate) path: Vec<Edge>,
    pub(crate) lattice: Lattice,
    /// Mean cosine of each source, and each target, segment to its nearest ones in the corridor.
    neighbourhoods: (Vec<f32>, Vec<f32>),
    pub(crate) survey: Survey,
}

impl FirstPass {
    /// [`FirstPass::run`] with the ratio of lengths of greatest likelihood, which stays in `pair`. That of the whole
    /// documents misleads where one of them lacks a chapter; it matters in languages that the vectors tell little about,
    /// and is looked for in pairs small enough to be searched whole.
    pub(crate) fn fitted(
        pair: &mut Pair,
        (corridor, band): (&Corridor, &Band),
        pins: &PinBoard,
        parameters: (usize, &Weights),
        keep: Option<&dyn Fn(Edge) -> bool>,
    ) -> Result<Self, PinError> {
        let mut best = Self::run(pair, (corridor, band), pins, parameters, keep)?;
        if pair.source.len() * pair.target.len() > SEARCH_ALL {
            return Ok(best);
        }
        for step in [RATIO_STEP, 1.0 / RATIO_STEP] {
            let start = pair.length.ratio;
            for _ in 0..RATIO_STEPS {
                let before = pair.length.ratio;
                pair.length.ratio *= step;
                let other = Self::run(pair, (corridor, band), pins, parameters, keep)?;
                if other.log_z <= best.log_z {
                    pair.length.ratio = before;
                    break;
                }
                best = other;
            }
            if pair.length.ratio > start {
                break;
            }
        }
        Ok(best)
    }

    /// Scores every bead of the corridor that the pins allow and keeps those that are not hopeless. `keep` is a set of
    /// beads to keep in any case: the best path among those that it allows.
    pub(crate) fn run(
        pair: &Pair,
        (corridor, band): (&Corridor, &Band),
        pins: &PinBoard,
        parameters: (usize, &Weights),
        keep: Option<&dyn Fn(Edge) -> bool>,
    ) -> Result<Self, PinError> {
        let (max_bead, weights) = parameters;
        let corridor = &sketch(pair, band, corridor, pins, weights);
        let lattice = Lattice::new(corridor.clone(), pinned_beads(corridor, max_bead, pins));
        let outline = Outline {
            pair,
            band,
            reach: max_bead,
        };
        let scores = outline.scores(&lattice, weights);
        let (posteriors, path) = rayon::join(|| lattice.posteriors(&scores), || lattice.best_path(&scores));
        let path = path.ok_or(PinError::Impossible)?;
        let mut kept: Vec<bool> = posteriors.edges.iter().map(|&posterior| posterior > HOPELESS).collect();
        path.iter().for_each(|&edge| kept[edge] = true);
        if let Some(keep) = keep {
            let edges = scores.edges.iter().zip(lattice.edges());
            let masked = edges
                .map(|(&score, edge)| if keep(edge) { score } else { f32::NEG_INFINITY })
                .collect();
            let path = lattice.best_path(&Scores {
                edges: masked,
                open: scores.open,
            });
            path.into_iter().flatten().for_each(|edge| kept[edge] = true);
        }
        let edges = lattice.path_edges(&path);
        let of_edges: Vec<f32> = path.iter().map(|&edge| posteriors.edges[edge]).collect();
        let (survey, lattice) = rayon::join(
            || Survey::new((pair, band), &edges, &of_edges),
            || retain(&lattice, &kept),
        );
        Ok(Self {
            log_z: posteriors.log_z,
            path: edges,
            lattice,
            neighbourhoods: (band.source_neighbours.clone(), band.target_neighbours.clone()),
            survey,
        })
    }

    /// The second pass over what is left, with what was learned about the pair: something made of every edge, in order. Vectors of
    /// joined text are fetched for a stretch of rows at a time, while the edges of the one before are looked at, and dropped after
    /// it. `watch` hears of rows done, and of all.
    pub(crate) fn fine<T: Send>(
        &self,
        pair: &Pair,
        max_bead: usize,
        lesson: Option<&Lesson>,
        mut watch: impl FnMut(usize, usize) -> Result<(), Cancelled>,
        make: impl Fn(&Fine, Edge) -> T + Sync,
    ) -> Result<Vec<T>, AlignError> {
        let rows = self.lattice.corridor().n() + 1;
        let neighbourhoods = (&self.neighbourhoods.0[..], &self.neighbourhoods.1[..]);
        let fetch = |start: usize| {
            let edges: Vec<Edge> = self.lattice.edges_of_rows(start..(start + STRETCH).min(rows)).collect();
            let fine = Fine::new(pair, (&self.survey, lesson), neighbourhoods, &edges, max_bead)?;
            Ok::<_, AlignError>((edges, fine))
        };
        let mut results = Vec::with_capacity(self.lattice.len());
        watch(0, rows)?;
        let mut here = Some(fetch(0)?);
        for next in (STRETCH..).step_by(STRETCH) {
            let Some((edges, fine)) = here else { break };
            let (done, fetched) = rayon::join(
                || {
                    edges
                        .par_iter()
                        .with_min_len(64)
                        .map(|&edge| make(&fine, edge))
                        .collect::<Vec<T>>()
                },
                || (next < rows).then(|| fetch(next)).transpose(),
            );
            results.extend(done);
            here = fetched?;
            watch(next.min(rows), rows)?;
        }
        Ok(results)
    }
}

/// The part of a large corridor that is left when beads of more than [`SMALL_BEAD`] segments are made of smaller ones and
/// nulls: a fifth of the beads tells where the path cannot be.
fn sketch(pair: &Pair, band: &Band, corridor: &Corridor, pins: &PinBoard, weights: &Weights) -> Corridor {
    if corridor.len() <= SEARCH_ALL {
        return corridor.clone();
    }
    let lattice = Lattice::new(corridor.clone(), pinned_beads(corridor, SMALL_BEAD, pins));
    let outline = Outline {
        pair,
        band,
        reach: SMALL_BEAD,
    };
    lattice
        .likely_nodes(&outline.scores(&lattice, weights), REMOTE)
        .map_or_else(|| corridor.clone(), |nodes| corridor.narrowed(nodes.into_iter()))
}

/// Every bead of the corridor that the pins allow, and the forced beads, whatever their size.
fn pinned_beads<'a>(
    corridor: &'a Corridor,
    max_bead: usize,
    pins: &'a PinBoard,
) -> impl Iterator<Item = Vec<(usize, Shape)>> + 'a {
    let mut forced = pins.matches().peekable();
    all_beads(corridor, max_bead).enumerate().map(move |(i, mut row)| {
        if pins.is_empty() {
            return row;
        }
        row.retain(|&(j, shape)| pins.allows(Edge { i, j, shape }));
        while let Some(edge) = forced.next_if(|edge| edge.i == i) {
            if !row.contains(&(edge.j, edge.shape)) {
                row.push((edge.j, edge.shape));
            }
        }
        row.sort_by_key(|&(j, _)| j);
        row
    })
}

/// The lattice with the kept edges only, and no wider than they need.
fn retain(lattice: &Lattice, kept: &[bool]) -> Lattice {
    let (n, m) = (lattice.corridor().n(), lattice.corridor().m());
    let edges = || {
        lattice
            .edges()
            .zip(kept)
            .filter(|&(_, &kept)| kept)
            .map(|(edge, _)| edge)
    };
    let ends = edges().flat_map(|edge| {
        let (x, y) = edge.runs();
        [(x.start, y.start), (x.end, y.end)]
    });
    let corridor = Corridor::covering(n, m, ends);
    let mut rows: Vec<Vec<(usize, Shape)>> = vec![Vec::new(); n + 1];
    edges().for_each(|edge| rows[edge.i].push((edge.j, edge.shape)));
    Lattice::new(corridor, rows)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::align::runs::sums::Sums;
    use crate::align::{Options, Text};
    use crate::embed::Vectors;

    const WIDTH: usize = 8;

    /// A document and its translation: some segments are cut in two, some left out.
    fn bitext() -> impl Strategy<Value = (Sums, Sums)> {
        let segment = (proptest::collection::vec(-1.0_f32..1.0, WIDTH), 0..10_u8);
        proptest::collection::vec(segment, 30..60).prop_map(|segments| {
            let (mut source, mut target) = (Vec::new(), Vec::new());
            for (vector, kind) in segments {
                source.extend(&vector);
                for _ in 0..[0, 2].get(usize::from(kind)).copied().unwrap_or(1) {
                    target.extend(&vector);
                }
            }
            (Sums(Vectors::new(WIDTH, source)), Sums(Vectors::new(WIDTH, target)))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn near_the_rough_path_lies_the_best_path_of_the_whole_lattice((source, target) in bitext()) {
            let (left, right) = (vec!["Some words."; source.0.len()], vec!["Des mots."; target.0.len()]);
            let text = |segments, vectors| Text { segments, vectors, map: None };
            let pair = Pair::new(text(&left[..], &source), text(&right[..], &target)).unwrap();
            let pins = PinBoard::default();
            let options = Options::bundled().unwrap();
            let whole = Corridor::full(source.0.len(), target.0.len());
            // Nearest neighbours are looked for along the corridor: for both searches along the whole, since beads are to
            // score the same.
            let band = band(&pair, &whole, &pins, options.max_bead);
            let search = |corridor: &Corridor| {
                let weights = (options.max_bead, &options.parameters.outline);
                let first = FirstPass::run(&pair, (corridor, &band), &pins, weights, None).unwrap();
                let scores = first.fine(&pair, options.max_bead, None, |_, _| Ok(()), |fine, edge| {
                    options.parameters.fine.score(&fine.features(edge))
                });
                let scores = Scores { edges: scores.unwrap(), open: options.parameters.fine.open };
                let path = first.lattice.best_path(&scores).unwrap();
                (first.lattice, scores, path)
            };
            let (lattice, scores, best) = search(&whole);
            let (narrow, _, found) = search(&Corridor::around(&coarse_path(&pair, &[]).nodes, RADIUS));
            let edges: Vec<Edge> = lattice.edges().collect();
            let place = |edge: &Edge| edges.iter().position(|other| other == edge);
            let found: Option<Vec<usize>> = narrow.path_edges(&found).iter().map(place).collect();
            let found = found.expect("a bead of the path was hopeless in the whole lattice");
            prop_assert!(lattice.weight(&found, &scores) > lattice.weight(&best, &scores) - 1e-3);
        }
    }
}
