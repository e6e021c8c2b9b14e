//! What a gold set's pair is taught before it is scored, and what that does.

mod review;

use std::io::{self, Write};
use std::str::FromStr;

use crate::align::{Alignment, Bead, GoldBead, GoldKind, Lesson, Options, Pins, Readings, Study, Text};
use crate::eval::evaluate;
use crate::eval::gold::GoldSet;
use crate::learn::rounds::{Learned, SelfTraining, self_train};
use crate::pipeline::Adapt;
use review::Review;

/// How the aligner learns from a pair whose gold is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Teaching {
    /// As a user's pair does.
    Alone(Adapt),
    /// So many gold beads, evenly spread, count as confirmed.
    Gold(usize),
    /// The least probable beads are corrected: this percentage of them.
    Review(f32),
}

impl FromStr for Teaching {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refusal = || "one of auto, self, off, gold=N or review=PERCENT is needed".to_owned();
        match text.split_once('=') {
            None => match text {
                "auto" => Ok(Self::Alone(Adapt::Auto)),
                "self" => Ok(Self::Alone(Adapt::SelfTraining)),
                "off" => Ok(Self::Alone(Adapt::Off)),
                _ => Err(refusal()),
            },
            Some(("gold", count)) => count.parse().map(Self::Gold).map_err(|_| refusal()),
            Some(("review", percent)) => match percent.parse() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Review(percent)),
                _ => Err(refusal()),
            },
            Some(_) => Err(refusal()),
        }
    }
}

/// A set, aligned after it was taught.
pub(super) struct Taught {
    /// What was found, but for what was given.
    pub(super) alignment: Alignment,
    /// The gold, but for what was given.
    pub(super) gold: Vec<GoldBead>,
    row: Row,
}

/// Pairs of single sentences that the ranking is tried on at most.
const TRIED: usize = 200;

impl Teaching {
    /// Teaches and aligns a set.
    pub(super) fn align(self, set: &GoldSet, source: Text, target: Text, options: &Options) -> anyhow::Result<Taught> {
        let free = Study::new(source, target, options, &mut ())?;
        let unsettled = free.weigh(None, &mut ())?;
        let segments = source.segments.len() + target.segments.len();
        let (before, review) = self.review(set, &free, &unsettled)?;
        let pins = &review.pins;
        // Beads that are given count even where they looked hopeless.
        let given = Options {
            pins: pins.clone(),
            ..options.clone()
        };
        let again = if pins.forced.is_empty() {
            None
        } else {
            Some(Study::new(source, target, &given, &mut ())?)
        };
        let settled = again.as_ref().unwrap_or(&free);
        let plain = again.as_ref().map(|study| study.weigh(None, &mut ())).transpose()?;
        let plain = plain.unwrap_or_else(|| unsettled.clone());
        let learned = match self {
            Self::Alone(adapt) if !adapt.learns(segments) => None,
            _ => Some(learn(settled, &plain, pins)?),
        };
        let lesson = learned.as_ref().and_then(|learned| learned.lesson.as_ref());
        let ranking = settled.accuracies(lesson, &single_pairs(set))?;
        let rounds = learned.as_ref().map_or(&[][..], |learned| &learned.rounds);
        let kept_out = rounds
            .last()
            .map(|round| (round.found.before.accuracy, round.found.after.accuracy));
        let readings = learned.as_ref().and_then(|learned| learned.readings.clone());
        let after = settle(settled, lesson, readings.unwrap_or(plain), pins)?;
        let gold = review.gold_left(set);
        let row = Row {
            name: set.name.clone(),
            given: pins.forced.len(),
            left: gold.len(),
            ranking,
            kept_out,
            before: Missed::of(set.kind, &gold, &beads(&review.left(before.clone()))),
            after: Missed::of(set.kind, &gold, &beads(&review.left(after.clone()))),
            unseen: (set.kind == GoldKind::Exact)
                .then(|| [review.unseen(before), review.left(after.clone())].map(|beads| wrong(set, &beads))),
        };
        let alignment = review.left(after);
        Ok(Taught { alignment, gold, row })
    }

    /// What the set is aligned to before it is taught, and what it is taught.
    fn review(self, set: &GoldSet, study: &Study, readings: &Readings) -> anyhow::Result<(Alignment, Review)> {
        let first = readings.alignment(&Pins::default())?;
        Ok(match self {
            Self::Alone(_) => (first, Review::default()),
            Self::Gold(count) => {
                let review = Review::confirming(set, &first, count);
                (first, review)
            }
            Self::Review(percent) => {
                let before = learn(study, readings, &Pins::default())?.alignment;
                let review = Review::correcting(set, &before, percent);
                (before, review)
            }
        })
    }
}

fn learn(study: &Study, plain: &Readings, pins: &Pins) -> anyhow::Result<Learned> {
    let first = plain.alignment(pins)?;
    Ok(self_train(study, first, pins, &SelfTraining::default(), &mut ())?)
}

/// The alignment that holds `pins`, with the habits that they show.
fn settle(study: &Study, lesson: Option<&Lesson>, mut readings: Readings, pins: &Pins) -> anyhow::Result<Alignment> {
    readings.take_on(&study.habits(&readings, lesson, pins)?);
    Ok(readings.alignment(pins)?)
}

/// Aligns a pair as a user's would be.
pub(super) fn aligned(source: Text, target: Text, options: &Options, adapt: Adapt) -> anyhow::Result<Alignment> {
    let study = Study::new(source, target, options, &mut ())?;
    let plain = study.weigh(None, &mut ())?;
    if adapt.learns(source.segments.len() + target.segments.len()) {
        Ok(learn(&study, &plain, &options.pins)?.alignment)
    } else {
        Ok(plain.alignment(&options.pins)?)
    }
}

