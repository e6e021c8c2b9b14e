//! What words say: vectors that the words of one side take from the sentences that translate those they stand in.
//!
//! An encoder that never saw a language still sees its translation. Once most beads of a pair are known, a word `w` of one
//! side is described by the *other* side's vectors of the beads that hold it, and a run of words by all of them:
//!
//! ```text
//! S(w)    = sum over known beads b that hold w of p_b v_b          p_b: probability of the bead, v_b: its other side's vector
//! said(x) = normalise(sum over words w of x of  ln(N / c(w)) / (c(w) + 2)  S'(w))     c(w) = sum of p_b, N known beads
//! ```
//!
//! This is the supervised counterpart of averaging word vectors into a sentence vector weighted by rarity (Arora, Liang and
//! Ma 2017, with inverse document frequency), and least squares with one word at a time. A bead must not vouch for itself:
//! `S'` leaves out the known beads that the compared runs stand in, on *both* sides, since a wrong candidate's bead
//! would otherwise vouch for it wherever the two share a word.
//!
//! A pair of runs then has three pieces of [`Evidence`]: the cosine of their vectors, and on either side the cosine of what
//! the words say with the other side's vector.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::pair::{Half, Pair};
use crate::embed::{EmbedError, Vectors};
use crate::rank::cosine;
use crate::space::{Adapter, Glossary, Map};

/// Words in more beads than this share of all say nothing.
const COMMON: f32 = 0.15;
/// Beads that hold a word at least, for the word to say something beyond its own bead.
const FEWEST: f32 = 1.5;
/// Beads' worth of silence added to every word's count.
const PRIOR: f32 = 2.0;
/// Marks a segment in no known bead.
const NONE: u32 = u32::MAX;

/// A bead that is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBead {
    /// Its source segments; not empty.
    pub source: Range<usize>,
    /// Its target segments; not empty.
    pub target: Range<usize>,
    /// How much it counts; its probability, or more for what a person confirmed.
    pub weight: f32,
}

/// Cosines of a pair of runs: of their vectors; of what the source's words say with the target's vector; and of the source's
/// vector with what the target's words say. -1 to 1, but for what is left out of the last two.
pub type Evidence = [f32; 3];

/// How much each piece of [`Evidence`] counts, in nats.
pub type Strengths = [f32; 3];

/// The strengths of an encoder alone; what a lesson makes of a pair is the cosine then.
pub const ENCODER_ALONE: Strengths = [20.0, 0.0, 0.0];

/// The words of both sides, and the known beads that they were learned from.
#[derive(Debug, Clone)]
pub struct WordVectors {
    known: Vec<KnownBead>,
    source: Side,
    target: Side,
}

/// Words, and how far to believe them: what a pair has taught.
#[derive(Debug, Clone)]
pub struct Lesson {
    /// What the words say.
    pub words: WordVectors,
    /// How much it counts.
    pub strengths: Strengths,
}

impl Lesson {
    /// The weighed evidence on the scale of cosines: divided by the first of [`ENCODER_ALONE`].
    pub(crate) fn score(&self, x: (&[f32], &Said), y: (&[f32], &Said)) -> f32 {
        let evidence = self.words.evidence(x, y);
        let weighed = self
            .strengths
            .iter()
            .zip(evidence)
            .map(|(strength, value)| strength * value);
        weighed.sum::<f32>() / ENCODER_ALONE[0]
    }
}

/// What the words of a run say, and which they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// Unit vector; zero where the words say nothing.
    vector: Vec<f32>,
    /// What the sum was multiplied by to give `vector`.
    scale: f32,
    /// Rows of the words, sorted.
    words: Vec<u32>,
    /// Known beads that the run stands in.
    beads: Vec<u32>,
}

impl Said {
    /// Unit vector; zero where the words say nothing.
    pub(crate) fn vector(&self) -> &[f32] {
        &self.vector
    }
}

impl WordVectors {
    /// Learns from known beads of `pair`, which do not overlap, on top of what an earlier pair taught.
    pub(crate) fn learn(pair: &Pair, known: Vec<KnownBead>, before: Option<&Adapter>) -> Result<Self, EmbedError> {
        let sources: Vec<Range<usize>> = known.iter().map(|bead| bead.source.clone()).collect();
        let targets: Vec<Range<usize>> = known.iter().map(|bead| bead.target.clone()).collect();
        let weights: Vec<f32> = known.iter().map(|bead| bead.weight).collect();
        let x = pair.source.map.apply(&pair.source.vectors.runs(&sources)?)?;
        let y = pair.target.map.apply(&pair.target.vectors.runs(&targets)?)?;
        let (source, target) = rayon::join(
            || {
                Side::learn(
                    pair,
                    &pair.source,
                    (&sources, &weights),
                    (&x, &y),
                    before.map(|b| (&b.source, b.beads)),
                )
            },
            || {
                Side::learn(
                    pair,
                    &pair.target,
                    (&targets, &weights),
                    (&y, &x),
                    before.map(|b| (&b.target, b.beads)),
                )
            },
        );
        Ok(Self { known, source, target })
    }

