//! The two documents side by side, as every pass of the aligner sees them.

use std::borrow::Cow;
use std::ops::Range;

use rayon::prelude::*;

use super::length::LengthModel;
use super::rest::Rest;
use super::runs::RunVectors;
use super::tokens::{Tokens, Vocabulary};
use crate::embed::Vectors;
use crate::rank::cosine;
use crate::space::Map;
use crate::space::compact::{Compact, SEVERAL};
use crate::space::whiten::whiten;

/// One document of the pair to align.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    /// Its segments' texts in order.
    pub segments: &'a [&'a str],
    /// Vectors of its segments and of runs of them.
    pub vectors: &'a dyn RunVectors,
    /// Moves vectors to the space that cosines are taken in; whitening when there is none.
    pub map: Option<&'a Map>,
}

/// A document, read.
pub(crate) struct Half<'a> {
    /// Its segments' texts.
    pub(crate) texts: &'a [&'a str],
    /// Moves vectors into the evened-out space of this document.
    pub(crate) map: Cow<'a, Map>,
    /// Singles in that space, near enough to find a path by; [`Pair::forget_singles`] drops them.
    pub(crate) white: Compact,
    /// Singles in that space as they are, unless there are more than [`EXACT`].
    pub(crate) exact: Option<Vectors>,
    pub(crate) vectors: &'a dyn RunVectors,
    pub(crate) tokens: Vec<Tokens>,
    /// Each segment's keys that stand on the other side too, sorted.
    common: Vec<Vec<u32>>,
    /// `lengths[i]`: bytes before segment `i`.
    lengths: Vec<f32>,
    /// `squares[i]`: sum of squared key weights before segment `i`.
    squares: Vec<f32>,
    /// Cosine of every segment with the one before it.
    cohesions: Vec<f32>,
}

/// Both documents and what follows from them before any alignment.
pub(crate) struct Pair<'a> {
    pub(crate) source: Half<'a>,
    pub(crate) target: Half<'a>,
    pub(crate) length: LengthModel,
    /// Weight of every key that stands on both sides, 0 for the others.
    pub(crate) weights: Vec<f32>,
    /// Names of the keys.
    pub(crate) vocabulary: Vocabulary,
}

impl<'a> Pair<'a> {
    /// Reads both documents.
    pub(crate) fn new(source: Text<'a>, target: Text<'a>) -> Result<Self, candle_core::Error> {
        let even_out = || rayon::join(|| Even::new(source), || Even::new(target));
        Self::read([source, target], even_out)
    }

