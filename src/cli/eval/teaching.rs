//! What a gold set's pair is taught before it is scored, and what that does.

use std::collections::HashSet;
use std::io::{self, Write};
use std::ops::Range;
use std::str::FromStr;

use crate::align::{Alignment, Bead, GoldBead, GoldKind, Lesson, Options, Pins, Readings, Runs, Study, Text};
use crate::eval::evaluate;
use crate::eval::gold::GoldSet;
use crate::learn::rounds::{Learned, SelfTraining, self_train};
use crate::pipeline::Adapt;

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
        let Review {
            before,
            looked_at,
            pins,
        } = self.review(set, &free, &unsettled)?;
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
            _ => Some(learn(settled, &plain, &pins)?),
        };
        let lesson = learned.as_ref().and_then(|learned| learned.lesson.as_ref());
        let ranking = settled.accuracies(lesson, &single_pairs(set))?;
        let rounds = learned.as_ref().map_or(&[][..], |learned| &learned.rounds);
        let kept_out = rounds
            .last()
            .map(|round| (round.found.before.accuracy, round.found.after.accuracy));
        let readings = learned.as_ref().and_then(|learned| learned.readings.clone());
        let after = settle(settled, lesson, readings.unwrap_or(plain), &pins)?;
        let gold = without(&set.beads, &pins);
        let row = Row {
            name: set.name.clone(),
            given: pins.forced.len(),
            left: gold.len(),
            ranking,
            kept_out,
            before: Missed::of(set.kind, &gold, &beads(&rest(before.clone(), &pins))),
            after: Missed::of(set.kind, &gold, &beads(&rest(after.clone(), &pins))),
            unseen: (set.kind == GoldKind::Exact)
                .then(|| [except(before, &looked_at), rest(after.clone(), &pins)].map(|beads| wrong(set, &beads))),
        };
        let alignment = rest(after, &pins);
        Ok(Taught { alignment, gold, row })
    }

    /// What the set is aligned to before it is taught, and what it is taught.
    fn review(self, set: &GoldSet, study: &Study, readings: &Readings) -> anyhow::Result<Review> {
        let first = readings.alignment(&Pins::default())?;
        Ok(match self {
            Self::Alone(_) => Review {
                before: first,
                looked_at: Vec::new(),
                pins: Pins::default(),
            },
            Self::Gold(count) => {
                let pins = confirmed(set, count);
                let kept = runs(&rest(first.clone(), &pins).beads);
                let mut looked_at = runs(&first.beads);
                looked_at.retain(|bead| !kept.contains(bead));
                Review {
                    before: first,
                    looked_at,
                    pins,
                }
            }
            Self::Review(percent) => {
                let before = learn(study, readings, &Pins::default())?.alignment;
                let looked_at = least_probable(&before, percent);
                Review {
                    pins: corrected(set, &looked_at),
                    before,
                    looked_at,
                }
            }
        })
    }
}

/// What a person looked at and put right.
struct Review {
    before: Alignment,
    looked_at: Vec<Runs>,
    pins: Pins,
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

/// Every gold bead with two sides, of gapless runs in order; of a set of blocks only those that are surely beads.
fn in_order(set: &GoldSet) -> Vec<&GoldBead> {
    let gapless = |run: &[usize]| !run.is_empty() && run.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let small = |bead: &GoldBead| match set.kind {
        GoldKind::Exact => bead.0.len().max(bead.1.len()) <= 15,
        GoldKind::Block => bead.0.len() == 1 && bead.1.len() == 1,
    };
    let mut sorted: Vec<&GoldBead> = set
        .beads
        .iter()
        .filter(|bead| gapless(&bead.0) && gapless(&bead.1))
        .collect();
    sorted.retain(|bead| small(bead));
    sorted.sort();
    let mut end = 0;
    sorted.retain(|(x, y)| {
        let follows = y[0] >= end && !x.is_empty();
        end = if follows { y[y.len() - 1] + 1 } else { end };
        follows
    });
    sorted
}

fn force<'a>(beads: impl Iterator<Item = &'a GoldBead>) -> Pins {
    let run = |indexes: &[usize]| indexes[0]..indexes[indexes.len() - 1] + 1;
    Pins {
        forced: beads.map(|(x, y)| (run(x), run(y))).collect(),
        ..Pins::default()
    }
}