    /// What was learned, for another pair; the encoder is called `model`.
    pub(crate) fn adapter(&self, pair: &Pair, strengths: Strengths, model: &str, inherited: f32) -> Adapter {
        let spellings = pair.vocabulary.spellings();
        Adapter {
            model: model.to_owned(),
            strengths,
            beads: inherited + self.known.iter().map(|bead| bead.weight).sum::<f32>(),
            source: self.source.glossary(&pair.source.map, &spellings),
            target: self.target.glossary(&pair.target.map, &spellings),
        }
    }

    /// The known beads.
    pub fn known(&self) -> &[KnownBead] {
        &self.known
    }

    /// What the words of a source run say.
    pub(crate) fn of_source(&self, pair: &Pair, run: &Range<usize>) -> Said {
        self.source.say(&pair.source, run)
    }

    /// What the words of a target run say.
    pub(crate) fn of_target(&self, pair: &Pair, run: &Range<usize>) -> Said {
        self.target.say(&pair.target, run)
    }

    /// Evidence that two runs, given by their vectors and what their words say, translate each other.
    pub(crate) fn evidence(&self, (x, of_x): (&[f32], &Said), (y, of_y): (&[f32], &Said)) -> Evidence {
        [
            cosine(x, y),
            self.source.agreement(of_x, y, &of_y.beads),
            self.target.agreement(of_y, x, &of_x.beads),
        ]
    }

    /// Evidence of every source run of the known beads `chosen` with every target run of them, row after row.
    pub(crate) fn contest(&self, pair: &Pair, chosen: &[usize]) -> Vec<Evidence> {
        let of_source: Vec<Said> = chosen
            .par_iter()
            .map(|&bead| self.of_source(pair, &self.known[bead].source))
            .collect();
        let of_target: Vec<Said> = chosen
            .par_iter()
            .map(|&bead| self.of_target(pair, &self.known[bead].target))
            .collect();
        let row = |row: usize| {
            let (chosen, of_target) = (chosen, &of_target);
            let source = (self.source.own.row(chosen[row]), &of_source[row]);
            (0..chosen.len()).map(move |column| {
                let target = self.target.own.row(chosen[column]);
                self.evidence(source, (target, &of_target[column]))
            })
        };
        (0..chosen.len()).into_par_iter().flat_map_iter(row).collect()
    }

    /// Whether two known beads say nearly the same on either side, so that neither is a wrong answer for the other.
    pub fn alike(&self, a: usize, b: usize, limit: f32) -> bool {
        let near = |side: &Side| cosine(side.own.row(a), side.own.row(b)) > limit;
        near(&self.source) || near(&self.target)
    }
}

/// The words of one side.
#[derive(Debug, Clone)]
struct Side {
    /// Row of every word that says something.
    rows: HashMap<u32, u32>,
    /// By row: rarity over count.
    weights: Vec<f32>,
    /// By row: beads that hold the word, each as much as it counts.
    frequencies: Vec<f32>,
    /// By row: sum of the other side's vectors.
    sums: Vec<f32>,
    width: usize,
    /// By segment: its known bead.
    bead_of: Vec<u32>,
    /// By known bead: how much it counts.
    counts: Vec<f32>,
    /// By known bead: rows of its words, sorted.
    words: Vec<Vec<u32>>,
    /// By known bead: this side's vector, mapped.
    own: Vectors,
    /// By known bead: the other side's.
    other: Vectors,
}

impl Side {
    fn learn(
        pair: &Pair,
        half: &Half,
        (runs, counts): (&[Range<usize>], &[f32]),
        (own, other): (&Vectors, &Vectors),
        before: Option<(&Glossary, f32)>,
    ) -> Self {
        let inherited = before.map_or_else(Vec::new, |(glossary, _)| inherited(pair, glossary));
        let all: Vec<Vec<u32>> = runs.iter().map(|run| words(half, run)).collect();
        let mut frequency: HashMap<u32, f32> = inherited.iter().map(|&(word, count, _)| (word, count)).collect();
        for (list, &count) in all.iter().zip(counts) {
            list.iter()
                .for_each(|&word| *frequency.entry(word).or_default() += count);
        }
        let total = counts.iter().sum::<f32>() + before.map_or(0.0, |(_, beads)| beads);
        let telling = FEWEST..=(COMMON * total).max(4.0);
        let mut kept: Vec<(u32, f32)> = frequency
            .into_iter()
            .filter(|(_, count)| telling.contains(count))
            .collect();
        kept.sort_unstable_by_key(|&(word, _)| word);
        let rows: HashMap<u32, u32> = kept.iter().zip(0..).map(|(&(word, _), row)| (word, row)).collect();
        let mut bead_of = vec![NONE; half.len()];
        for (bead, run) in (0..).zip(runs) {
            bead_of[run.clone()].fill(bead);
        }
        let mut side = Self {
            weights: kept
                .iter()
                .map(|(_, count)| (total / count).max(1.0).ln() / (count + PRIOR))
                .collect(),
            words: all.iter().map(|list| known_rows(&rows, list)).collect(),
            frequencies: kept.iter().map(|&(_, count)| count).collect(),
            sums: vec![0.0; kept.len() * half.singles().dimension()],
            width: half.singles().dimension(),
            rows,
            bead_of,
            counts: counts.to_vec(),
            own: own.clone(),
            other: other.clone(),
        };
        for (word, _, sum) in inherited {
            if let Some(&row) = side.rows.get(&word) {
                side.add_to(row, 1.0, sum);
            }
        }
        side.add_known();
        side
    }

