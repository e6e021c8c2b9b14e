//! A small bilingual lexicon, learned from the pair itself after the first pass.
//!
//! Two words are associated when they stand in the same beads more often than chance would have it. With `c(s, t)` the
//! beads of the first pass that hold both, `N` all beads and `E = c(s) c(t) / N`, the association is a shrunk pointwise
//! mutual information:
//!
//! ```text
//! a(s, t) = ln((c(s, t) + 1) / (E + 1))
//! ```
//!
//! A bead must not vouch for itself: where both words stand in one bead of the first pass, that bead is taken out of
//! `c(s, t)` before the two may support a bead of the second.

use std::collections::HashMap;
use std::ops::Range;

use super::bead::Shape;
use super::lattice::Edge;
use super::pair::{Half, Pair};

/// Words in more beads than this share of all carry no meaning that a lexicon could use.
const COMMON: f32 = 0.15;
/// Translations kept of a word.
const TRANSLATIONS: usize = 12;
/// Association that counts as certain.
const CERTAIN: f32 = 1.6;

/// A translation of a word: the beads that hold both, and those expected by chance.
#[derive(Clone, Copy)]
struct Entry {
    word: u32,
    together: f32,
    chance: f32,
}

impl Entry {
    fn association(self, own: bool) -> f32 {
        let together = if own { self.together - 1.0 } else { self.together };
        (((together + 1.0) / (self.chance + 1.0)).ln() / CERTAIN).clamp(0.0, 1.0)
    }
}

/// Word translations in one direction: from the keys of one side to entries of the other.
type Translations = HashMap<u32, Vec<Entry>>;

/// The lexicon, and the bead of the first pass that each segment stood in.
pub(crate) struct Lexicon {
    forward: Translations,
    source_beads: Vec<u32>,
    target_beads: Vec<u32>,
}

/// How well the words of two runs translate each other.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Support {
    /// Mean association of a word with its best partner, over the words of both sides that the lexicon knows, 0 to 1.
    pub(crate) mean: f32,
    /// The same for the worst supported end segment of a side with several; `mean` for 1-1.
    pub(crate) weakest_end: f32,
}

impl Lexicon {
    /// Learns from the beads with two sides of a path.
    pub(crate) fn learn(pair: &Pair, path: &[Edge]) -> Self {
        let mut lexicon = Self {
            forward: Translations::new(),
            source_beads: vec![u32::MAX; pair.source.len()],
            target_beads: vec![u32::MAX - 1; pair.target.len()],
        };
        let matches: Vec<(Range<usize>, Range<usize>)> = path
            .iter()
            .filter(|edge| !edge.shape.is_null() && edge.shape != Shape::new(0, 0))
            .map(|edge| edge.runs())
            .collect();
        let mut source_counts: HashMap<u32, u32> = HashMap::new();
        let mut target_counts: HashMap<u32, u32> = HashMap::new();
        for (bead, (x, y)) in matches.iter().enumerate() {
            x.clone().for_each(|i| lexicon.source_beads[i] = bead as u32);
            y.clone().for_each(|j| lexicon.target_beads[j] = bead as u32);
            words(&pair.source, x)
                .into_iter()
                .for_each(|word| *source_counts.entry(word).or_default() += 1);
            words(&pair.target, y)
                .into_iter()
                .for_each(|word| *target_counts.entry(word).or_default() += 1);
        }
        let most = (COMMON * matches.len() as f32).max(4.0) as u32;
        let content = |counts: &HashMap<u32, u32>, words: Vec<u32>| -> Vec<u32> {
            words
                .into_iter()
                .filter(|word| (2..=most).contains(&counts[word]))
                .collect()
        };
        let mut together: HashMap<(u32, u32), u32> = HashMap::new();
        for (x, y) in &matches {
            let targets = content(&target_counts, words(&pair.target, y));
            for s in content(&source_counts, words(&pair.source, x)) {
                targets.iter().for_each(|&t| *together.entry((s, t)).or_default() += 1);
            }
        }
        for ((s, t), count) in together {
            let chance = source_counts[&s] as f32 * target_counts[&t] as f32 / matches.len() as f32;
            if count >= 2 && count as f32 > 2.0 * chance {
                lexicon.forward.entry(s).or_default().push(Entry {
                    word: t,
                    together: count as f32,
                    chance,
                });
            }
        }
        for entries in lexicon.forward.values_mut() {
            entries.sort_by(|a, b| {
                b.association(false)
                    .total_cmp(&a.association(false))
                    .then(a.word.cmp(&b.word))
            });
            entries.truncate(TRANSLATIONS);
        }
        lexicon
    }

