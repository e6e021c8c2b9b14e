//! The second pass: the surviving beads, with the vectors of their joined text and all that the first pass taught.

mod runs;
mod view;

use std::ops::Range;

use super::bead::Shape;
use super::clauses::Clauses;
use super::lattice::Edge;
use super::outline::shape_class;
use super::pair::{Half, Pair};
use super::survey::Survey;
use super::tokens::MARKS;
use super::words::Lesson;
use crate::embed::EmbedError;
use runs::Runs;
use view::View;

/// Names of the features of the second pass, in the order of [`Fine::features`].
pub(crate) const FEATURES: [&str; 46] = [
    "null",
    "one_to_one",
    "one_to_two",
    "one_to_three",
    "one_to_more",
    "two_to_two",
    "other",
    "cosine",
    "cosine_by_size",
    "around",
    "around_by_size",
    "neighbourhood",
    "neighbourhood_by_size",
    "length_difference",
    "length_proportion",
    "gain",
    "loss",
    "split",
    "numbers",
    "overlap",
    "overlap_by_size",
    "null_neighbourhood",
    "null_length",
    "ending",
    "marks",
    "dialogue",
    "lowercase",
    "lexicon",
    "lexicon_by_size",
    "lexicon_end",
    "size",
    "white_cosine",
    "white_cosine_by_size",
    "white_around",
    "white_around_by_size",
    "white_gain",
    "white_loss",
    "white_split",
    "loss_rate",
    "gain_rate",
    "leak",
    "leak_lexicon",
    "clause_leak",
    "clause_hold",
    "clause_pull",
    "cohesion",
];

const LENGTH_CAP: f32 = 4.0;
/// Contrast below which clauses are not looked at, and by which what they say is multiplied.
const FAINT: f32 = 0.1;
/// Contrast above which they say no more.
const CLEAR: f32 = 0.6;

/// The second pass over one pair.
pub(crate) struct Fine<'a> {
    pair: &'a Pair<'a>,
    survey: &'a Survey,
    neighbourhoods: (&'a [f32], &'a [f32]),
    lesson: Option<&'a Lesson>,
    source: Runs,
    target: Runs,
    longest: usize,
    /// Absent where the encoder hardly tells partners from their neighbours, or is not at hand.
    clauses: Option<Clauses>,
}

impl<'a> Fine<'a> {
    /// Fetches the vectors that the given edges need.
    pub(crate) fn new(
        pair: &'a Pair<'a>,
        (survey, lesson): (&'a Survey, Option<&'a Lesson>),
        neighbourhoods: (&'a [f32], &'a [f32]),
        edges: &[Edge],
        max_bead: usize,
    ) -> Result<Self, EmbedError> {
        let longest = max_bead - 1;
        let around = |run: Range<usize>, end: usize| {
            let (start, stop) = (run.start, run.end);
            let mut runs = vec![run.clone()];
            runs.extend(start.checked_sub(1).map(|before| before..start));
            runs.extend((stop < end).then(|| stop..stop + 1));
            if run.len() < longest {
                runs.push(start.saturating_sub(1)..stop);
                runs.push(start..(stop + 1).min(end));
            }
            for cut in start + 1..stop {
                runs.push(start..cut);
                runs.push(cut..stop);
            }
            runs
        };
        let matches = || {
            edges
                .iter()
                .filter(|edge| !edge.shape.is_null())
                .map(|edge| edge.runs())
        };
        let sources = once_each(matches().map(|(x, _)| x));
        let targets = once_each(matches().map(|(_, y)| y));
        let sources = sources.into_iter().flat_map(|x| around(x, pair.source.len()));
        let targets = targets.into_iter().flat_map(|y| around(y, pair.target.len()));
        let of_source = lesson.map(|lesson| |run: &Range<usize>| lesson.words.of_source(pair, run));
        let of_target = lesson.map(|lesson| |run: &Range<usize>| lesson.words.of_target(pair, run));
        let source = Runs::fetch(&pair.source, sources, of_source.as_ref().map(|say| say as _))?;
        let target = Runs::fetch(&pair.target, targets, of_target.as_ref().map(|say| say as _))?;
        let halves = (&pair.source, &pair.target);
        let clauses = if survey.contrast < FAINT {
            None
        } else {
            Clauses::compare(halves, edges)?
        };
        Ok(Self {
            pair,
            survey,
            neighbourhoods,
            lesson,
            source,
            target,
            longest,
            clauses,
        })
    }