    /// Some segments of both documents as a pair of their own, to find a path through: in the spaces of the whole
    /// documents, whose mapped vectors are taken over where they were kept.
    pub(crate) fn part<'b>(&'b self, parts: [&'b Rest; 2]) -> Result<Pair<'b>, candle_core::Error> {
        let even_out = || (self.source.evened(parts[0]), self.target.evened(parts[1]));
        Pair::read(parts.map(|part| part.text(None)), even_out)
    }

    fn read(
        [source, target]: [Text<'a>; 2],
        even_out: impl FnOnce() -> (Evened<'a>, Evened<'a>) + Send,
    ) -> Result<Self, candle_core::Error> {
        let read = || {
            let mut vocabulary = Vocabulary::default();
            let [source, target] = vocabulary.read([source.segments, target.segments]);
            let weights = key_weights(&source, &target, vocabulary.len());
            (vocabulary, source, target, weights)
        };
        let ((vocabulary, source_tokens, target_tokens, weights), evened) = rayon::join(read, even_out);
        let length = LengthModel::of_documents(&source_tokens, &target_tokens);
        let (source_even, target_even) = (evened.0?, evened.1?);
        let (source, target) = rayon::join(
            || Half::new(source, source_tokens, source_even, &weights),
            || Half::new(target, target_tokens, target_even, &weights),
        );
        Ok(Self {
            source,
            target,
            length,
            weights,
            vocabulary,
        })
    }

    /// Drops the mapped singles, which are large: what looks for a path has done so.
    pub(crate) fn forget_singles(&mut self) {
        self.source.white = Compact::default();
        self.target.white = Compact::default();
    }

    /// [`Pair::cosine`] of several source segments with one target segment.
    pub(crate) fn cosines(&self, rows: [usize; SEVERAL], j: usize) -> [f32; SEVERAL] {
        self.source.white.cosines(rows, &self.target.white, j)
    }

    /// Cosine of two single segments in the evened-out space, nearly.
    pub(crate) fn cosine(&self, i: usize, j: usize) -> f32 {
        self.source.white.cosine(i, &self.target.white, j)
    }
}

impl<'a> Half<'a> {
    fn new(text: Text<'a>, tokens: Vec<Tokens>, even: Even<'a>, weights: &[f32]) -> Self {
        let lengths = running(tokens.iter().map(|tokens| tokens.length));
        let squares = running(
            tokens
                .iter()
                .map(|tokens| keys(tokens).map(|key| weights[key].powi(2)).sum()),
        );
        let common = tokens.iter().map(|tokens| {
            let mut common: Vec<u32> = keys(tokens)
                .filter(|&key| weights[key] > 0.0)
                .map(|key| key as u32)
                .collect();
            common.sort_unstable();
            common
        });
        let common = common.collect();
        Self {
            texts: text.segments,
            map: even.map,
            white: even.compact,
            exact: even.exact,
            vectors: text.vectors,
            tokens,
            common,
            lengths,
            squares,
            cohesions: cohesions(text.vectors.singles()),
        }
    }

    /// The space of this document with some of its singles.
    fn evened<'b>(&'b self, part: &Rest) -> Evened<'b> {
        let mut compact = Compact::with_capacity(self.map.dimension(), part.numbers.len());
        match &self.exact {
            Some(exact) => part
                .numbers
                .iter()
                .for_each(|&number| compact.append_row(exact.row(number))),
            None => compact.append(&self.map.apply(part.vectors())?),
        }
        Ok(Even {
            map: Cow::Borrowed(&self.map),
            compact,
            exact: None,
        })
    }

    /// Number of segments.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// One vector a segment.
    pub(crate) fn singles(&self) -> &'a Vectors {
        self.vectors.singles()
    }

    /// The keys of a run that stand on the other side too, sorted, as often as the run has them.
    pub(crate) fn keys(&self, run: &Range<usize>) -> Cow<'_, [u32]> {
        if let [one] = &self.common[run.clone()] {
            return Cow::Borrowed(one);
        }
        let mut keys = self.common[run.clone()].concat();
        keys.sort_unstable();
        Cow::Owned(keys)
    }

    /// Bytes of a run.
    pub(crate) fn length(&self, run: &Range<usize>) -> f32 {
        self.lengths[run.end] - self.lengths[run.start]
    }

    /// Sum of the cosines of a run's neighbouring segments.
    pub(crate) fn cohesion(&self, run: &Range<usize>) -> f32 {
        self.cohesions[run.start + 1..run.end].iter().sum()
    }

    /// Sum of squared weights of a run's keys.
    pub(crate) fn square(&self, run: &Range<usize>) -> f32 {
        self.squares[run.end] - self.squares[run.start]
    }
}

/// Vectors mapped at a time.
const STRETCH: usize = 2048;
/// Segments whose mapped vectors are kept as they are: so many fit into memory twice. Those of longer documents are mapped
/// again when they are needed.
const EXACT: usize = 1 << 14;

/// The evened-out space of a document, and its singles there.
struct Even<'a> {
    map: Cow<'a, Map>,
    compact: Compact,
    exact: Option<Vectors>,
}

type Evened<'a> = Result<Even<'a>, candle_core::Error>;