    /// How well the words of two non-empty runs translate each other.
    pub(crate) fn support(&self, pair: &Pair, x: &Range<usize>, y: &Range<usize>) -> Support {
        let mut there: HashMap<u32, (u32, usize, f32)> = HashMap::new();
        for j in y.clone() {
            for &word in &pair.target.tokens[j].words {
                there.entry(word).or_insert((self.target_beads[j], j, 0.0));
            }
        }
        let mut tally = Tally::new(x.len(), y.len());
        for i in x.clone() {
            for word in &pair.source.tokens[i].words {
                let Some(entries) = self.forward.get(word) else {
                    continue;
                };
                let mut best = 0.0_f32;
                for entry in entries {
                    if let Some((bead, _, partner)) = there.get_mut(&entry.word) {
                        let association = entry.association(*bead == self.source_beads[i]);
                        best = best.max(association);
                        *partner = partner.max(association);
                    }
                }
                tally.source(i - x.start, best);
            }
        }
        for (_, j, best) in there.values() {
            tally.target(j - y.start, *best);
        }
        tally.support()
    }
}

/// Association from which a word counts as translated.
const TRANSLATED: f32 = 0.4;

/// A run of each side.
type Runs<'a> = (&'a Range<usize>, &'a Range<usize>);

impl Lexicon {
    /// Sum of associations between a word of the first source run and one of the second target run, where
    /// neither has a translation in its own pair of runs.
    pub(crate) fn crossing(&self, pair: &Pair, first: Runs, second: Runs) -> f32 {
        let mut sum = 0.0;
        for i in first.0.clone() {
            for word in &pair.source.tokens[i].words {
                let Some(entries) = self.forward.get(word) else {
                    continue;
                };
                if self.best(pair, i, entries, first.1).1 > TRANSLATED {
                    continue;
                }
                let (partner, association) = self.best(pair, i, entries, second.1);
                if association > TRANSLATED && !self.translates(pair, partner, second) {
                    sum += association;
                }
            }
        }
        sum
    }

    /// The best partner of a source word in a target run, and its association.
    fn best(&self, pair: &Pair, i: usize, entries: &[Entry], run: &Range<usize>) -> (u32, f32) {
        let mut best = (u32::MAX, 0.0);
        for entry in entries {
            for j in run.clone() {
                if pair.target.tokens[j].words.binary_search(&entry.word).is_ok() {
                    let association = entry.association(self.source_beads[i] == self.target_beads[j]);
                    if association > best.1 {
                        best = (entry.word, association);
                    }
                }
            }
        }
        best
    }

    /// Whether a target word has a translation among the source run's words.
    fn translates(&self, pair: &Pair, target: u32, runs: Runs) -> bool {
        runs.0.clone().flat_map(|i| &pair.source.tokens[i].words).any(|word| {
            let entries = self.forward.get(word);
            entries.is_some_and(|entries| {
                entries
                    .iter()
                    .any(|entry| entry.word == target && entry.association(false) > TRANSLATED)
            })
        })
    }
}

/// A run's words, each once.
fn words(half: &Half, run: &Range<usize>) -> Vec<u32> {
    let mut words: Vec<u32> = half.tokens[run.clone()]
        .iter()
        .flat_map(|tokens| tokens.words.iter().copied())
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Sums of best associations by segment.
struct Tally {
    source: Vec<(f32, u32)>,
    target: Vec<(f32, u32)>,
}

impl Tally {
    fn new(a: usize, b: usize) -> Self {
        Self {
            source: vec![(0.0, 0); a],
            target: vec![(0.0, 0); b],
        }
    }

    fn source(&mut self, segment: usize, best: f32) {
        let (sum, count) = &mut self.source[segment];
        (*sum, *count) = (*sum + best, *count + 1);
    }

    fn target(&mut self, segment: usize, best: f32) {
        let (sum, count) = &mut self.target[segment];
        (*sum, *count) = (*sum + best, *count + 1);
    }

    fn support(&self) -> Support {
        let mean = |segments: &[(f32, u32)]| {
            let (sum, count) = segments
                .iter()
                .fold((0.0, 0), |(s, c), segment| (s + segment.0, c + segment.1));
            sum / (count as f32 + 1.0)
        };
        let mean_of_both = f32::midpoint(mean(&self.source), mean(&self.target));
        let ends = |side: &[(f32, u32)]| {
            if side.len() < 2 {
                f32::INFINITY
            } else {
                mean(&side[..1]).min(mean(&side[side.len() - 1..]))
            }
        };
        let weakest = ends(&self.source).min(ends(&self.target));
        Support {
            mean: mean_of_both,
            weakest_end: if weakest.is_finite() { weakest } else { mean_of_both },
        }
    }
}
