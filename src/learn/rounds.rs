//! Self-training: believe the surer beads, learn from them, weigh all readings again.

use super::objective::Contest;
use super::strengths::{Found, Settings, find};
use crate::align::{
    AlignError, Alignment, Bead, KnownBead, Lesson, PinError, Pins, Readings, Runs, Study, WordVectors,
};
use crate::embed::EmbedError;
use crate::monitor::{Cancelled, Monitor};

/// How to teach oneself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelfTraining {
    /// Beads more probable than this are believed, each as much as it is probable.
    pub posterior: f32,
    /// Rounds at most.
    pub rounds: usize,
    /// A round that changes no more than this share of the beads is the last.
    pub settled: f32,
    /// What a bead that a person confirmed weighs, where the machine's own weigh up to 1.
    pub confirmed: f32,
    /// Fewer believed beads than this teach nothing that can be trusted.
    pub fewest: usize,
    /// Beads that compete in the ranking at most; of more, an even choice.
    pub budget: usize,
    /// Cosine from which two beads say the same.
    pub alike: f32,
    /// How to find the strengths.
    pub strengths: Settings,
}

impl Default for SelfTraining {
    fn default() -> Self {
        Self {
            posterior: 0.5,
            rounds: 2,
            settled: 0.005,
            confirmed: 3.0,
            fewest: 20,
            budget: 600,
            alike: 0.9,
            strengths: Settings::default(),
        }
    }
}

/// What a round did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Round {
    /// Beads that were believed.
    pub known: usize,
    /// The strengths, and how the beads kept out fared.
    pub found: Found,
    /// Beads of the alignment that were not there before.
    pub changed: usize,
}

/// What self-training ended with.
pub struct Learned {
    /// The last readings that help; none when nothing does.
    pub readings: Option<Readings>,
    /// The last alignment.
    pub alignment: Alignment,
    /// What the pair taught; nothing when the beads kept out spoke against it.
    pub lesson: Option<Lesson>,
    /// One report a round.
    pub rounds: Vec<Round>,
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// Nobody waits for it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Runs could not be embedded.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// Aligning again failed.
    #[error(transparent)]
    Align(#[from] AlignError),
    /// Pins exclude each other.
    #[error(transparent)]
    Pins(#[from] PinError),
}

/// Starts from the alignment `first` of the pair, and alternates learning and weighing until next to nothing changes. What is
/// pinned stays: forced beads weigh more than the machine's own, forbidden ones are negatives. The monitor counts rounds in hundredths.
///
/// # Errors
/// When a computation fails, or the monitor cancels.
pub fn self_train(
    study: &Study,
    first: Alignment,
    pins: &Pins,
    settings: &SelfTraining,
    monitor: &mut dyn Monitor,
) -> Result<Learned, LearnError> {
    let mut learned = Learned {
        readings: None,
        alignment: first,
        lesson: None,
        rounds: Vec::new(),
    };
    for round in 0..settings.rounds {
        let total = 100 * settings.rounds;
        monitor.report(100 * round, total)?;
        let known = believed(&learned.alignment, pins, settings);
        if known.len() < settings.fewest {
            break;
        }
        let words = study.learn_words(known)?;
        monitor.report(100 * round + 20, total)?;
        let found = find(&contest(study, &words, pins, settings)?, &settings.strengths);
        let helps = found.share > 0.0;
        let mut report = Round {
            known: words.known().len(),
            found,
            changed: 0,
        };
        if !helps {
            learned.rounds.push(report);
            break;
        }
        let lesson = Lesson {
            words,
            strengths: report.found.strengths,
        };
        let mut inner = |done: usize, of: usize| monitor.report(100 * round + 30 + 70 * done / of.max(1), total);
        let readings = study.weigh(Some(&lesson), &mut inner)?;
        let alignment = readings.alignment(pins)?;
        report.changed = changed(&alignment, &learned.alignment);
        let settled = report.changed as f32 <= settings.settled * alignment.beads.len() as f32;
        learned.rounds.push(report);
        learned.alignment = alignment;
        learned.readings = Some(readings);
        learned.lesson = Some(lesson);
        if settled {
            break;
        }
    }
    Ok(learned)
}

/// The beads to learn from.
fn believed(alignment: &Alignment, pins: &Pins, settings: &SelfTraining) -> Vec<KnownBead> {
    let forced = |bead: &Bead| pins.forced.iter().any(|(x, y)| *x == bead.source && *y == bead.target);
    let candidates = alignment.beads.iter().filter(|bead| !bead.is_null());
    candidates
        .filter_map(|bead| {
            let weight = match bead.posterior {
                _ if forced(bead) => settings.confirmed,
                posterior if posterior > settings.posterior => posterior,
                _ => return None,
            };
            Some(KnownBead {
                source: bead.source.clone(),
                target: bead.target.clone(),
                weight,
            })
        })
        .collect()
}

/// The ranking that an even choice of the known beads competes in.
fn contest(study: &Study, words: &WordVectors, pins: &Pins, settings: &SelfTraining) -> Result<Contest, EmbedError> {
    let known = words.known();
    let step = known.len().div_ceil(settings.budget.max(1)).max(1);
    let chosen: Vec<usize> = (0..known.len()).step_by(step).collect();
    let pairs = chosen.iter().flat_map(|&a| chosen.iter().map(move |&b| (a, b)));
    let place = |runs: &Runs| {
        let meets = |&bead: &usize| known[bead].source.start < runs.0.end && runs.0.start < known[bead].source.end;
        chosen.iter().position(meets)
    };
    let two_sided = pins.forbidden.iter().filter(|(x, y)| !x.is_empty() && !y.is_empty());
    let rejected: Vec<(usize, Runs)> = two_sided
        .filter_map(|runs| Some((place(runs)?, runs.clone())))
        .collect();
    let (places, runs): (Vec<usize>, Vec<Runs>) = rejected.into_iter().unzip();
    Ok(Contest {
        weights: chosen.iter().map(|&bead| known[bead].weight).collect(),
        cells: study.contest(words, &chosen),
        alike: pairs
            .map(|(a, b)| a != b && words.alike(a, b, settings.alike))
            .collect(),
        rejected: places.into_iter().zip(study.evidence(words, &runs)?).collect(),
    })
}

/// Beads of `after` that `before` lacks.
fn changed(after: &Alignment, before: &Alignment) -> usize {
    let place = |bead: &Bead| (bead.source.start, bead.target.start);
    let same = |bead: &&Bead| {
        let at = before.beads.partition_point(|other| place(other) < place(bead));
        before
            .beads
            .get(at)
            .is_some_and(|other| other.source == bead.source && other.target == bead.target)
    };
    after.beads.len() - after.beads.iter().filter(same).count()
}
