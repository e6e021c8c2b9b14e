//! An invented document and its translation: every sentence has a meaning, a vector; some are merged, split or left out.

#[path = "../../tests/made_up/random.rs"]
mod random;

use std::ops::Range;

use enface::align::{RunVectors, Text};
use enface::embed::{EmbedError, Vectors};
use random::Random;

/// Width of the vectors, that of the bundled model.
const WIDTH: usize = 512;
/// How much of a translation's vector is its own.
const NOISE: f32 = 0.8;
/// What all sentences of a document share.
const TOPIC: f32 = 1.0;
/// Words in the language.
const WORDS: usize = 20_000;

/// A source document and its translation.
pub(crate) struct Invented {
    /// The document translated from.
    pub(crate) source: Version,
    /// The document translated to.
    pub(crate) target: Version,
}

/// One document: a run's vector is the sum of its segments', brought to length 1.
#[derive(Default)]
pub(crate) struct Version {
    texts: Vec<String>,
    views: Vec<&'static str>,
    vectors: Vectors,
}

impl Invented {
    /// A translation of `n` segments by `m`.
    pub(crate) fn new(n: usize, m: usize) -> Self {
        let mut random = Random(n as u64);
        let topics = [random.vector(WIDTH), random.vector(WIDTH)];
        let (mut source, mut target) = (Version::default(), Version::default());
        let (mut i, mut j) = (0, 0);
        while i < n || j < m {
            // Sizes that keep both documents on their way to n and m.
            let behind = (j * n) as f32 / (m * n) as f32 - i as f32 / n as f32;
            let size = match random.below(20) {
                0 => (1, 0),
                1 => (0, 1),
                2 | 3 if behind > 0.0 => (2, 1),
                2..=7 if behind < 0.0 => (1, 2),
                4 => (2, 2),
                _ => (1, 1),
            };
            let size = (size.0.min(n - i), size.1.min(m - j));
            bead(&mut random, (&mut source, size.0), (&mut target, size.1), &topics);
            (i, j) = (i + size.0, j + size.1);
        }
        Self {
            source: source.finish(),
            target: target.finish(),
        }
    }
}

/// Writes one bead: all its segments share a meaning, each has some of its own.
fn bead(
    random: &mut Random,
    (source, a): (&mut Version, usize),
    (target, b): (&mut Version, usize),
    topics: &[Vec<f32>; 2],
) {
    let parts = a.max(b).max(1);
    let meanings: Vec<(Vec<f32>, Vec<usize>)> = (0..parts).map(|_| (random.vector(WIDTH), words(random))).collect();
    for (version, count, topic, side) in [(source, a, &topics[0], 's'), (target, b, &topics[1], 't')] {
        for part in 0..count {
            let own = part * parts / count..(part + 1) * parts / count;
            let noise = random.vector(WIDTH);
            let mut vector: Vec<f32> = topic.iter().zip(&noise).map(|(t, n)| TOPIC * t + NOISE * n).collect();
            let mut text = String::new();
            for (meaning, words) in &meanings[own] {
                vector.iter_mut().zip(meaning).for_each(|(value, more)| *value += more);
                words.iter().for_each(|word| spell(*word, side, &mut text));
            }
            version.push(text, &vector);
        }
    }
}

/// A word of five or so letters that looks like nothing on the other side.
fn spell(word: usize, side: char, text: &mut String) {
    let mut rest = word.wrapping_mul(if side == 's' { 2_654_435_761 } else { 40_503_001 }) % 33_554_393;
    while rest > 0 {
        text.push(char::from(b'a' + (rest % 26) as u8));
        rest /= 26;
    }
    text.push(' ');
}

impl Version {
    fn push(&mut self, text: String, vector: &[f32]) {
        self.texts.push(text);
        self.vectors.append(Vectors::new(WIDTH, unit(vector)));
    }

    fn finish(mut self) -> Self {
        // The texts live as long as the benchmark.
        self.views = self.texts.drain(..).map(|text| &*text.leak()).collect();
        self
    }

    /// As the aligner takes it.
    pub(crate) fn text(&self) -> Text<'_> {
        Text {
            segments: &self.views,
            vectors: self,
            map: None,
        }
    }
}

impl RunVectors for Version {
    fn singles(&self) -> &Vectors {
        &self.vectors
    }

    fn runs(&self, runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let mut all = Vec::with_capacity(runs.len() * WIDTH);
        for run in runs {
            let mut sum = vec![0.0; WIDTH];
            for segment in run.clone() {
                sum.iter_mut()
                    .zip(self.vectors.row(segment))
                    .for_each(|(value, more)| *value += more);
            }
            all.extend(unit(&sum));
        }
        Ok(Vectors::new(WIDTH, all))
    }
}

fn unit(vector: &[f32]) -> Vec<f32> {
    let norm = vector.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-9);
    vector.iter().map(|value| value / norm).collect()
}

/// Six to eighteen words, common ones more often.
fn words(random: &mut Random) -> Vec<usize> {
    let count = 6 + random.below(13);
    (0..count)
        .map(|_| {
            let spread = random.below(WORDS) + 1;
            random.below(spread)
        })
        .collect()
}