impl<'a> Even<'a> {
    fn new(text: Text<'a>) -> Evened<'a> {
        let vectors = text.vectors.singles();
        let map = match text.map {
            Some(map) => Cow::Borrowed(map),
            None => Cow::Owned(whiten(vectors)?),
        };
        let mut compact = Compact::with_capacity(vectors.dimension(), vectors.len());
        if vectors.len() <= EXACT {
            let exact = map.apply(vectors)?;
            compact.append(&exact);
            return Ok(Self {
                map,
                compact,
                exact: Some(exact),
            });
        }
        for start in (0..vectors.len()).step_by(STRETCH) {
            compact.append(&map.apply(&vectors.rows(start..(start + STRETCH).min(vectors.len())))?);
        }
        Ok(Self {
            map,
            compact,
            exact: None,
        })
    }
}

/// A segment's keys that can stand on the other side too.
pub(crate) fn keys(tokens: &Tokens) -> impl Iterator<Item = usize> + '_ {
    tokens.numbers.iter().chain(&tokens.shared).map(|&key| key as usize)
}

/// Cosine of every vector with the one before it; 0 where a model's vector is no number.
fn cohesions(vectors: &Vectors) -> Vec<f32> {
    let with_last = |k: usize| {
        k.checked_sub(1)
            .map_or(0.0, |last| cosine(vectors.row(last), vectors.row(k)))
    };
    let cosines = (0..vectors.len()).into_par_iter().map(with_last);
    cosines
        .map(|cosine| if cosine.is_nan() { 0.0 } else { cosine })
        .collect()
}

/// Sums of all values before each place, and of all.
fn running(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut sum = 0.0_f64;
    let sums = values.map(|value| {
        sum += f64::from(value);
        sum as f32
    });
    std::iter::once(0.0).chain(sums).collect()
}

/// Rare keys weigh more: inverse document frequency over both sides, 0 for keys of one side only.
fn key_weights(source: &[Tokens], target: &[Tokens], keys_in_all: usize) -> Vec<f32> {
    let frequencies = |side: &[Tokens]| {
        let mut counts = vec![0_u32; keys_in_all];
        side.iter().flat_map(keys).for_each(|key| counts[key] += 1);
        counts
    };
    let segments = (source.len() + target.len()) as f32;
    let weight = |(s, t): (u32, u32)| {
        if s == 0 || t == 0 {
            0.0
        } else {
            (segments / (s + t) as f32).max(1.0).ln() / segments.max(2.0).ln()
        }
    };
    frequencies(source)
        .into_iter()
        .zip(frequencies(target))
        .map(weight)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::runs::sums::Sums;

    /// `count` rows of length 1, of no pattern.
    fn rows(count: usize, width: usize, mut state: u32) -> Sums {
        let mut value = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.3
        };
        let row = |_| {
            let row: Vec<f32> = (0..width).map(|_| value()).collect();
            let length = cosine(&row, &row).sqrt();
            row.into_iter().map(move |value| value / length).collect::<Vec<_>>()
        };
        Sums(Vectors::new(width, (0..count).flat_map(row).collect()))
    }

    fn text<'a>(segments: &'a [&'a str], vectors: &'a Sums) -> Text<'a> {
        Text {
            segments,
            vectors,
            map: None,
        }
    }

    #[test]
    fn segments_are_as_alike_in_a_part_as_in_the_whole_kept_or_mapped_again() {
        let (source, target) = (rows(40, 12, 3), rows(50, 12, 5));
        let (left, right) = (vec!["Some words."; 40], vec!["Des mots."; 50]);
        let (source, target) = (text(&left, &source), text(&right, &target));
        let mut pair = Pair::new(source, target).unwrap();
        let parts = [
            Rest::new(source, (5..20).collect()),
            Rest::new(target, (8..30).rev().collect()),
        ];
        for kept in [true, false] {
            if !kept {
                (pair.source.exact, pair.target.exact) = (None, None);
            }
            let part = pair.part([&parts[0], &parts[1]]).unwrap();
            for (i, j) in (0..15).flat_map(|i| (0..22).map(move |j| (i, j))) {
                let (here, there) = (part.cosine(i, j), pair.cosine(5 + i, 29 - j));
                assert!((here - there).abs() < 1e-3, "{i} {j}: {here} {there}");
            }
        }
    }
}
