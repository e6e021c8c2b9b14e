//! Clauses: the parts of long segments that punctuation cuts off, and how well each fits segments of the other side.
//!
//! Where a translator makes three sentences of one, each says a third of what the one says, and the cosines of whole
//! sentences have little to hold on to. The clause that a sentence renders is as good a partner as ever.

mod cut;

use std::ops::Range;

use rayon::prelude::*;

use super::lattice::Edge;
use super::pair::Half;
use crate::embed::{EmbedError, Vectors};
use crate::rank::cosine;
use cut::clauses;

/// Cosine that a clause has with what is not there.
const NOTHING: f32 = -0.2;

/// The clauses of consecutive segments of one side, and how well they fit segments of the other.
struct Side {
    /// Their first segment.
    first: usize,
    /// `starts[k]`: clauses before segment `first + k`.
    starts: Vec<usize>,
    /// Bytes of each clause.
    lengths: Vec<f32>,
    /// Segments of the other side that the clauses of each segment were compared with.
    seen: Vec<Range<usize>>,
    /// Clause after clause: the best cosine with any clause of each segment seen.
    best: Vec<Vec<f32>>,
}

impl Side {
    /// Cuts segments into clauses; also gives their vectors, evened out. Nothing where no model is at hand.
    fn read(half: &Half, first: usize, seen: Vec<Range<usize>>) -> Result<Option<(Self, Vectors)>, EmbedError> {
        let mut texts = Vec::new();
        let mut starts = vec![0];
        for text in &half.texts[first..first + seen.len()] {
            texts.extend(clauses(text));
            starts.push(texts.len());
        }
        let Some(vectors) = half.vectors.texts(&texts)? else {
            return Ok(None);
        };
        let mut side = Self {
            first,
            starts,
            lengths: texts.iter().map(|text| text.len().max(1) as f32).collect(),
            seen,
            best: Vec::with_capacity(texts.len()),
        };
        for segment in 0..side.seen.len() {
            let unknown = vec![NOTHING; side.seen[segment].len()];
            let count = side.starts[segment + 1] - side.starts[segment];
            side.best.extend(std::iter::repeat_n(unknown, count));
        }
        Ok(Some((side, half.map.apply(&vectors)?)))
    }

    fn clauses(&self, segment: usize) -> Range<usize> {
        self.clauses_of(&(segment..segment + 1))
    }

    fn clauses_of(&self, segments: &Range<usize>) -> Range<usize> {
        self.starts[segments.start - self.first]..self.starts[segments.end - self.first]
    }

    /// Best cosine of a segment's clause with any clause of a run.
    fn best(&self, segment: usize, clause: usize, run: &Range<usize>) -> f32 {
        let seen = &self.seen[segment - self.first];
        let inside = run.start.max(seen.start)..run.end.min(seen.end);
        let best = inside.map(|other| self.best[clause][other - seen.start]);
        best.fold(NOTHING, f32::max)
    }

    /// Mean of a value over the clauses of segments, by length.
    fn mean(&self, segments: Range<usize>, value: impl Fn(usize, usize) -> f32) -> f32 {
        let (mut sum, mut length) = (0.0, 0.0);
        for segment in segments {
            for clause in self.clauses(segment) {
                sum += self.lengths[clause] * value(segment, clause);
                length += self.lengths[clause];
            }
        }
        sum / f32::max(length, 1.0)
    }

    /// What the clauses of this side say about a bead of `own` and the other side's `other`; `ends` are the numbers of
    /// segments of both.
    fn fit(&self, own: &Range<usize>, other: &Range<usize>, ends: (usize, usize)) -> Fit {
        let before = other.start.saturating_sub(1)..other.start;
        let after = other.end..(other.end + 1).min(ends.1);
        let fits = |segment, clause, run: &Range<usize>| self.best(segment, clause, run);
        let leak = |beyond: &Range<usize>| {
            self.mean(own.clone(), |segment, clause| {
                (fits(segment, clause, beyond) - fits(segment, clause, other)).max(0.0)
            })
        };
        let bound = |end: usize, beyond: &Range<usize>| {
            self.mean(end..end + 1, |segment, clause| {
                fits(segment, clause, other) - fits(segment, clause, beyond)
            })
        };
        let hold = if own.len() > 1 {
            f32::min(bound(own.start, &before), bound(own.end - 1, &after))
        } else {
            1.0
        };
        let mut pull = 0.0_f32;
        if own.start > 0 {
            pull = pull.max(bound(own.start - 1, &before));
        }
        if own.end < ends.0 {
            pull = pull.max(bound(own.end, &after));
        }
        let leak = leak(&before) + leak(&after);
        Fit { leak, hold, pull }
    }
}