    /// Cosine of a match's runs as the model gives it.
    pub(crate) fn edge_cosine(&self, edge: Edge) -> f32 {
        let (x, y) = edge.runs();
        View { fine: self, space: 0 }.cosine(&x, &y)
    }

    /// Feature values of a bead.
    pub(crate) fn features(&self, edge: Edge) -> [f32; FEATURES.len()] {
        let mut values = [0.0; FEATURES.len()];
        values[shape_class(edge.shape)] = 1.0;
        let (x, y) = edge.runs();
        if edge.shape.is_null() {
            let (neighbourhood, length) = if edge.shape == Shape::SOURCE_NULL {
                (
                    self.neighbourhoods.0[x.start],
                    self.pair.source.length(&x) * self.survey.length.ratio,
                )
            } else {
                (self.neighbourhoods.1[y.start], self.pair.target.length(&y))
            };
            values[21] = neighbourhood;
            values[22] = (1.0 + length / 100.0).log2();
            return values;
        }
        let size = (x.len() + y.len()) as f32 / 2.0;
        let raw = View { fine: self, space: 0 };
        let here = raw.cosine(&x, &y);
        let around = raw.around(&x, &y);
        let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
        let neighbourhood = f32::midpoint(
            mean(&self.neighbourhoods.0[x.clone()]),
            mean(&self.neighbourhoods.1[y.clone()]),
        );
        let (long, short) = (self.pair.source.length(&x), self.pair.target.length(&y));
        values[7] = here;
        values[8] = here * size;
        values[9] = around;
        values[10] = around * size;
        values[11] = neighbourhood;
        values[12] = neighbourhood * size;
        values[13] = -self.survey.length.z(long, short).abs().min(LENGTH_CAP);
        values[14] = (1.0 + self.survey.length.proportion(long, short)).log2();
        values[15] = -raw.gain(&x, &y, here).whole;
        values[16] = raw.loss(&x, &y, here).whole;
        values[17] = raw.split(&x, &y, here);
        values[18] = self.numbers(&x, &y);
        values[19] = self.overlap(&x, &y);
        values[20] = values[19] * size;
        self.surface(&x, &y, &mut values);
        let support = self.survey.lexicon.support(self.pair, &x, &y);
        values[27] = support.mean;
        values[28] = support.mean * size;
        values[29] = if x.len() + y.len() > 2 {
            support.weakest_end
        } else {
            0.0
        };
        values[30] = size - 1.0;
        let white = View { fine: self, space: 1 };
        let here = white.cosine(&x, &y);
        let around = white.around(&x, &y);
        values[31] = here;
        values[32] = here * size;
        values[33] = around;
        values[34] = around * size;
        let (gain, loss) = (white.gain(&x, &y, here), white.loss(&x, &y, here));
        values[35] = -gain.whole;
        values[36] = loss.whole;
        values[37] = white.split(&x, &y, here);
        values[38] = loss.rate;
        values[39] = -gain.rate;
        (values[40], values[41]) = self.leaks(&x, &y);
        if let Some(clauses) = &self.clauses {
            let fit = clauses.fit(&x, &y);
            let insight = self.survey.contrast.min(CLEAR) / FAINT;
            values[42] = -fit.leak * insight;
            values[43] = if x.len() + y.len() > 2 { fit.hold * insight } else { 0.0 };
            values[44] = -fit.pull * insight;
        }
        values[45] = self.pair.source.cohesion(&x) + self.pair.target.cohesion(&y);
        values
    }

    /// Ends, marks, dialogue and lower-case starts.
    fn surface(&self, x: &Range<usize>, y: &Range<usize>, values: &mut [f32]) {
        let (source, target) = (&self.pair.source.tokens[x.clone()], &self.pair.target.tokens[y.clone()]);
        let (first, last) = (
            (&source[0], &target[0]),
            (&source[source.len() - 1], &target[target.len() - 1]),
        );
        values[23] = self.survey.ending(last.0.ending, last.1.ending);
        let count = |side: &[super::tokens::Tokens], kind: usize| -> i32 {
            side.iter().map(|tokens| i32::from(tokens.marks[kind])).sum()
        };
        values[24] = (0..MARKS)
            .map(|kind| -((count(source, kind) - count(target, kind)).abs() as f32).min(2.0))
            .sum::<f32>();
        values[25] = f32::from(u8::from(first.0.dialogue == first.1.dialogue));
        values[26] = -f32::from(u8::from(first.0.lowercase)) - f32::from(u8::from(first.1.lowercase));
    }

