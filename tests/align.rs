//! The aligner on bitexts that we make ourselves, so that the right answer is known.

// clippy.toml allows these in test functions, not in the helpers beside them.
#![allow(clippy::unwrap_used)]

#[path = "made_up/random.rs"]
mod random;

use std::ops::Range;
use std::time::{Duration, Instant};

use enface::align::train::{GoldPair, train};
use enface::align::{AlignError, Alignment, GoldKind, Options, Pins, Readings, RunVectors, Text, align, weigh};
use enface::embed::{EmbedError, Vectors};
use enface::monitor::Cancelled;
use proptest::prelude::*;
use random::Random;

const WIDTH: usize = 32;

/// A document of meanings: a run's vector is the sum of its segments', brought to length 1.
#[derive(Default)]
struct Version {
    texts: Vec<String>,
    singles: Vectors,
}

impl Version {
    fn push(&mut self, text: String, vector: &[f32]) {
        self.texts.push(text);
        self.singles.append(Vectors::new(WIDTH, unit(vector)));
    }

    fn len(&self) -> usize {
        self.texts.len()
    }
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector
        .iter()
        .map(|value| if norm > 0.0 { value / norm } else { 0.0 })
        .collect()
}

impl RunVectors for Version {
    fn singles(&self) -> &Vectors {
        &self.singles
    }

    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let mut all = Vec::new();
        for run in runs {
            let mut sum = vec![0.0; WIDTH];
            for segment in run.clone() {
                sum.iter_mut()
                    .zip(self.singles.row(segment))
                    .for_each(|(value, more)| *value += more);
            }
            all.extend(unit(&sum));
        }
        Ok(Vectors::new(WIDTH, all))
    }
}

type Beads = Vec<(Range<usize>, Range<usize>)>;

/// Two versions of a text and the beads that join them.
#[derive(Default)]
struct Bitext {
    source: Version,
    target: Version,
    beads: Beads,
}

impl Bitext {
    /// `beads` beads, mostly 1-1, the rest 1-2 and 2-1.
    fn add(&mut self, random: &mut Random, beads: usize) {
        for _ in 0..beads {
            let (a, b) = match random.below(10) {
                0 => (1, 2),
                1 => (2, 1),
                _ => (1, 1),
            };
            let parts: Vec<Vec<f32>> = (0..a.max(b)).map(|_| random.vector(WIDTH)).collect();
            let whole: Vec<f32> = (0..WIDTH).map(|k| parts.iter().map(|part| part[k]).sum()).collect();
            let length = 40 + random.below(60);
            let (from, to) = (self.source.len(), self.target.len());
            for (version, pieces) in [(&mut self.source, a), (&mut self.target, b)] {
                for part in parts.iter().take(pieces) {
                    let meaning = if pieces == 1 { &whole } else { part };
                    let noisy: Vec<f32> = meaning.iter().map(|value| value + 0.3 * random.signed()).collect();
                    version.push("x".repeat(length * a.max(b) / pieces) + ".", &noisy);
                }
            }
            self.beads.push((from..self.source.len(), to..self.target.len()));
        }
    }

    fn align(&self) -> Alignment {
        align_versions(&self.source, &self.target)
    }

    /// Share of the beads found exactly.
    fn recall(&self, found: &Alignment) -> f64 {
        let hits = self
            .beads
            .iter()
            .filter(|(x, y)| found.beads.iter().any(|bead| bead.source == *x && bead.target == *y));
        hits.count() as f64 / self.beads.len() as f64
    }
}

fn align_versions(source: &Version, target: &Version) -> Alignment {
    try_align(source, target, &mut ()).unwrap()
}

fn try_align(
    source: &Version,
    target: &Version,
    monitor: &mut dyn enface::monitor::Monitor,
) -> Result<Alignment, AlignError> {
    let (left, right): (Vec<&str>, Vec<&str>) = (
        source.texts.iter().map(String::as_str).collect(),
        target.texts.iter().map(String::as_str).collect(),
    );
    let source = Text {
        segments: &left,
        vectors: source,
        map: None,
    };
    let target = Text {
        segments: &right,
        vectors: target,
        map: None,
    };
    align(source, target, &Options::bundled().unwrap(), monitor)
}