/// Beads with two sides that the gold does not have.
fn wrong(set: &GoldSet, alignment: &Alignment) -> usize {
    let score = evaluate(&set.beads, set.kind, &beads(alignment)).score;
    let two_sided = alignment.beads.iter().filter(|bead| !bead.is_null()).count();
    ((1.0 - score.precision) * two_sided as f64).round() as usize
}

fn beads(alignment: &Alignment) -> Vec<GoldBead> {
    let indexes = |bead: &Bead| (bead.source.clone().collect(), bead.target.clone().collect());
    alignment.beads.iter().map(indexes).collect()
}

/// An even choice of the gold's pairs of single sentences.
fn single_pairs(set: &GoldSet) -> Vec<(usize, usize)> {
    let single = set.beads.iter().filter(|(x, y)| x.len() == 1 && y.len() == 1);
    let all: Vec<(usize, usize)> = single.map(|(x, y)| (x[0], y[0])).collect();
    all.iter().copied().step_by(all.len().div_ceil(TRIED).max(1)).collect()
}

/// What is wrong with an alignment.
struct Missed {
    beads: usize,
    f1: f64,
}

impl Missed {
    fn of(kind: GoldKind, gold: &[GoldBead], found: &[GoldBead]) -> Self {
        let score = evaluate(gold, kind, found).score;
        let two_sided = gold.iter().filter(|(x, y)| !x.is_empty() && !y.is_empty()).count();
        Self {
            beads: ((1.0 - score.recall) * two_sided as f64).round() as usize,
            f1: score.f1,
        }
    }
}

/// What teaching did to one set.
struct Row {
    name: String,
    given: usize,
    /// Gold beads that were not given.
    left: usize,
    ranking: [f32; 3],
    kept_out: Option<(f32, f32)>,
    before: Missed,
    after: Missed,
    /// Wrong beads that nobody looked at, before and after; unknown where beads that were looked at cannot be put right,
    /// since only their blocks are known.
    unseen: Option<[usize; 2]>,
}

impl Row {
    /// Which part of the wrong beads that nobody looked at is gone; nothing where there were none, or nothing was given.
    fn fall(&self) -> Option<f64> {
        if self.given == 0 {
            return None;
        }
        let [before, after] = self.unseen.filter(|[before, _]| *before > 0)?;
        Some(1.0 - after as f64 / before as f64)
    }
}

/// Writes what teaching did, one line a set.
pub(super) fn write(taught: &[Taught], out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "\nright partner ranked first among all sentences; kept-out beads; missed gold beads, before and after learning; \
         wrong beads that nobody looked at"
    )?;
    writeln!(
        out,
        "{:<26} {:>5}  {:>6} {:>6} {:>7}  {:>15}  {:>6} {:>6}  {:>16}  {:>10}",
        "set", "given", "raw", "evened", "learned", "kept out", "missed", "", "F1", "wrong"
    )?;
    for Taught { row, .. } in taught {
        let [raw, evened, learned] = row.ranking;
        let kept_out = row
            .kept_out
            .map_or_else(|| "-".to_owned(), |(b, a)| format!("{b:.3} -> {a:.3}"));
        let f1 = format!("{:.4} -> {:.4}", row.before.f1, row.after.f1);
        let wrong = row
            .unseen
            .map_or_else(|| "-".to_owned(), |[b, a]| format!("{b} -> {a}"));
        writeln!(
            out,
            "{:<26} {:>5}  {raw:>6.3} {evened:>6.3} {learned:>7.3}  {kept_out:>15}  {:>6} {:>6}  {f1:>16}  {wrong:>10}",
            row.name, row.given, row.before.beads, row.after.beads
        )?;
    }
    let mean =
        |of: &dyn Fn(&Row) -> f64| taught.iter().map(|taught| of(&taught.row)).sum::<f64>() / taught.len() as f64;
    let total = |of: &dyn Fn(&Row) -> usize| taught.iter().map(|taught| of(&taught.row)).sum::<usize>();
    let ranking = |which: usize| mean(&|row| f64::from(row.ranking[which]));
    // Where all beads were given there is nothing left to score.
    let left: Vec<&Row> = taught
        .iter()
        .map(|taught| &taught.row)
        .filter(|row| row.left > 0)
        .collect();
    let mean_left = |of: &dyn Fn(&Row) -> f64| left.iter().map(|row| of(row)).sum::<f64>() / left.len().max(1) as f64;
    let f1 = format!(
        "{:.4} -> {:.4}",
        mean_left(&|row| row.before.f1),
        mean_left(&|row| row.after.f1)
    );
    writeln!(
        out,
        "{:<26} {:>5}  {:>6.3} {:>6.3} {:>7.3}  {:>15}  {:>6} {:>6}  {f1:>16}  {:>10}",
        "all",
        total(&|row| row.given),
        ranking(0),
        ranking(1),
        ranking(2),
        "",
        total(&|row| row.before.beads),
        total(&|row| row.after.beads),
        format!(
            "{} -> {}",
            total(&|row| row.unseen.map_or(0, |[b, _]| b)),
            total(&|row| row.unseen.map_or(0, |[_, a]| a))
        )
    )?;
    let falls: Vec<f64> = taught.iter().filter_map(|taught| taught.row.fall()).collect();
    if falls.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "wrong beads that nobody looked at fall by {:.1}%, mean of {} sets that had any",
        100.0 * falls.iter().sum::<f64>() / falls.len() as f64,
        falls.len()
    )
}
