//! Learning on pairs that we make ourselves: a language that the encoder hardly knows, and one that it knows well.

// clippy.toml allows these in test functions, not in the helpers beside them.
#![allow(clippy::unwrap_used)]

#[path = "made_up/random.rs"]
mod random;

use std::ops::Range;
use std::sync::Arc;

use enface::align::{Alignment, Bead, Habits, Options, Pins, Readings, RunVectors, Runs, Study, Text};
use enface::embed::{EmbedError, Vectors};
use enface::learn::rounds::{Learned, SelfTraining, self_train};
use enface::space::Adapter;
use random::Random;

const WIDTH: usize = 48;
/// Meanings that the languages have words for.
const MEANINGS: usize = 70;

/// A document as its encoder sees it: a run's vector is the sum of its segments'.
#[derive(Default)]
struct Version {
    texts: Vec<String>,
    vectors: Vectors,
}

impl Version {
    fn push(&mut self, text: String, vector: &[f32]) {
        self.texts.push(text);
        self.vectors.append(Vectors::new(WIDTH, unit(vector)));
    }
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter().map(|value| value / length.max(1e-9)).collect()
}

fn sum<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let mut sum = vec![0.0; WIDTH];
    vectors.for_each(|vector| sum.iter_mut().zip(vector).for_each(|(value, more)| *value += more));
    sum
}

impl RunVectors for Version {
    fn singles(&self) -> &Vectors {
        &self.vectors
    }

    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let of_run = |run: &Range<usize>| unit(&sum(run.clone().map(|index| self.vectors.row(index))));
        Ok(Vectors::new(WIDTH, runs.iter().flat_map(of_run).collect()))
    }
}

type Beads = Vec<(Range<usize>, Range<usize>)>;

/// Sentences of a few meanings each, said in two made-up languages; now and then one side says in two what the other
/// says in one. `noise` is what the encoder mistakes in the target language; `lexical` whether its words mean anything.
fn bitext(sentences: usize, noise: f32, lexical: bool) -> (Version, Version, Beads) {
    volume(1, sentences, noise, lexical)
}

/// The same languages, other sentences in every volume.
fn volume(number: u64, sentences: usize, noise: f32, lexical: bool) -> (Version, Version, Beads) {
    let mut random = Random(5);
    let meanings: Vec<Vec<f32>> = (0..MEANINGS).map(|_| random.vector(WIDTH)).collect();
    let mut random = Random(number);
    let (mut source, mut target, mut beads) = (Version::default(), Version::default(), Vec::new());
    for _ in 0..sentences {
        let said: Vec<usize> = (0..4 + random.below(5)).map(|_| random.below(MEANINGS)).collect();
        let meant = sum(said.iter().map(|&meaning| &meanings[meaning][..]));
        let words = |random: &mut Random, said: &[usize]| -> String {
            let word = |meaning: &usize| format!("z{}q", if lexical { *meaning } else { random.below(MEANINGS) });
            said.iter().map(word).collect::<Vec<_>>().join(" ") + "."
        };
        let (from, to) = (source.texts.len(), target.texts.len());
        let text = said
            .iter()
            .map(|meaning| format!("k{meaning}v"))
            .collect::<Vec<_>>()
            .join(" ")
            + ".";
        source.push(text, &meant);
        let cut = if random.below(4) == 0 {
            said.len() / 2
        } else {
            said.len()
        };
        for part in [&said[..cut], &said[cut..]].into_iter().filter(|part| !part.is_empty()) {
            let heard = sum(part.iter().map(|&meaning| &meanings[meaning][..]));
            let mistaken: Vec<f32> = random
                .vector(WIDTH)
                .iter()
                .zip(&heard)
                .map(|(error, value)| value + noise * error)
                .collect();
            target.push(words(&mut random, part), &mistaken);
        }
        beads.push((from..source.texts.len(), to..target.texts.len()));
    }
    (source, target, beads)
}

fn study<'a>(
    texts: &'a [Vec<&'a str>; 2],
    source: &'a Version,
    target: &'a Version,
    options: &'a Options,
) -> Study<'a> {
    let text = |side: usize, vectors| Text {
        segments: &texts[side],
        vectors,
        map: None,
    };
    Study::new(text(0, source), text(1, target), options, &mut ()).unwrap()
}

fn texts<'a>(source: &'a Version, target: &'a Version) -> [Vec<&'a str>; 2] {
    [source, target].map(|version| version.texts.iter().map(String::as_str).collect())
}

