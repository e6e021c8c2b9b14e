//! `enface eval`: aligns gold sets, or takes alignments from elsewhere, and says how good they are.

mod damage;
mod strangers;
mod teaching;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};

use super::encoder::EncoderArgs;
use super::gold::{Embedded, open};
use crate::align::train::leave_out;
use crate::align::{Alignment, GoldBead, GoldKind, MAX_BEAD, Options, Parameters};
use crate::eval::calibration::Calibration;
use crate::eval::gold::{GoldSet, beads};
use crate::eval::{Evaluation, Score, evaluate};
use crate::pipeline::Adapt;
use teaching::{Taught, Teaching};

#[derive(Debug, Args)]
pub(super) struct EvalArgs {
    /// Folders with src.txt, tgt.txt and gold.txt (and meta.json, where the gold is of paragraphs: `"kind": "block"`)
    #[arg(required = true, value_name = "SET")]
    sets: Vec<PathBuf>,
    /// Score this file of beads (`[0, 1]:[2]` a line) instead of aligning; one set only
    #[arg(long, value_name = "FILE")]
    predictions: Option<PathBuf>,
    /// Segments of both sides in one bead, at most
    #[arg(long, value_name = "N", default_value_t = MAX_BEAD)]
    max_bead: usize,
    /// Weights to align with, as `enface train-aligner` writes them, instead of the bundled ones
    #[arg(long, value_name = "FILE", conflicts_with = "leave_out")]
    weights: Option<PathBuf>,
    /// Align every set with weights trained on the others: all other sets, or all but those whose names begin alike
    #[arg(long, value_name = "WHAT")]
    leave_out: Option<LeaveOut>,
    /// Whether to learn from the pair: auto, self, off; gold=N: N gold beads count as confirmed; review=PERCENT: so many of the
    /// least probable beads are corrected. What was given is not scored
    #[arg(long, value_name = "HOW", default_value = "auto")]
    adapt: Teaching,
    /// Plant damage instead: take this share of a document away (at its start, within, at its end) or put as much strange
    /// text in, and print what becomes of the beads it does not touch
    #[arg(long, value_name = "SHARE", value_parser = damage_share, conflicts_with = "predictions")]
    damage: Option<f64>,
    /// Align so many pairs of strangers instead, cut from sets of different families, and print what was joined
    #[arg(long, value_name = "PAIRS", conflicts_with_all = ["predictions", "damage"])]
    strangers: Option<usize>,
    /// Which damage, or which strangers, to draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    encoder: EncoderArgs,
}