    /// Evidence that runs outside the bead translate parts of it: keys, and words that the lexicon joins, that lack a
    /// partner in the bead but have one in the segment before or after the other run.
    fn leaks(&self, x: &Range<usize>, y: &Range<usize>) -> (f32, f32) {
        let (n, m) = (self.pair.source.len(), self.pair.target.len());
        let before = (x.start.saturating_sub(1)..x.start, y.start.saturating_sub(1)..y.start);
        let after = (x.end..(x.end + 1).min(n), y.end..(y.end + 1).min(m));
        let (source, target) = (self.pair.source.keys(x), self.pair.target.keys(y));
        let mut sums = (0.0, 0.0);
        for (x_beyond, y_beyond) in [before, after] {
            let (source_beyond, target_beyond) = (self.pair.source.keys(&x_beyond), self.pair.target.keys(&y_beyond));
            sums.0 += self.leak(&source, &target, &source_beyond, &target_beyond);
            sums.0 += self.leak(&target, &source, &target_beyond, &source_beyond);
            let lexicon = &self.survey.lexicon;
            sums.1 += lexicon.crossing(self.pair, (x, y), (&x_beyond, &y_beyond));
            sums.1 += lexicon.crossing(self.pair, (&x_beyond, &y_beyond), (x, y));
        }
        (-f32::min(sums.0, 3.0), -f32::min(sums.1, 3.0))
    }

    /// Weight of keys of `inside` that are missing from its partner, and that stand beyond the partner but not beyond
    /// `inside` itself.
    fn leak(&self, inside: &[u32], partner: &[u32], beyond: &[u32], partner_beyond: &[u32]) -> f32 {
        let holds = |keys: &[u32], key: u32| keys.binary_search(&key).is_ok();
        intersection(inside, partner_beyond)
            .filter(|&key| !holds(partner, key) && !holds(beyond, key))
            .map(|key| self.pair.weights[key as usize].powi(2))
            .sum()
    }

    /// Numbers in common less half of those on one side only.
    fn numbers(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let gather = |half: &Half, run: &Range<usize>| {
            let mut numbers: Vec<u32> = half.tokens[run.clone()]
                .iter()
                .flat_map(|tokens| tokens.numbers.iter().copied())
                .collect();
            numbers.sort_unstable();
            numbers
        };
        let (source, target) = (gather(&self.pair.source, x), gather(&self.pair.target, y));
        let common = common(&source, &target);
        (common as f32 - 0.5 * (source.len() + target.len() - 2 * common) as f32).clamp(-3.0, 3.0)
    }

    /// Cosine of the weighted keys of the runs.
    fn overlap(&self, x: &Range<usize>, y: &Range<usize>) -> f32 {
        let norm = (self.pair.source.square(x) * self.pair.target.square(y)).sqrt();
        if norm <= 0.0 {
            return 0.0;
        }
        let (source, target) = (self.pair.source.keys(x), self.pair.target.keys(y));
        let shared: f32 = intersection(&source, &target)
            .map(|key| self.pair.weights[key as usize].powi(2))
            .sum();
        (shared / norm).min(1.0)
    }
}

/// Runs in order, without repetitions.
fn once_each(runs: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = runs.collect();
    runs.sort_unstable_by_key(|run| (run.start, run.end));
    runs.dedup();
    runs
}

fn common(a: &[u32], b: &[u32]) -> usize {
    intersection(a, b).count()
}

/// Elements that two sorted lists have in common, as often as both hold them.
fn intersection<'a>(a: &'a [u32], b: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    let mut rest = b.iter().peekable();
    a.iter().copied().filter(move |key| {
        while rest.next_if(|other| *other < key).is_some() {}
        rest.next_if_eq(&key).is_some()
    })
}