/// The alignment without learning, and what learning made of it.
fn learn(source: &Version, target: &Version, pins: &Pins) -> (Alignment, Learned) {
    let texts = texts(source, target);
    let options = Options::bundled().unwrap();
    let study = study(&texts, source, target, &options);
    let first = study.weigh(None, &mut ()).unwrap().alignment(pins).unwrap();
    let learned = self_train(&study, first.clone(), pins, &SelfTraining::default(), &mut ()).unwrap();
    (first, learned)
}

fn right(alignment: &Alignment, beads: &Beads) -> usize {
    let found = |(x, y): &&(Range<usize>, Range<usize>)| {
        alignment
            .beads
            .iter()
            .any(|bead| bead.source == *x && bead.target == *y)
    };
    beads.iter().filter(found).count()
}

#[test]
fn a_language_that_the_encoder_hardly_knows_is_learned_from_the_pair() {
    let (source, target, beads) = bitext(200, 6.0, true);
    let (first, learned) = learn(&source, &target, &Pins::default());
    let round = learned.rounds.last().unwrap();
    let (before, after) = (round.found.before, round.found.after);
    assert!(
        after.accuracy > before.accuracy + 0.2 && after.loss < before.loss,
        "{round:?}"
    );
    assert!(
        learned.lesson.is_some() && round.found.strengths[2] > 1.0,
        "the target's words are believed: {round:?}"
    );
    let (without, with) = (right(&first, &beads), right(&learned.alignment, &beads));
    assert!(with >= without, "{with} beads right, {without} without learning");
}

#[test]
fn few_pairs_of_a_language_that_the_encoder_knows_do_no_harm() {
    for (sentences, lexical) in [(24, true), (24, false), (40, true), (62, true), (62, false)] {
        let (source, target, beads) = bitext(sentences, 0.3, lexical);
        let (first, learned) = learn(&source, &target, &Pins::default());
        assert!(right(&learned.alignment, &beads) >= right(&first, &beads));
        for round in &learned.rounds {
            assert!(round.found.after.accuracy >= round.found.before.accuracy, "{round:?}");
            assert!(round.found.after.loss <= round.found.before.loss, "{round:?}");
        }
    }
}

#[test]
fn words_without_meaning_are_not_believed() {
    let (source, target, _) = bitext(150, 2.0, false);
    let (_, learned) = learn(&source, &target, &Pins::default());
    let strength = learned.lesson.map_or(0.0, |lesson| lesson.strengths[2]);
    assert!(strength < 5.0, "{strength}");
}

#[test]
fn a_handful_of_beads_teaches_nothing() {
    let (source, target, _) = bitext(18, 1.0, true);
    let (first, learned) = learn(&source, &target, &Pins::default());
    assert!(learned.rounds.is_empty() && learned.lesson.is_none());
    assert_eq!(learned.alignment, first);
}

#[test]
fn learning_twice_gives_the_same() {
    let (source, target, _) = bitext(120, 4.0, true);
    let once = || learn(&source, &target, &Pins::default()).1;
    let (a, b) = (once(), once());
    assert_eq!((a.alignment, a.rounds), (b.alignment, b.rounds));
}

#[test]
fn what_a_person_settled_holds_after_learning() {
    let (source, target, _) = bitext(120, 4.0, true);
    let (free, _) = learn(&source, &target, &Pins::default());
    let two_sided: Vec<_> = free.beads.iter().filter(|bead| !bead.is_null()).collect();
    let (kept, thrown) = (two_sided[20], two_sided[60]);
    let pins = Pins {
        forced: vec![(kept.source.clone(), kept.target.clone())],
        forbidden: vec![(thrown.source.clone(), thrown.target.clone())],
        ..Pins::default()
    };
    let (_, learned) = learn(&source, &target, &pins);
    let holds = |bead: &Bead| {
        let same = |other: &&Bead| other.source == bead.source && other.target == bead.target;
        learned.alignment.beads.iter().find(same).cloned()
    };
    assert!(holds(kept).unwrap().posterior > 0.99);
    assert!(holds(thrown).is_none());
}

/// Two-sided beads that are doubtful, the most doubtful ones first, none next to another; by index.
fn doubtful(alignment: &Alignment, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..alignment.beads.len()).collect();
    order.retain(|&index| !alignment.beads[index].is_null());
    order.sort_by(|&a, &b| alignment.beads[a].posterior.total_cmp(&alignment.beads[b].posterior));
    let mut chosen: Vec<usize> = Vec::new();
    for index in order {
        if chosen.len() < count && chosen.iter().all(|&other| index.abs_diff(other) > 8) {
            chosen.push(index);
        }
    }
    chosen
}