fn damage_share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=0.5).contains(share));
    share.ok_or_else(|| "a share from 0 to 0.5 is needed, such as 0.2".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LeaveOut {
    /// The set itself
    Set,
    /// The set and its relatives: all whose names begin with the same word
    Family,
}

impl EvalArgs {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let sets = open(&self.sets)?;
        let out = &mut io::stdout().lock();
        let Some(path) = &self.predictions else {
            return self.align_all(&sets, out);
        };
        ensure!(sets.len() == 1, "--predictions goes with one set, not {}", sets.len());
        let set = &sets[0];
        let mut report = Report::default();
        report.add(set, &beads(path, set.source.segments.len(), set.target.segments.len())?);
        Ok(report.write(out)?)
    }

    fn align_all(&self, sets: &[GoldSet], out: &mut impl Write) -> anyhow::Result<()> {
        let model = self.encoder.clone().load()?;
        let embedded = sets
            .iter()
            .map(|set| Embedded::new(set, model.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        let options = self.options(&embedded)?;
        let seed = self.seed;
        if let Some(share) = self.damage {
            let adapt = self.unaided("--damage")?;
            return damage::run(&embedded, &options, damage::Plan { share, seed, adapt }, out);
        }
        if let Some(count) = self.strangers {
            let adapt = self.unaided("--strangers")?;
            return strangers::run(&embedded, &options, strangers::Plan { count, seed, adapt }, out);
        }
        let mut report = Report::default();
        for (set, options) in embedded.iter().zip(options) {
            let vectors = set.vectors();
            let [source, target] = set.texts(&vectors);
            report.add_taught(set.set, self.adapt.align(set.set, source, target, &options)?);
        }
        Ok(report.write(out)?)
    }

    /// Whether to learn, for the measurement of `option`, which gives no beads.
    fn unaided(&self, option: &str) -> anyhow::Result<Adapt> {
        match self.adapt {
            Teaching::Alone(adapt) => Ok(adapt),
            Teaching::Gold(_) | Teaching::Review(_) => {
                bail!("{option} has no use for given beads: choose --adapt auto, self or off")
            }
        }
    }

    /// How to align each set.
    fn options(&self, sets: &[Embedded]) -> anyhow::Result<Vec<Options>> {
        let weights = match self.leave_out {
            None => vec![self.weights()?; sets.len()],
            Some(what) => {
                let vectors: Vec<_> = sets.iter().map(Embedded::vectors).collect();
                let pairs: Vec<_> = sets.iter().zip(&vectors).map(|(set, v)| set.gold_pair(v)).collect();
                let group = |set: &Embedded| match what {
                    LeaveOut::Set => set.set.name.clone(),
                    LeaveOut::Family => set.set.family().into(),
                };
                let groups: Vec<String> = sets.iter().map(group).collect();
                leave_out(&pairs, &groups.iter().map(String::as_str).collect::<Vec<_>>(), &mut ())?
            }
        };
        let bundled = Options::bundled()?;
        let options = weights.into_iter().map(|parameters| Options {
            parameters,
            max_bead: self.max_bead,
            ..bundled.clone()
        });
        Ok(options.collect())
    }

    fn weights(&self) -> anyhow::Result<Parameters> {
        let Some(path) = &self.weights else {
            return Ok(Parameters::bundled()?);
        };
        let text = fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))?;
        Parameters::from_toml(&text).with_context(|| format!("{} holds no weights", path.display()))
    }
}

/// The beads of an alignment as gold beads are written.
fn found(alignment: &Alignment) -> Vec<GoldBead> {
    let beads = alignment.beads.iter();
    beads
        .map(|bead| (bead.source.clone().collect(), bead.target.clone().collect()))
        .collect()
}

/// Sets of one family and kind, one behind the other as if they were a single one.
struct Family {
    name: String,
    kind: GoldKind,
    sets: usize,
    gold: Vec<GoldBead>,
    found: Vec<GoldBead>,
    segments: (usize, usize),
}

impl Family {
    fn add(&mut self, set: &GoldSet, found: &[GoldBead]) {
        let behind = |by: usize, run: &[usize]| -> Vec<usize> { run.iter().map(|index| index + by).collect() };
        let (n, m) = self.segments;
        let place = |bead: &GoldBead| (behind(n, &bead.0), behind(m, &bead.1));
        self.gold.extend(set.beads.iter().map(place));
        self.found.extend(found.iter().map(place));
        self.segments = (n + set.source.segments.len(), m + set.target.segments.len());
        self.sets += 1;
    }
}

/// What was found, one line a set.
#[derive(Default)]
struct Report {
    rows: Vec<(String, GoldKind, Evaluation)>,
    families: Vec<Family>,
    calibration: Calibration,
    calibrated: bool,
    taught: Vec<Taught>,
}

impl Report {
    fn add(&mut self, set: &GoldSet, found: &[GoldBead]) {
        self.rows
            .push((set.name.clone(), set.kind, evaluate(&set.beads, set.kind, found)));
        self.family(set).add(set, found);
    }