/// `count` gold beads, evenly spread.
fn confirmed(set: &GoldSet, count: usize) -> Pins {
    let beads = in_order(set);
    let count = count.min(beads.len());
    force((0..count).map(|k| beads[k * beads.len() / count]))
}

/// This percentage of an alignment's beads.
fn least_probable(alignment: &Alignment, percent: f32) -> Vec<Runs> {
    let mut unsure: Vec<&Bead> = alignment.beads.iter().collect();
    unsure.sort_by(|a, b| a.posterior.total_cmp(&b.posterior));
    unsure.truncate((alignment.beads.len() as f32 * percent / 100.0).round() as usize);
    runs(unsure)
}

fn runs<'a>(beads: impl IntoIterator<Item = &'a Bead>) -> Vec<Runs> {
    let beads = beads.into_iter();
    beads.map(|bead| (bead.source.clone(), bead.target.clone())).collect()
}

/// The gold beads that touch these beads stand, nulls among them, and those of these beads do not that the gold lacks. Of a
/// set of blocks neither nulls nor wrong beads are known.
fn corrected(set: &GoldSet, looked_at: &[Runs]) -> Pins {
    let touched = |(x, y): &&&GoldBead| {
        let meets =
            |(source, target): &Runs| x.iter().any(|i| source.contains(i)) || y.iter().any(|j| target.contains(j));
        looked_at.iter().any(meets)
    };
    let beads = in_order(set);
    let mut pins = force(beads.iter().filter(touched).copied());
    if set.kind == GoldKind::Block {
        return pins;
    }
    let gold: HashSet<Runs> = force(beads.iter().copied()).forced.into_iter().collect();
    let two_sided = |(x, y): &&Runs| !x.is_empty() && !y.is_empty();
    let rejected = looked_at.iter().filter(two_sided).filter(|bead| !gold.contains(bead));
    pins.forbidden = rejected.cloned().collect();
    let nulls = set.beads.iter().filter(|(x, y)| x.is_empty() != y.is_empty());
    for (x, y) in nulls.collect::<Vec<_>>().iter().filter(touched) {
        pins.forced.extend(x.iter().map(|&i| (i..i + 1, 0..0)));
        pins.forced.extend(y.iter().map(|&j| (0..0, j..j + 1)));
    }
    pins
}

fn is_given(pins: &Pins, (x, y): &GoldBead) -> bool {
    let same = |run: &Range<usize>, indexes: &[usize]| run.clone().eq(indexes.iter().copied());
    pins.forced
        .iter()
        .any(|(source, target)| same(source, x) && same(target, y))
}

fn without(beads: &[GoldBead], pins: &Pins) -> Vec<GoldBead> {
    beads.iter().filter(|bead| !is_given(pins, bead)).cloned().collect()
}

fn except(mut alignment: Alignment, beads: &[Runs]) -> Alignment {
    let taken: HashSet<&Runs> = beads.iter().collect();
    alignment
        .beads
        .retain(|bead| !taken.contains(&(bead.source.clone(), bead.target.clone())));
    alignment
}

/// Beads with two sides that the gold does not have.
fn wrong(set: &GoldSet, alignment: &Alignment) -> usize {
    let score = evaluate(&set.beads, set.kind, &beads(alignment)).score;
    let two_sided = alignment.beads.iter().filter(|bead| !bead.is_null()).count();
    ((1.0 - score.precision) * two_sided as f64).round() as usize
}

/// What holds no segment of a given bead: a person who put a bead right has put away what stood there.
fn rest(mut alignment: Alignment, pins: &Pins) -> Alignment {
    let meet = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let given = |bead: &Bead| {
        let mut forced = pins.forced.iter();
        forced.any(|(x, y)| meet(&bead.source, x) || meet(&bead.target, y))
    };
    alignment.beads.retain(|bead| !given(bead));
    alignment
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
    )
}