/// Mean posterior of the beads that nobody decided about, after `forced` was.
fn confidence(readings: &Readings, forced: Vec<Runs>) -> f32 {
    let pins = Pins {
        forced,
        ..Pins::default()
    };
    let mut readings = readings.clone();
    readings.take_on(&readings.habits(&pins).unwrap());
    let free = readings.alignment(&Pins::default()).unwrap();
    free.beads.iter().map(|bead| bead.posterior).sum::<f32>() / free.beads.len() as f32
}

#[test]
fn the_machine_grows_surer_when_it_is_confirmed_and_less_sure_when_it_is_corrected() {
    let (source, target, _) = bitext(150, 1.5, true);
    let both = texts(&source, &target);
    let options = Options::bundled().unwrap();
    let readings = study(&both, &source, &target, &options).weigh(None, &mut ()).unwrap();
    let alignment = readings.alignment(&Pins::default()).unwrap();
    let asked = doubtful(&alignment, 8);
    let runs = |bead: &Bead| (bead.source.clone(), bead.target.clone());
    let confirmed = asked.iter().map(|&index| runs(&alignment.beads[index])).collect();
    let corrected = asked
        .iter()
        .flat_map(|&index| readings.runner_up(&alignment, index).unwrap().beads)
        .filter(|bead| !bead.is_null());
    let corrected = corrected.map(|bead| runs(&bead)).collect();
    let [before, confirmed, corrected] = [Vec::new(), confirmed, corrected].map(|forced| confidence(&readings, forced));
    assert!(
        corrected < before && before < confirmed,
        "{corrected} {before} {confirmed}"
    );
}

#[test]
fn whoever_keeps_apart_what_the_machine_joins_is_followed_elsewhere() {
    let (source, target, _) = bitext(200, 1.5, true);
    let both = texts(&source, &target);
    let options = Options::bundled().unwrap();
    let mut readings = study(&both, &source, &target, &options).weigh(None, &mut ()).unwrap();
    let alignment = readings.alignment(&Pins::default()).unwrap();
    let joins = |alignment: &Alignment| {
        let joins = alignment.beads.iter().filter(|bead| bead.target.len() == 2);
        joins.map(|bead| bead.posterior).sum::<f32>()
    };
    // Of two sentences the person takes the first only.
    let asked = doubtful(&alignment, usize::MAX).into_iter();
    let asked = asked
        .map(|index| &alignment.beads[index])
        .filter(|bead| bead.target.len() == 2);
    let cut = asked.map(|bead| (bead.source.clone(), bead.target.start..bead.target.start + 1));
    let pins = Pins {
        forced: cut.take(5).collect(),
        ..Pins::default()
    };
    assert_eq!(pins.forced.len(), 5);
    let habits = readings.habits(&pins).unwrap();
    readings.take_on(&habits);
    let followed = readings.alignment(&Pins::default()).unwrap();
    assert!(joins(&followed) < joins(&alignment));
    readings.take_on(&Habits::default());
    assert_eq!(readings.alignment(&Pins::default()).unwrap(), alignment, "taken back");

    let options = Options {
        pins: pins.clone(),
        ..options
    };
    let reopened = study(&both, &source, &target, &options);
    let readings = reopened.weigh(None, &mut ()).unwrap();
    assert_eq!(
        readings.habits(&pins).unwrap(),
        Habits::default(),
        "nothing else is left"
    );
    let habits = reopened.habits(&readings, None, &pins).unwrap();
    assert_ne!(habits, Habits::default(), "decisions that are loaded teach too");
}

#[test]
fn the_next_volume_begins_with_what_the_first_one_taught() {
    let (source, target, _) = volume(1, 250, 6.0, true);
    let both = texts(&source, &target);
    let options = Options::bundled().unwrap();
    let first = study(&both, &source, &target, &options);
    let alignment = first.weigh(None, &mut ()).unwrap().alignment(&Pins::default()).unwrap();
    let learned = self_train(&first, alignment, &Pins::default(), &SelfTraining::default(), &mut ()).unwrap();
    let bytes = first.adapter(&learned.lesson.unwrap(), "made up").to_bytes().unwrap();

    let (source, target, beads) = volume(2, 45, 6.0, true);
    let both = texts(&source, &target);
    let options = Options {
        adapter: Some(Arc::new(Adapter::from_bytes(&bytes).unwrap())),
        ..Options::bundled().unwrap()
    };
    let second = study(&both, &source, &target, &options);
    let lesson = second.inherited().unwrap();
    let single: Vec<(usize, usize)> = beads
        .iter()
        .filter(|(x, y)| x.len() == 1 && y.len() == 1)
        .map(|(x, y)| (x.start, y.start))
        .collect();
    let [_, encoder, inherited] = second.accuracies(lesson.as_ref(), &single).unwrap();
    assert!(inherited > encoder + 0.2, "{inherited} after {encoder}");
}