/// Every segment of both sides is in exactly one bead, in order, and every number is one.
fn assert_partition(found: &Alignment, n: usize, m: usize) {
    let (mut i, mut j) = (0, 0);
    for bead in &found.beads {
        assert_eq!((bead.source.start, bead.target.start), (i, j));
        assert!(!bead.source.is_empty() || !bead.target.is_empty());
        assert!(
            (0.0..=1.0).contains(&bead.posterior) && (-1.0..=1.0).contains(&bead.score),
            "{bead:?}"
        );
        (i, j) = (bead.source.end, bead.target.end);
    }
    assert_eq!((i, j), (n, m));
}

fn repeated(text: &str, vector: &[f32], count: usize) -> Version {
    let mut version = Version::default();
    (0..count).for_each(|_| version.push(text.to_owned(), vector));
    version
}

#[test]
fn a_plain_translation_is_found_bead_by_bead() {
    let mut random = Random(7);
    let mut bitext = Bitext::default();
    bitext.add(&mut random, 300);
    let found = bitext.align();
    assert_partition(&found, bitext.source.len(), bitext.target.len());
    assert!(bitext.recall(&found) > 0.97, "{}", bitext.recall(&found));
}

#[test]
fn a_chapter_that_one_side_lacks_costs_only_the_beads_at_the_cut() {
    for at_source in [true, false] {
        let mut random = Random(11);
        let mut bitext = Bitext::default();
        bitext.add(&mut random, 250);
        let extra = if at_source {
            &mut bitext.source
        } else {
            &mut bitext.target
        };
        (0..400).for_each(|_| extra.push("x".repeat(60), &random.vector(WIDTH)));
        bitext.add(&mut random, 250);
        let found = bitext.align();
        assert_partition(&found, bitext.source.len(), bitext.target.len());
        assert!(bitext.recall(&found) > 0.97, "{}", bitext.recall(&found));
    }
}

#[test]
fn a_book_whose_halves_lie_far_from_the_diagonal_is_followed() {
    let mut random = Random(13);
    let mut bitext = Bitext::default();
    (0..2500).for_each(|_| bitext.target.push("x".repeat(60), &random.vector(WIDTH)));
    bitext.add(&mut random, 1500);
    (0..2500).for_each(|_| bitext.source.push("x".repeat(60), &random.vector(WIDTH)));
    bitext.add(&mut random, 1000);
    let found = bitext.align();
    assert!(bitext.recall(&found) > 0.97, "{}", bitext.recall(&found));
}

#[test]
fn unrelated_documents_are_not_called_translations() {
    let mut random = Random(17);
    let mut version = || {
        let mut version = Version::default();
        (0..120).for_each(|_| version.push("word ".repeat(3 + random.below(40)), &random.vector(WIDTH)));
        version
    };
    let (source, target) = (version(), version());
    let found = align_versions(&source, &target);
    let matched: Vec<f32> = found
        .beads
        .iter()
        .filter(|bead| !bead.is_null())
        .map(|bead| bead.posterior)
        .collect();
    let sure = matched.iter().filter(|&&posterior| posterior > 0.9).count();
    assert!(sure < 6, "{sure} of {} beads are sure", matched.len());
}

#[test]
fn empty_and_lopsided_documents_are_covered_too() {
    let mut random = Random(19);
    for (n, m) in [(0, 0), (0, 3), (3, 0), (1, 1), (1, 10_000), (10_000, 1), (2, 500)] {
        let mut source = Version::default();
        (0..n).for_each(|_| source.push("Some sentence.".to_owned(), &random.vector(WIDTH)));
        let mut target = Version::default();
        (0..m).for_each(|_| target.push("Ein Satz.".to_owned(), &random.vector(WIDTH)));
        assert_partition(&align_versions(&source, &target), n, m);
    }
}