    /// Adds the vectors of the known beads to the sums of their words.
    fn add_known(&mut self) {
        for bead in 0..self.words.len() {
            let vector = self.other.row(bead).to_vec();
            for row in self.words[bead].clone() {
                self.add_to(row, self.counts[bead], &vector);
            }
        }
    }

    fn add_to(&mut self, row: u32, factor: f32, vector: &[f32]) {
        let place = row as usize * self.width..(row as usize + 1) * self.width;
        add(&mut self.sums[place], factor, vector);
    }

    fn sum(&self, row: u32) -> &[f32] {
        &self.sums[row as usize * self.width..(row as usize + 1) * self.width]
    }

    fn glossary(&self, map: &Map, spellings: &HashMap<u32, String>) -> Glossary {
        let mut rows: Vec<(&String, u32)> = self
            .rows
            .iter()
            .filter_map(|(word, &row)| Some((spellings.get(word)?, row)))
            .collect();
        rows.sort_unstable();
        Glossary {
            map: map.clone(),
            words: rows.iter().map(|&(word, _)| word.clone()).collect(),
            counts: rows.iter().map(|&(_, row)| self.frequencies[row as usize]).collect(),
            sums: Vectors::new(
                self.width,
                rows.iter().flat_map(|&(_, row)| self.sum(row)).copied().collect(),
            ),
        }
    }

    fn say(&self, half: &Half, run: &Range<usize>) -> Said {
        let words = known_rows(&self.rows, &words(half, run));
        let mut vector = vec![0.0; self.width];
        for &row in &words {
            add(&mut vector, self.weights[row as usize], self.sum(row));
        }
        let mut beads: Vec<u32> = self.bead_of[run.clone()]
            .iter()
            .copied()
            .filter(|&bead| bead != NONE)
            .collect();
        beads.dedup();
        for &bead in &beads {
            add(&mut vector, -self.share(&words, bead), self.other.row(bead as usize));
        }
        let length = cosine(&vector, &vector).sqrt();
        let scale = if length > 1e-6 { length.recip() } else { 0.0 };
        vector.iter_mut().for_each(|value| *value *= scale);
        Said {
            vector,
            scale,
            words,
            beads,
        }
    }

    /// What a known bead contributes to the sum of a run of these words.
    fn share(&self, words: &[u32], bead: u32) -> f32 {
        let mut rest = self.words[bead as usize].iter().peekable();
        let common = words.iter().filter(|word| {
            while rest.next_if(|other| other < word).is_some() {}
            rest.next_if_eq(word).is_some()
        });
        self.counts[bead as usize] * common.map(|&word| self.weights[word as usize]).sum::<f32>()
    }

    /// Cosine of what a run's words say with the vector of a run of the other side, which stands in `beads`.
    fn agreement(&self, said: &Said, vector: &[f32], beads: &[u32]) -> f32 {
        let vouching = beads.iter().filter(|bead| !said.beads.contains(bead));
        let own: f32 = vouching
            .map(|&bead| match self.share(&said.words, bead) {
                share if share > 0.0 => share * cosine(self.other.row(bead as usize), vector),
                _ => 0.0,
            })
            .sum();
        cosine(&said.vector, vector) - own * said.scale
    }
}

/// Words of the pair that an earlier one taught something about: key, count and sum.
fn inherited<'a>(pair: &Pair, glossary: &'a Glossary) -> Vec<(u32, f32, &'a [f32])> {
    let words = glossary.words.iter().enumerate();
    words
        .filter_map(|(row, word)| {
            Some((
                pair.vocabulary.find(word)?,
                glossary.counts[row],
                glossary.sums.row(row),
            ))
        })
        .collect()
}

fn add(sum: &mut [f32], factor: f32, row: &[f32]) {
    sum.iter_mut()
        .zip(row)
        .for_each(|(value, more)| *value += factor * more);
}

/// A run's words and numbers, each once, sorted.
fn words(half: &Half, run: &Range<usize>) -> Vec<u32> {
    let tokens = half.tokens[run.clone()].iter();
    let mut words: Vec<u32> = tokens
        .flat_map(|tokens| tokens.words.iter().chain(&tokens.numbers).copied())
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn known_rows(rows: &HashMap<u32, u32>, words: &[u32]) -> Vec<u32> {
    let mut known: Vec<u32> = words.iter().filter_map(|word| rows.get(word).copied()).collect();
    known.sort_unstable();
    known
}