/// What clauses say about a bead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    /// How much better clauses of the bead fit the segment just before or after the other run; mean by length, both sides
    /// added.
    pub(crate) leak: f32,
    /// How much better the least bound end segment of a side with several fits the bead than what is beyond; 1 where no
    /// side has several.
    pub(crate) hold: f32,
    /// How much better the segment just before or after a run fits the bead than the bead's other neighbour there; at
    /// least 0.
    pub(crate) pull: f32,
}

/// How well the clauses near some beads fit segments of the other side.
pub(crate) struct Clauses {
    source: Side,
    target: Side,
    ends: (usize, usize),
}

impl Clauses {
    /// Compares the clauses of all segments of the beads and of one more on either side. Nothing where there is no bead with
    /// two sides, or no model at hand.
    ///
    /// # Errors
    /// When clauses cannot be embedded.
    pub(crate) fn compare((source, target): (&Half, &Half), edges: &[Edge]) -> Result<Option<Self>, EmbedError> {
        let ends = (source.len(), target.len());
        let Some((first, seen)) = reach(edges, ends) else {
            return Ok(None);
        };
        let (target_first, target_seen) = seen_from_other_side(first, &seen);
        let Some((mut left, left_vectors)) = Side::read(source, first, seen)? else {
            return Ok(None);
        };
        let Some((mut right, right_vectors)) = Side::read(target, target_first, target_seen)? else {
            return Ok(None);
        };
        let cosines = |i: usize| {
            let seen = left.seen[i - first].clone();
            let targets = right.clauses_of(&seen);
            let row = |c| {
                targets
                    .clone()
                    .map(|d| cosine(left_vectors.row(c), right_vectors.row(d)))
                    .collect()
            };
            left.clauses(i).map(row).collect::<Vec<Vec<f32>>>()
        };
        let all: Vec<Vec<Vec<f32>>> = (first..first + left.seen.len()).into_par_iter().map(cosines).collect();
        for (i, rows) in (first..).zip(&all) {
            note(&mut left, &mut right, i, rows);
        }
        Ok(Some(Self {
            source: left,
            target: right,
            ends,
        }))
    }

    /// What clauses say about a bead with two sides, one of those compared.
    pub(crate) fn fit(&self, x: &Range<usize>, y: &Range<usize>) -> Fit {
        let (n, m) = self.ends;
        let (of_source, of_target) = (self.source.fit(x, y, (n, m)), self.target.fit(y, x, (m, n)));
        Fit {
            leak: of_source.leak + of_target.leak,
            hold: of_source.hold.min(of_target.hold),
            pull: of_source.pull.max(of_target.pull),
        }
    }
}

/// Keeps the best of the cosines of source segment `i`, one row a clause, one column a clause of the segments it saw.
fn note(left: &mut Side, right: &mut Side, i: usize, rows: &[Vec<f32>]) {
    let seen = left.seen[i - left.first].clone();
    let offset = right.clauses_of(&seen).start;
    for (clause, row) in left.clauses(i).zip(rows) {
        for j in seen.clone() {
            let column = i - right.seen[j - right.first].start;
            for other in right.clauses(j) {
                let here = row[other - offset];
                let best = &mut left.best[clause][j - seen.start];
                *best = best.max(here);
                let best = &mut right.best[other][column];
                *best = best.max(here);
            }
        }
    }
}