#[test]
fn identical_lines_empty_texts_and_zero_vectors_end_soon() {
    let start = Instant::now();
    for (text, vector, count) in [("Same.", 1.0, 20_000), ("", 0.0, 700), ("\u{0}\u{1b}[31m", 0.0, 50)] {
        let version = repeated(text, &[vector; WIDTH], count);
        let found = align_versions(&version, &version);
        assert_partition(&found, count, count);
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

#[test]
fn vectors_that_are_not_numbers_are_refused() {
    let mut broken = repeated("text", &[1.0; WIDTH], 2);
    broken.singles.append(Vectors::new(WIDTH, vec![f32::NAN; WIDTH]));
    broken.texts.push("text".to_owned());
    let whole = repeated("text", &[1.0; WIDTH], 3);
    assert!(matches!(
        try_align(&broken, &whole, &mut ()),
        Err(AlignError::NotFinite("source"))
    ));
    broken.texts.pop();
    assert!(matches!(
        try_align(&whole, &broken, &mut ()),
        Err(AlignError::Vectors { side: "target", .. })
    ));
}

#[test]
fn an_alignment_nobody_waits_for_stops() {
    let version = repeated("text", &[1.0; WIDTH], 3);
    let mut cancel = |done: usize, _: usize| if done > 0 { Err(Cancelled) } else { Ok(()) };
    assert!(matches!(
        try_align(&version, &version, &mut cancel),
        Err(AlignError::Cancelled(_))
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_documents_the_beads_partition_them(
        left in proptest::collection::vec((".{0,30}", -1.0_f32..1.0), 0..12),
        right in proptest::collection::vec((".{0,30}", -1.0_f32..1.0), 0..12),
    ) {
        let version = |segments: &[(String, f32)]| {
            let mut version = Version::default();
            for (text, value) in segments {
                version.push(text.clone(), &[&[*value, 1.0 - value, value * value][..], &[0.0; WIDTH - 3]].concat());
            }
            version
        };
        let (source, target) = (version(&left), version(&right));
        assert_partition(&align_versions(&source, &target), left.len(), right.len());
    }
}

#[test]
fn pins_hold_and_leave_the_rest_alone() {
    let mut random = Random(23);
    let mut bitext = Bitext::default();
    bitext.add(&mut random, 120);
    let free = bitext.align();
    let at = free
        .beads
        .iter()
        .position(|bead| bead.source.start >= 60 && bead.source.len() == 1)
        .unwrap();
    let taken = &free.beads[at];
    let forced = (
        taken.source.start..taken.source.end + 1,
        taken.target.start..taken.target.end + 2,
    );
    let pins = Pins {
        forced: vec![forced.clone()],
        cuts: vec![(20, 22)],
        ..Pins::default()
    };
    let found = align_pinned(&bitext, &pins).unwrap();
    assert_partition(&found, bitext.source.len(), bitext.target.len());
    assert!(
        found
            .beads
            .iter()
            .any(|bead| (&bead.source, &bead.target) == (&forced.0, &forced.1) && bead.posterior > 0.99)
    );
    assert!(
        found
            .beads
            .iter()
            .any(|bead| (bead.source.start, bead.target.start) == (20, 22))
    );
    let far: Vec<_> = free.beads.iter().filter(|bead| bead.source.start > 80).collect();
    assert!(far.iter().all(|bead| {
        found
            .beads
            .iter()
            .any(|other| other.source == bead.source && other.target == bead.target)
    }));
}

#[test]
fn a_forbidden_bead_gives_way_to_its_runner_up() {
    let mut random = Random(29);
    let mut bitext = Bitext::default();
    bitext.add(&mut random, 60);
    let readings = weigh_bitext(&bitext);
    let free = readings.alignment(&Pins::default()).unwrap();
    let at = (0..free.beads.len())
        .find(|&at| readings.runner_up(&free, at).is_some())
        .unwrap();
    let bead = &free.beads[at];
    let other = readings.runner_up(&free, at).unwrap();
    assert!(
        other.probability <= 1.0 - bead.posterior + 0.05,
        "{other:?} beside {bead:?}"
    );
    assert!(
        other
            .beads
            .iter()
            .all(|next| (&next.source, &next.target) != (&bead.source, &bead.target))
    );
    let pins = Pins {
        forbidden: vec![(bead.source.clone(), bead.target.clone())],
        ..Pins::default()
    };
    let found = readings.alignment(&pins).unwrap();
    assert!(
        found
            .beads
            .iter()
            .all(|next| (&next.source, &next.target) != (&bead.source, &bead.target))
    );
    assert_partition(&found, bitext.source.len(), bitext.target.len());
}

#[test]
fn a_segment_pinned_as_untranslated_stays_alone() {
    let mut random = Random(31);
    let mut bitext = Bitext::default();
    bitext.add(&mut random, 60);
    let pins = Pins {
        forced: vec![(30..32, 0..0)],
        ..Pins::default()
    };
    let found = align_pinned(&bitext, &pins).unwrap();
    assert_partition(&found, bitext.source.len(), bitext.target.len());
    let alone = found
        .beads
        .iter()
        .filter(|bead| bead.target.is_empty() && (30..32).contains(&bead.source.start));
    assert_eq!(alone.count(), 2);
}

fn weigh_bitext(bitext: &Bitext) -> Readings {
    with_texts(bitext, |source, target| {
        weigh(source, target, &Options::bundled().unwrap(), &mut ()).unwrap()
    })
}

fn align_pinned(bitext: &Bitext, pins: &Pins) -> Result<Alignment, AlignError> {
    let options = Options {
        pins: pins.clone(),
        ..Options::bundled().unwrap()
    };
    with_texts(bitext, |source, target| align(source, target, &options, &mut ()))
}

fn with_texts<T>(bitext: &Bitext, make: impl FnOnce(Text, Text) -> T) -> T {
    let texts = |version: &'_ Version| -> Vec<String> { version.texts.clone() };
    let (left, right) = (texts(&bitext.source), texts(&bitext.target));
    let (left, right): (Vec<&str>, Vec<&str>) = (
        left.iter().map(String::as_str).collect(),
        right.iter().map(String::as_str).collect(),
    );
    let source = Text {
        segments: &left,
        vectors: &bitext.source,
        map: None,
    };
    let target = Text {
        segments: &right,
        vectors: &bitext.target,
        map: None,
    };
    make(source, target)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn pinning_what_stands_already_changes_no_bead(seed: u64, beads in 20..60_usize, at in 0.0..1.0_f64) {
        let mut random = Random(seed);
        let mut bitext = Bitext::default();
        bitext.add(&mut random, beads);
        let free = bitext.align();
        let bead = &free.beads[(at * free.beads.len() as f64) as usize];
        let pins = Pins {
            forced: vec![(bead.source.clone(), bead.target.clone())],
            ..Pins::default()
        };
        let pinned = align_pinned(&bitext, &pins).unwrap();
        let runs = |found: &Alignment| -> Beads {
            found.beads.iter().map(|bead| (bead.source.clone(), bead.target.clone())).collect()
        };
        prop_assert_eq!(runs(&free), runs(&pinned));
    }
}

#[test]
fn weights_learned_on_a_few_texts_tell_right_beads_from_wrong_ones() {
    let mut random = Random(37);
    let mut make = |beads: usize| {
        let mut bitext = Bitext::default();
        bitext.add(&mut random, beads);
        bitext
    };
    let (first, second, unseen) = (make(60), make(40), make(80));
    let gold = |bitext: &Bitext| -> Vec<_> {
        bitext
            .beads
            .iter()
            .map(|(x, y)| (x.clone().collect(), y.clone().collect()))
            .collect()
    };
    let (first_gold, second_gold) = (gold(&first), gold(&second));
    let parameters = with_texts(&first, |source, target| {
        let lesson = GoldPair {
            source,
            target,
            gold: &first_gold,
            kind: GoldKind::Exact,
        };
        with_texts(&second, |source, target| {
            let other = GoldPair {
                source,
                target,
                gold: &second_gold,
                kind: GoldKind::Exact,
            };
            train(&[lesson, other], &mut ()).unwrap()
        })
    });
    let options = Options {
        parameters,
        ..Options::bundled().unwrap()
    };
    let found = with_texts(&unseen, |source, target| {
        align(source, target, &options, &mut ()).unwrap()
    });
    assert!(unseen.recall(&found) > 0.95, "{}", unseen.recall(&found));
    let mean = |right: bool| {
        let known = |bead: &&enface::align::Bead| {
            unseen.beads.contains(&(bead.source.clone(), bead.target.clone())) == right && !bead.is_null()
        };
        let posteriors: Vec<f32> = found.beads.iter().filter(known).map(|bead| bead.posterior).collect();
        posteriors.iter().sum::<f32>() / posteriors.len().max(1) as f32
    };
    assert!(mean(true) > 0.95 && mean(false) < 0.8, "{} {}", mean(true), mean(false));
}
