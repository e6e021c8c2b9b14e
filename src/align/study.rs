//! Two documents under study: what is read off them once, however often they are weighed.

use rayon::prelude::*;

use super::lattice::Scores;
use super::pair::{Half, Pair, Text};
use super::passes::{self, FirstPass};
use super::pins::{PinBoard, Runs};
use super::relatedness::{Relatedness, Trial};
use super::words::{Evidence, KnownBead, Lesson, Said, WordVectors};
use super::{AlignError, Habits, Options, Pins, Readings, STEPS, check};
use crate::embed::{EmbedError, Vectors};
use crate::monitor::Monitor;
use crate::rank::cosine;
use crate::space::Adapter;

/// A pair of documents after the first pass, ready to be weighed again and again as more is learned about it.
pub struct Study<'a> {
    texts: [Text<'a>; 2],
    pair: Pair<'a>,
    first: FirstPass,
    /// The first pass with nothing settled, where the options' pins settle something.
    free: Option<FirstPass>,
    options: &'a Options,
}

impl<'a> Study<'a> {
    /// Reads both documents and drops the beads that are hopeless. Beads that the options' pins force stay.
    ///
    /// # Errors
    /// As [`super::align`].
    pub fn new(
        source: Text<'a>,
        target: Text<'a>,
        options: &'a Options,
        monitor: &mut dyn Monitor,
    ) -> Result<Self, AlignError> {
        Self::open((source, target), options, true, monitor)
    }

    /// As [`Study::new`], for a pair that is weighed only once.
    pub(crate) fn once(
        source: Text<'a>,
        target: Text<'a>,
        options: &'a Options,
        monitor: &mut dyn Monitor,
    ) -> Result<Self, AlignError> {
        Self::open((source, target), options, false, monitor)
    }