/// The first source segment of the beads or beside them, and for it and all up to the last one the target segments of the
/// beads that it stands in or beside, and those beside them.
fn reach(edges: &[Edge], (n, m): (usize, usize)) -> Option<(usize, Vec<Range<usize>>)> {
    let wider = |run: &Range<usize>, end: usize| run.start.saturating_sub(1)..(run.end + 1).min(end);
    let matches = || {
        let runs = edges
            .iter()
            .filter(|edge| !edge.shape.is_null())
            .map(|edge| edge.runs());
        runs.map(|(x, y)| (wider(&x, n), wider(&y, m)))
    };
    let first = matches().map(|(x, _)| x.start).min()?;
    let last = matches().map(|(x, _)| x.end).max()?;
    let mut seen = vec![None; last - first];
    for (x, y) in matches() {
        x.for_each(|i| widen(&mut seen[i - first], &y));
    }
    let start = matches().map(|(_, y)| y.start).min()?;
    Some((
        first,
        seen.into_iter().map(|range| range.unwrap_or(start..start)).collect(),
    ))
}

/// The same from the other side: the first segment seen, and for it and all up to the last one those that saw it.
fn seen_from_other_side(first: usize, seen: &[Range<usize>]) -> (usize, Vec<Range<usize>>) {
    let low = seen.iter().map(|range| range.start).min().unwrap_or(0);
    let high = seen.iter().map(|range| range.end).max().unwrap_or(low);
    let mut seeing = vec![None; high - low];
    for (i, range) in (first..).zip(seen) {
        range.clone().for_each(|j| widen(&mut seeing[j - low], &(i..i + 1)));
    }
    let seeing = seeing.into_iter().map(|range| range.unwrap_or(first..first));
    (low, seeing.collect())
}

fn widen(range: &mut Option<Range<usize>>, by: &Range<usize>) {
    *range = Some(match range.take() {
        None => by.clone(),
        Some(range) => range.start.min(by.start)..range.end.max(by.end),
    });
}

#[cfg(test)]
mod tests {
    use super::super::bead::Shape;
    use super::super::pair::{Pair, Text};
    use super::super::runs::EmbeddedTexts;
    use super::*;
    use crate::embed::{Embedder, UseMultilingual};
    use crate::space::Map;

    const ENGLISH: [&str; 2] = [
        "When the rain had stopped, the old fisherman opened the door, called his dog, and walked down to the harbour.",
        "His daughter stayed at home.",
    ];
    const FRENCH: [&str; 4] = [
        "La pluie avait cessé.",
        "Le vieux pêcheur ouvrit la porte et appela son chien.",
        "Puis il descendit au port.",
        "Sa fille resta à la maison.",
    ];

    fn compared() -> Clauses {
        let model = UseMultilingual::load().unwrap();
        let vectors = [model.encode(&ENGLISH).unwrap(), model.encode(&FRENCH).unwrap()];
        let sides = [&ENGLISH[..], &FRENCH[..]];
        let embedded = [0, 1].map(|side| EmbeddedTexts {
            embedder: &model,
            texts: sides[side],
            vectors: &vectors[side],
        });
        let map = Map::identity(model.dimension());
        let text = |side: usize| Text {
            segments: sides[side],
            vectors: &embedded[side],
            map: Some(&map),
        };
        let pair = Pair::new(text(0), text(1)).unwrap();
        let edge = |i, j, shape| Edge { i, j, shape };
        let edges = [edge(0, 0, Shape::new(1, 3)), edge(1, 3, Shape::new(1, 1))];
        Clauses::compare((&pair.source, &pair.target), &edges).unwrap().unwrap()
    }

    #[test]
    fn a_sentence_is_held_by_the_clause_that_it_renders() {
        let clauses = compared();
        let right = clauses.fit(&(0..1), &(0..3));
        let torn = clauses.fit(&(0..1), &(0..2));
        let greedy = clauses.fit(&(0..1), &(0..4));
        assert!(right.hold > 0.1, "{right:?}");
        assert!(torn.leak > right.leak, "{torn:?} {right:?}");
        assert!(torn.pull > right.pull, "{torn:?} {right:?}");
        assert!(greedy.hold < 0.0, "{greedy:?}");
    }

    #[test]
    fn beads_without_two_sides_need_no_clauses() {
        assert_eq!(reach(&[], (5, 5)), None);
        let null = Edge {
            i: 1,
            j: 1,
            shape: Shape::SOURCE_NULL,
        };
        assert_eq!(reach(&[null], (5, 5)), None);
    }
}
