//! Single segments that stand elsewhere, such as notes that one side gathers at its end.
//!
//! Candidates are the segments that the path leaves over and, opposite these, the ends of beads with several segments on
//! a side, for a note whose counterpart is far away often joins the sentence before it, and segments of doubtful beads.
//!
//! How much evidence two candidates have is told by [`Scale`].
//!
//! Notes keep their order: a *chain* of links rises on both sides. With `L = ln(N / K) + 2` for N pairs of candidates, a chain
//! is offered when its links' odds beyond 0.4 L exceed L in sum: one link needs 1.4 L, many in order little more than 0.4 L
//! each. Between two links of a chain there is less to choose from, so that less evidence is enough. Notes are also gathered:
//! links that do not stand near others on either side have to be each other's nearest of all segments, and left out by the path.

use std::ops::Range;

use rayon::prelude::*;

use super::candidates::{Candidate, candidates, known};
use super::closeness::Closeness;
use super::scale::{Scale, nearest};
use super::{HOLE, Left, MovedBlock, Standing, stretches};
use crate::align::coarse::{Anchor, chain, keep_best};
use crate::align::study::Study;
use crate::align::{Bead, Lesson};
use crate::embed::{EmbedError, Vectors};
use crate::rank::cosine;

/// Known beads that tell what a margin means, at least.
const FEWEST: usize = 20;
/// Pairs of candidates up to which single segments are looked for: where more is left over, nothing stands out.
const MOST_CELLS: usize = 8_000_000;
/// Log odds that a chain needs beyond those of the best of all pairs.
const BEYOND: f32 = 2.0;
/// Share of what a chain needs that each link has to exceed to speak for it.
const SHARE: f32 = 0.4;
/// Links from which a chain tells where others can be, and a gathering is one.
const CHAIN: usize = 3;
/// Segments that a link is compared with at a time.
const TOGETHER: usize = 2048;
/// Closeness that a bead may lose with the segment that it lets go.
const SLACK: f32 = 0.02;
/// Chains, at most.
const ROUNDS: usize = 8;

/// Two candidates, by their places among all, and their log odds.
type Cell = Anchor;

/// Single segments that cross the path, in chains; what they hold is left over no more.
pub(super) fn find(
    study: &Study,
    lesson: Option<&Lesson>,
    path: &Standing,
    left: &mut Left,
) -> Result<Vec<MovedBlock>, EmbedError> {
    let candidates = [
        candidates(&left.source, path, |bead| bead.source.clone()),
        candidates(&left.target, path, |bead| bead.target.clone()),
    ];
    let free = [left.source.len(), left.target.len()];
    let all = free[0].saturating_mul(candidates[1].len()) + (candidates[0].len() - free[0]).saturating_mul(free[1]);
    let known = known(path);
    if known.len() < FEWEST || all == 0 || all > MOST_CELLS {
        return Ok(Vec::new());
    }
    let search = Search {
        study,
        lesson,
        path,
        candidates,
        known,
    };
    let mut cells = search.let_go(search.cells()?)?;
    let mut blocks = Vec::new();
    let needed = (all as f32 / search.known.len() as f32).max(1.0).ln() + BEYOND;
    for _ in 0..ROUNDS {
        let links = search.chain(&cells, needed);
        if links.is_empty() {
            break;
        }
        cells.retain(|cell| links.iter().all(|link| !search.excludes(link, cell)));
        let (mut gathered, lone) = search.gathered(&links);
        gathered.extend(search.nearest_of_all(lone)?);
        gathered.sort_unstable_by_key(|link| link.i);
        blocks.extend(search.blocks(&gathered)?);
    }
    left.without(&blocks);
    Ok(blocks)
}

struct Search<'a> {
    study: &'a Study<'a>,
    lesson: Option<&'a Lesson>,
    path: &'a Standing,
    candidates: [Vec<Candidate>; 2],
    known: Vec<(usize, usize)>,
}