    fn open(
        (source, target): (Text<'a>, Text<'a>),
        options: &'a Options,
        learns: bool,
        monitor: &mut dyn Monitor,
    ) -> Result<Self, AlignError> {
        check(source, target, options.max_bead)?;
        let pins = PinBoard::new(&options.pins, source.segments.len(), target.segments.len())?;
        monitor.report(0, STEPS)?;
        let adapter = options.adapter.as_deref();
        let moved = |text: Text<'a>, map| Text {
            map: text.map.or(map),
            ..text
        };
        let texts = [
            moved(source, adapter.map(|adapter| &adapter.source.map)),
            moved(target, adapter.map(|adapter| &adapter.target.map)),
        ];
        let mut pair = Pair::new(texts[0], texts[1]).map_err(EmbedError::from)?;
        let corridor = passes::corridor(&pair, &pins);
        monitor.report(1, STEPS)?;
        let weights = (options.max_bead, &options.parameters.outline);
        let band = passes::band(&pair, &corridor, &pins, options.max_bead);
        pair.forget_singles();
        let first = FirstPass::fitted(&mut pair, (&corridor, &band), &pins, weights, None)?;
        let free = (learns && !pins.is_empty())
            .then(|| FirstPass::run(&pair, (&corridor, &band), &PinBoard::default(), weights, None))
            .transpose()?;
        Ok(Self {
            texts,
            pair,
            first,
            free,
            options,
        })
    }

    /// Both documents, with the maps that their vectors are taken through, where these are given.
    pub(crate) fn texts(&self) -> [Text<'a>; 2] {
        self.texts
    }

    /// Both documents as they were read.
    pub(crate) fn pair(&self) -> &Pair<'a> {
        &self.pair
    }

    /// How they are aligned.
    pub(crate) fn options(&self) -> &Options {
        self.options
    }

    /// Weighs all readings that are not hopeless, with what `lesson` teaches about the pair. The monitor counts rows.
    ///
    /// # Errors
    /// When joined text cannot be embedded, or when cancelled.
    pub fn weigh(&self, lesson: Option<&Lesson>, monitor: &mut dyn Monitor) -> Result<Readings, AlignError> {
        let (scores, cosines, relatedness) = self.judged(lesson, monitor)?;
        Ok(Readings::new(self.first.lattice.clone(), scores, cosines).in_doubt(relatedness))
    }

    /// As [`Study::weigh`] without a lesson, for pairs that are weighed only once.
    ///
    /// # Errors
    /// As [`Study::weigh`].
    pub(crate) fn finish(self, monitor: &mut dyn Monitor) -> Result<Readings, AlignError> {
        let (scores, cosines, relatedness) = self.judged(None, monitor)?;
        Ok(Readings::new(self.first.lattice, scores, cosines).in_doubt(relatedness))
    }

    /// Scores of all edges, the cosines of their runs, and what of the pair is translated at all: the first pass's path is
    /// looked at here and there meanwhile, and only where that leaves doubt all of the best one.
    fn judged(
        &self,
        lesson: Option<&Lesson>,
        monitor: &mut dyn Monitor,
    ) -> Result<(Scores, Vec<f32>, Relatedness), AlignError> {
        let weights = &self.options.parameters.outline;
        let along = |path| Trial::new(self.texts, &self.pair, weights, path);
        let mut passed = Ok(false);
        let weighed = rayon::in_place_scope(|scope| {
            scope.spawn(|_| passed = along(&self.first.path).is_passed());
            self.scores(&self.first, lesson, monitor)
        });
        let (scores, cosines) = weighed?;
        let relatedness = if passed? {
            Relatedness::default()
        } else {
            let path = self.first.lattice.best_path(&scores).unwrap_or_default();
            along(&self.first.lattice.path_edges(&path)).relatedness()?
        };
        Ok((scores, cosines, relatedness))
    }

    /// Scores of all edges, and the cosines of their runs.
    fn scores(
        &self,
        first: &FirstPass,
        lesson: Option<&Lesson>,
        monitor: &mut dyn Monitor,
    ) -> Result<(Scores, Vec<f32>), AlignError> {
        let weights = &self.options.parameters.fine;
        let watch = |done: usize, total: usize| monitor.report(2 * total + done, 3 * total);
        let weighed = first.fine(&self.pair, self.options.max_bead, lesson, watch, |fine, edge| {
            let cosine = if edge.shape.is_null() {
                0.0
            } else {
                fine.edge_cosine(edge)
            };
            (weights.score(&fine.features(edge)), cosine)
        })?;
        let (edges, cosines) = weighed.into_iter().unzip();
        let open = weights.open;
        Ok((Scores { edges, open }, cosines))
    }

    /// The habits that `pins` show; `readings` were weighed by this study with `lesson`. Pins that stood when the study began
    /// count too.
    ///
    /// # Errors
    /// When pins exclude each other, or joined text cannot be embedded.
    pub fn habits(&self, readings: &Readings, lesson: Option<&Lesson>, pins: &Pins) -> Result<Habits, AlignError> {
        let Some(free) = &self.free else {
            return Ok(readings.habits(pins)?);
        };
        let (scores, cosines) = self.scores(free, lesson, &mut ())?;
        Ok(Readings::new(free.lattice.clone(), scores, cosines).habits(pins)?)
    }

    /// Learns what words say from known beads, which do not overlap and have two sides each.
    ///
    /// # Errors
    /// When runs cannot be embedded.
    pub fn learn_words(&self, known: Vec<KnownBead>) -> Result<WordVectors, EmbedError> {
        WordVectors::learn(&self.pair, known, self.options.adapter.as_deref())
    }

    /// What an earlier pair teaches about this one, if the options have any such thing.
    ///
    /// # Errors
    /// When the model fails.
    pub fn inherited(&self) -> Result<Option<Lesson>, EmbedError> {
        let lesson = |adapter: &Adapter| {
            Ok(Lesson {
                words: self.learn_words(Vec::new())?,
                strengths: adapter.strengths,
            })
        };
        self.options.adapter.as_deref().map(lesson).transpose()
    }

    /// What this pair teaches about the next one; the encoder is called `model`.
    pub fn adapter(&self, lesson: &Lesson, model: &str) -> Adapter {
        let inherited = self.options.adapter.as_ref().map_or(0.0, |adapter| adapter.beads);
        lesson.words.adapter(&self.pair, lesson.strengths, model, inherited)
    }

    /// Evidence of every source run of the known beads `chosen` with every target run of them, row after row.
    pub fn contest(&self, words: &WordVectors, chosen: &[usize]) -> Vec<Evidence> {
        words.contest(&self.pair, chosen)
    }

    /// Evidence of pairs of runs, each with two sides.
    ///
    /// # Errors
    /// When runs cannot be embedded.
    pub fn evidence(&self, words: &WordVectors, pairs: &[Runs]) -> Result<Vec<Evidence>, EmbedError> {
        let (sources, targets): (Vec<_>, Vec<_>) = pairs.iter().cloned().unzip();
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let x = self.pair.source.map.apply(&self.pair.source.vectors.runs(&sources)?)?;
        let y = self.pair.target.map.apply(&self.pair.target.vectors.runs(&targets)?)?;
        let of_pair = |(row, (source, target)): (usize, &Runs)| {
            let of_source = words.of_source(&self.pair, source);
            let of_target = words.of_target(&self.pair, target);
            words.evidence((x.row(row), &of_source), (y.row(row), &of_target))
        };
        Ok(pairs.iter().enumerate().map(of_pair).collect())
    }

    /// Share of `pairs` of segments whose partner ranks first among all segments, mean of both directions: by the encoder's
    /// cosine, by that of evened-out vectors, and by what `lesson` makes of it, the segments' own beads left out.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn accuracies(
        &self,
        lesson: Option<&Lesson>,
        pairs: &[(usize, usize)],
    ) -> Result<[f32; 3], candle_core::Error> {
        let [white_source, white_target] = self.mapped()?;
        let (n, m) = (self.pair.source.len(), self.pair.target.len());
        let say = |lesson: &Lesson| {
            let of_source = |i| lesson.words.of_source(&self.pair, &(i..i + 1));
            let of_target = |j| lesson.words.of_target(&self.pair, &(j..j + 1));
            let sources: Vec<Said> = (0..n).into_par_iter().map(of_source).collect();
            let targets: Vec<Said> = (0..m).into_par_iter().map(of_target).collect();
            (sources, targets)
        };
        let said = lesson.map(say);
        let score = |by: usize, i: usize, j: usize| match (by, lesson, &said) {
            (0, ..) => cosine(self.pair.source.singles().row(i), self.pair.target.singles().row(j)),
            (2, Some(lesson), Some((sources, targets))) => {
                lesson.score((white_source.row(i), &sources[i]), (white_target.row(j), &targets[j]))
            }
            _ => cosine(white_source.row(i), white_target.row(j)),
        };
        Ok([0, 1, 2].map(|by| {
            let won = |&(i, j): &(usize, usize)| {
                let here = score(by, i, j);
                let there = (0..m).all(|other| other == j || score(by, i, other) <= here);
                let back = (0..n).all(|other| other == i || score(by, other, j) <= here);
                usize::from(there) + usize::from(back)
            };
            let won: usize = pairs.par_iter().map(won).sum();
            won as f32 / (2 * pairs.len()).max(1) as f32
        }))
    }

    /// Vectors of a side's segments whose dot product is the weighed evidence on the scale of cosines, nothing left out:
    /// (a u + b said, c u) of the source, (v, said) of the target, each brought to length 1.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn adapted(&self, lesson: &Lesson) -> Result<[Vectors; 2], candle_core::Error> {
        let [white_source, white_target] = self.mapped()?;
        let [a, b, c] = lesson.strengths;
        let source = (0..self.pair.source.len()).map(|i| {
            let u = white_source.row(i);
            let said = lesson.words.of_source(&self.pair, &(i..i + 1));
            let first = u.iter().zip(said.vector()).map(|(u, said)| a * u + b * said);
            first.chain(u.iter().map(|u| c * u)).collect::<Vec<f32>>()
        });
        let target = (0..self.pair.target.len()).map(|j| {
            let v = white_target.row(j);
            let said = lesson.words.of_target(&self.pair, &(j..j + 1));
            v.iter().chain(said.vector()).copied().collect::<Vec<f32>>()
        });
        Ok([unit(source), unit(target)])
    }

    /// Both sides' vectors, mapped.
    fn mapped(&self) -> Result<[Vectors; 2], candle_core::Error> {
        let map = |half: &Half| half.map.apply(half.singles());
        Ok([map(&self.pair.source)?, map(&self.pair.target)?])
    }
}

/// Rows at length 1.
fn unit(rows: impl Iterator<Item = Vec<f32>>) -> Vectors {
    let mut vectors = Vectors::default();
    for mut row in rows {
        let length = cosine(&row, &row).sqrt().max(1e-6);
        row.iter_mut().for_each(|value| *value /= length);
        vectors.append(Vectors::new(row.len(), row));
    }
    vectors
}