    fn family(&mut self, set: &GoldSet) -> &mut Family {
        let known = self
            .families
            .iter()
            .position(|family| (family.name.as_str(), family.kind) == (set.family(), set.kind));
        let place = known.unwrap_or(self.families.len());
        if known.is_none() {
            self.families.push(Family {
                name: set.family().into(),
                kind: set.kind,
                sets: 0,
                gold: Vec::new(),
                found: Vec::new(),
                segments: (0, 0),
            });
        }
        &mut self.families[place]
    }

    fn add_taught(&mut self, set: &GoldSet, taught: Taught) {
        let rest = GoldSet {
            beads: taught.gold.clone(),
            ..set.clone()
        };
        self.add_alignment(&rest, &taught.alignment);
        self.taught.push(taught);
    }

    fn add_alignment(&mut self, set: &GoldSet, alignment: &Alignment) {
        self.add(set, &found(alignment));
        if set.kind == GoldKind::Exact {
            self.calibration.add(alignment, &set.beads);
            self.calibrated = true;
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{:<26} {:<6} {:>6} {:>6} {:>6}  {:>13}  {:>6} {:>6} {:>6}  {:>6} {:>6}",
            "set", "kind", "P", "R", "F1", "95%", "lax P", "lax R", "lax F1", "null P", "null R"
        )?;
        for (name, kind, evaluation) in &self.rows {
            write_row(out, name, *kind, evaluation)?;
        }
        for family in self.families.iter().filter(|family| family.sets > 1) {
            let name = format!("{} ({} pooled)", family.name, family.sets);
            write_row(
                out,
                &name,
                family.kind,
                &evaluate(&family.gold, family.kind, &family.found),
            )?;
        }
        for (kind, label) in [(GoldKind::Exact, "strict"), (GoldKind::Block, "block")] {
            let f1: Vec<f64> = self
                .rows
                .iter()
                .filter(|row| row.1 == kind)
                .map(|row| row.2.score.f1)
                .collect();
            if f1.len() > 1 {
                writeln!(
                    out,
                    "mean {label} F1 of {} sets: {:.4}",
                    f1.len(),
                    f1.iter().sum::<f64>() / f1.len() as f64
                )?;
            }
        }
        if self.calibrated {
            self.write_calibration(out)?;
        }
        if !self.taught.is_empty() {
            teaching::write(&self.taught, out)?;
        }
        Ok(())
    }

    fn write_calibration(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\nprobability   beads  mean said  share right")?;
        for (number, bin) in self
            .calibration
            .table()
            .iter()
            .enumerate()
            .filter(|(_, bin)| bin.count > 0)
        {
            let low = number as f64 / 10.0;
            let high = low + 0.1;
            writeln!(
                out,
                "{low:.1} to {high:.1} {:>8}  {:>9.3}  {:>11.3}",
                bin.count, bin.confidence, bin.accuracy
            )?;
        }
        writeln!(
            out,
            "expected calibration error: {:.4}",
            self.calibration.expected_error()
        )?;
        let share = self.calibration.errors_in_lowest_tenth();
        writeln!(
            out,
            "errors among the least probable tenth of the beads: {:.1}%",
            100.0 * share
        )
    }
}

fn write_row(out: &mut impl Write, name: &str, kind: GoldKind, evaluation: &Evaluation) -> io::Result<()> {
    let Score { precision, recall, f1 } = evaluation.score;
    let kind = if kind == GoldKind::Exact { "exact" } else { "block" };
    let interval = evaluation.f1_interval;
    write!(
        out,
        "{name:<26} {kind:<6} {precision:>6.4} {recall:>6.4} {f1:>6.4}  {:.4}-{:.4}  ",
        interval.low, interval.high
    )?;
    match evaluation.lax {
        Some(lax) => write!(out, "{:>6.4} {:>6.4} {:>6.4}  ", lax.precision, lax.recall, lax.f1)?,
        None => write!(out, "{:>6} {:>6} {:>6}  ", "", "", "")?,
    }
    writeln!(
        out,
        "{:>6.4} {:>6.4}",
        evaluation.nulls.precision, evaluation.nulls.recall
    )
}