impl Search<'_> {
    /// The likelier pairs of candidates, three a source at most, source after source.
    fn cells(&self) -> Result<Vec<Cell>, EmbedError> {
        let [sources, targets] = &self.candidates;
        let single = |segment: usize| segment..segment + 1;
        let of_known = |side: fn(&(usize, usize)) -> usize| self.known.iter().map(move |pair| single(side(pair)));
        let closeness = Closeness::new(
            self.study,
            self.lesson,
            sources
                .iter()
                .map(|one| single(one.segment))
                .chain(of_known(|pair| pair.0)),
            targets
                .iter()
                .map(|one| single(one.segment))
                .chain(of_known(|pair| pair.1)),
        )?;
        let known: (Vec<usize>, Vec<usize>) = (
            of_known(|pair| pair.0).map(|run| closeness.source(&run)).collect(),
            of_known(|pair| pair.1).map(|run| closeness.target(&run)).collect(),
        );
        let Some(scale) = Scale::learn(&closeness, &known) else {
            return Ok(Vec::new());
        };
        let rows: Vec<usize> = sources
            .iter()
            .map(|one| closeness.source(&single(one.segment)))
            .collect();
        let columns: Vec<usize> = targets
            .iter()
            .map(|one| closeness.target(&single(one.segment)))
            .collect();
        let near_row = |&row: &usize| nearest(known.1.iter().map(|&column| closeness.of(row, column)));
        let near_column = |&column: &usize| nearest(known.0.iter().map(|&row| closeness.of(row, column)));
        let near_source: Vec<f32> = rows.par_iter().map(near_row).collect();
        let near_target: Vec<f32> = columns.par_iter().map(near_column).collect();
        let best_of = |i: usize| {
            let mut best = Vec::new();
            for (j, target) in targets.iter().enumerate() {
                if !self.can_move(&sources[i], target) {
                    continue;
                }
                let margin = closeness.of(rows[i], columns[j]) - f32::midpoint(near_source[i], near_target[j]);
                let weight = scale.odds(margin);
                if weight > 0.0 {
                    keep_best(&mut best, Cell { i, j, weight });
                }
            }
            best
        };
        Ok((0..sources.len()).into_par_iter().flat_map_iter(best_of).collect())
    }

    /// Whether two candidates cross the path, and at least one of them is free.
    fn can_move(&self, source: &Candidate, target: &Candidate) -> bool {
        let (i, j) = (source.segment, target.segment);
        (source.holder.is_none() || target.holder.is_none()) && self.path.cross(&(i..i + 1), &(j..j + 1))
    }

    /// The bead that holds a segment of a cell, and what is left of it without.
    fn holder(&self, cell: &Cell) -> Option<Held> {
        let (source, target) = (self.candidates[0][cell.i], self.candidates[1][cell.j]);
        let without = |run: &Run, segment: usize| {
            if segment == run.start {
                run.start + 1..run.end
            } else {
                run.start..run.end - 1
            }
        };
        let number = source.holder.or(target.holder)?;
        let bead = &self.path.beads[number];
        let (mut rest, mut alone) = (bead.clone(), bead.clone());
        if source.holder.is_some() {
            rest.source = without(&bead.source, source.segment);
            alone.source = source.segment..source.segment + 1;
        } else {
            rest.target = without(&bead.target, target.segment);
            alone.target = target.segment..target.segment + 1;
        }
        Some(Held {
            number,
            rest: Some(rest).filter(|rest| !rest.is_null()),
            alone,
        })
    }

    /// The cells whose segments are free, or closer to each other than to the bead that holds one of them, which is no worse
    /// without it.
    fn let_go(&self, cells: Vec<Cell>) -> Result<Vec<Cell>, EmbedError> {
        if cells.is_empty() {
            return Ok(cells);
        }
        let held: Vec<Option<Held>> = cells.iter().map(|cell| self.holder(cell)).collect();
        let single = |segment: usize| segment..segment + 1;
        let runs = |held: &Held| {
            let both = [self.path.beads[held.number].clone(), held.alone.clone()];
            both.into_iter().chain(held.rest.clone())
        };
        let beads: Vec<Bead> = held.iter().flatten().flat_map(runs).collect();
        let of_cells = |side: usize, place: fn(&Cell) -> usize| {
            let candidates = &self.candidates[side];
            cells.iter().map(move |cell| single(candidates[place(cell)].segment))
        };
        let closeness = Closeness::new(
            self.study,
            self.lesson,
            beads
                .iter()
                .map(|bead| bead.source.clone())
                .chain(of_cells(0, |cell| cell.i)),
            beads
                .iter()
                .map(|bead| bead.target.clone())
                .chain(of_cells(1, |cell| cell.j)),
        )?;
        let of = |source: &Run, target: &Run| closeness.of(closeness.source(source), closeness.target(target));
        let lets_go = |cell: &Cell, held: &Held| {
            let here = of(
                &single(self.candidates[0][cell.i].segment),
                &single(self.candidates[1][cell.j].segment),
            );
            let whole = &self.path.beads[held.number];
            let stands = |rest: &Bead| of(&rest.source, &rest.target) >= of(&whole.source, &whole.target) - SLACK;
            of(&held.alone.source, &held.alone.target) < here && held.rest.as_ref().is_none_or(stands)
        };
        let kept = cells.iter().zip(&held);
        let kept = kept.filter(|(cell, held)| held.as_ref().is_none_or(|held| lets_go(cell, held)));
        Ok(kept.map(|(cell, _)| *cell).collect())
    }

    /// The links of the heaviest chain, if it is beyond chance, and those between them.
    fn chain(&self, cells: &[Cell], needed: f32) -> Vec<Cell> {
        let mut links = heaviest(cells.iter(), SHARE * needed);
        let sum: f32 = links.iter().map(|link| link.weight - SHARE * needed).sum();
        if sum <= needed {
            return Vec::new();
        }
        if links.len() >= CHAIN {
            links = self.between(cells, &links);
        }
        // A bead lets go of one segment only.
        let mut held = Vec::new();
        links.retain(|link| {
            let number = self.holder(link).map(|held| held.number);
            let first = number.is_none_or(|number| !held.contains(&number));
            held.extend(number);
            first
        });
        links
    }

    /// The links, and what else lies between two of them in order.
    fn between(&self, cells: &[Cell], links: &[Cell]) -> Vec<Cell> {
        let mut all = Vec::new();
        let mut from = (0, 0);
        let ends = (self.candidates[0].len(), self.candidates[1].len());
        for (to, link) in links
            .iter()
            .map(|link| ((link.i, link.j), Some(*link)))
            .chain([(ends, None)])
        {
            let inside = |cell: &&Cell| (from.0..to.0).contains(&cell.i) && (from.1..to.1).contains(&cell.j);
            let choice = to.0.saturating_sub(from.0) * to.1.saturating_sub(from.1);
            let needed = (1.0 + choice as f32 / self.known.len() as f32).ln();
            all.extend(heaviest(cells.iter().filter(inside), needed));
            all.extend(link);
            from = (to.0 + 1, to.1 + 1);
        }
        all
    }

    /// The links that stand near others on one side, and those that stand alone.
    fn gathered(&self, links: &[Cell]) -> (Vec<Cell>, Vec<Cell>) {
        let [sources, targets] = &self.candidates;
        let near = |a: &Cell, b: &Cell| {
            sources[b.i].segment - sources[a.i].segment <= HOLE || targets[b.j].segment - targets[a.j].segment <= HOLE
        };
        let (many, few): (Vec<_>, Vec<_>) = links.chunk_by(near).partition(|group| group.len() >= CHAIN);
        (many.concat(), few.concat())
    }

    /// The links whose segments the path leaves out, and that have none as near in the whole of the other document: formulas
    /// recur anywhere, and a doubtful bead is no sign of a move.
    fn nearest_of_all(&self, links: Vec<Cell>) -> Result<Vec<Cell>, EmbedError> {
        let [sources, targets] = &self.candidates;
        let counts = [self.study.pair().source.len(), self.study.pair().target.len()];
        let single = |segment: usize| segment..segment + 1;
        let mut nearest = Vec::with_capacity(links.len());
        for link in links {
            let (x, y) = (single(sources[link.i].segment), single(targets[link.j].segment));
            if !self.path.leaves_out(x.start, y.start) {
                continue;
            }
            let mut is_nearest = true;
            for start in (0..counts[0].max(counts[1])).step_by(TOGETHER) {
                let part = |count: usize| (start.min(count)..(start + TOGETHER).min(count)).map(single);
                let closeness = Closeness::new(
                    self.study,
                    self.lesson,
                    part(counts[0]).chain([x.clone()]),
                    part(counts[1]).chain([y.clone()]),
                )?;
                let (row, column) = (closeness.source(&x), closeness.target(&y));
                let here = closeness.of(row, column);
                let rows = part(counts[0]).filter(|other| *other != x);
                let columns = part(counts[1]).filter(|other| *other != y);
                let rivals = rows.map(|other| closeness.of(closeness.source(&other), column));
                let rivals = rivals.chain(columns.map(|other| closeness.of(row, closeness.target(&other))));
                is_nearest &= rivals.fold(f32::NEG_INFINITY, f32::max) < here;
            }
            nearest.extend(is_nearest.then_some(link));
        }
        Ok(nearest)
    }

    /// Whether two cells cannot both be links.
    fn excludes(&self, link: &Cell, other: &Cell) -> bool {
        let holder = |cell: &Cell| self.holder(cell).map(|held| held.number);
        link.i == other.i || link.j == other.j || holder(link).is_some_and(|number| holder(other) == Some(number))
    }

    /// The links as blocks, those that follow each other together.
    fn blocks(&self, links: &[Cell]) -> Result<Vec<MovedBlock>, EmbedError> {
        let pair = self.study.pair();
        let bead = |link: &Cell| {
            let (i, j) = (self.candidates[0][link.i].segment, self.candidates[1][link.j].segment);
            Bead {
                source: i..i + 1,
                target: j..j + 1,
                score: cosine(pair.source.singles().row(i), pair.target.singles().row(j)),
                posterior: 1.0 / (1.0 + (-link.weight).exp()),
            }
        };
        let mut blocks = stretches(links.iter().map(bead));
        let mut rest: Vec<(Bead, Bead)> = Vec::new();
        for link in links {
            let mended = self.holder(link).and_then(|held| held.rest);
            rest.extend(mended.map(|mended| (bead(link), mended)));
        }
        let vectors = |runs: Vec<Run>, of: &dyn crate::align::RunVectors| {
            if runs.is_empty() {
                Ok(Vectors::default())
            } else {
                of.runs(&runs)
            }
        };
        let x = vectors(
            rest.iter().map(|(_, bead)| bead.source.clone()).collect(),
            pair.source.vectors,
        )?;
        let y = vectors(
            rest.iter().map(|(_, bead)| bead.target.clone()).collect(),
            pair.target.vectors,
        )?;
        for (row, (link, mut mended)) in rest.into_iter().enumerate() {
            mended.score = cosine(x.row(row), y.row(row));
            let block = blocks.iter_mut().find(|block| block.beads.contains(&link));
            block.into_iter().for_each(|block| block.mended.push(mended.clone()));
        }
        Ok(blocks)
    }
}

type Run = Range<usize>;

/// A bead of the path that one segment leaves.
struct Held {
    /// Its number on the path.
    number: usize,
    /// The bead without the segment, where it is one then.
    rest: Option<Bead>,
    /// The segment with the bead's other side.
    alone: Bead,
}

/// The heaviest chain of cells by their odds beyond `needed`, which each of its links exceeds.
fn heaviest<'a>(cells: impl Iterator<Item = &'a Cell>, needed: f32) -> Vec<Cell> {
    let beyond = cells.map(|cell| Cell {
        weight: cell.weight - needed,
        ..*cell
    });
    let beyond: Vec<Cell> = beyond.filter(|cell| cell.weight > 0.0).collect();
    let restored = chain(&beyond).into_iter().map(|cell| Cell {
        weight: cell.weight + needed,
        ..cell
    });
    restored.collect()
}
