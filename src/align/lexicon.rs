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

mod marks;

use std::ops::Range;

use rayon::prelude::*;

use super::bead::Shape;
use super::lattice::Edge;
use super::pair::{Half, Pair};
use marks::Marks;

/// Words in more beads than this share of all carry no meaning that a lexicon could use.
const COMMON: f32 = 0.15;
/// Translations kept of a word.
const TRANSLATIONS: usize = 12;
/// Association that counts as certain.
const CERTAIN: f32 = 1.6;

/// A translation of a word, and how firmly the two are associated, 0 to 1.
#[derive(Clone, Copy)]
struct Entry {
    word: u32,
    /// By all beads.
    association: f32,
    /// By all beads but one that holds both.
    without_own: f32,
}

impl Entry {
    fn new(word: u32, together: u32, chance: f32) -> Self {
        let association = |together: u32| (((together + 1) as f32 / (chance + 1.0)).ln() / CERTAIN).clamp(0.0, 1.0);
        Self {
            word,
            association: association(together),
            without_own: association(together - 1),
        }
    }

    fn association(self, own: bool) -> f32 {
        if own { self.without_own } else { self.association }
    }
}

/// Word translations in one direction: each source key's entries, best first.
#[derive(Default)]
struct Translations {
    /// Entries of key k are those from `first[k]` to `first[k + 1]`.
    first: Vec<u32>,
    entries: Vec<Entry>,
}

impl Translations {
    fn get(&self, word: u32) -> &[Entry] {
        let word = word as usize;
        &self.entries[self.first[word] as usize..self.first[word + 1] as usize]
    }
}

/// The lexicon, and the bead of the first pass that each segment stood in.
pub(crate) struct Lexicon {
    forward: Translations,
    source_beads: Vec<u32>,
    target_beads: Vec<u32>,
    /// What the words of each target segment can be told by.
    target_marks: Vec<Marks>,
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
        let mut source_beads = vec![u32::MAX; pair.source.len()];
        let mut target_beads = vec![u32::MAX - 1; pair.target.len()];
        let matches: Vec<(Range<usize>, Range<usize>)> = path
            .iter()
            .filter(|edge| !edge.shape.is_null() && edge.shape != Shape::new(0, 0))
            .map(|edge| edge.runs())
            .collect();
        for (bead, (x, y)) in matches.iter().enumerate() {
            source_beads[x.clone()].fill(bead as u32);
            target_beads[y.clone()].fill(bead as u32);
        }
        let keys = pair.weights.len();
        let (source, target) = rayon::join(
            || Occurrences::new(matches.iter().map(|(x, _)| words(&pair.source, x)), keys),
            || Occurrences::new(matches.iter().map(|(_, y)| words(&pair.target, y)), keys),
        );
        Self {
            forward: translations(&source, &target, matches.len()),
            source_beads,
            target_beads,
            target_marks: pair.target.tokens.iter().map(Marks::of).collect(),
        }
    }

    /// How well the words of two non-empty runs translate each other.
    pub(crate) fn support(&self, pair: &Pair, x: &Range<usize>, y: &Range<usize>) -> Support {
        let mut there = self.partners(pair, y);
        let marks = self.target_marks[y.clone()].iter().copied();
        let marks = marks.fold(Marks::default(), Marks::union);
        let mut tally = Tally::new(x.len(), y.len());
        for i in x.clone() {
            for &word in &pair.source.tokens[i].words {
                let entries = self.forward.get(word);
                if entries.is_empty() {
                    continue;
                }
                let mut best = 0.0_f32;
                for entry in entries.iter().filter(|entry| marks.may_hold(entry.word)) {
                    if let Ok(place) = there.binary_search_by_key(&entry.word, |partner| partner.word) {
                        let partner = &mut there[place];
                        let association = entry.association(partner.bead == self.source_beads[i]);
                        best = best.max(association);
                        partner.best = partner.best.max(association);
                    }
                }
                tally.source(i - x.start, best);
            }
        }
        for partner in there {
            tally.target(partner.segment - y.start, partner.best);
        }
        tally.support()
    }
}

/// A word of a target run.
struct Partner {
    word: u32,
    /// Where it stands first.
    segment: usize,
    /// The bead of the first pass that it stands in there.
    bead: u32,
    /// Its best association so far.
    best: f32,
}

/// Association from which a word counts as translated.
const TRANSLATED: f32 = 0.4;

/// A run of each side.
type Runs<'a> = (&'a Range<usize>, &'a Range<usize>);

impl Lexicon {
    /// The words of a target run, in order, each once.
    fn partners(&self, pair: &Pair, y: &Range<usize>) -> Vec<Partner> {
        let words = |segment: usize| {
            pair.target.tokens[segment].words.iter().map(move |&word| Partner {
                word,
                segment,
                bead: self.target_beads[segment],
                best: 0.0,
            })
        };
        let mut partners: Vec<Partner> = y.clone().flat_map(words).collect();
        if y.len() > 1 {
            partners.sort_by_key(|partner| partner.word);
            partners.dedup_by_key(|partner| partner.word);
        }
        partners
    }

    /// Sum of associations between a word of the first source run and one of the second target run, where
    /// neither has a translation in its own pair of runs.
    pub(crate) fn crossing(&self, pair: &Pair, first: Runs, second: Runs) -> f32 {
        let mut sum = 0.0;
        for i in first.0.clone() {
            for word in &pair.source.tokens[i].words {
                let entries = self.forward.get(*word);
                // The rarer case first: most words have no translation there.
                let (partner, association) = self.best(pair, i, entries, second.1);
                if association > TRANSLATED
                    && self.best(pair, i, entries, first.1).1 <= TRANSLATED
                    && !self.translates(pair, partner, second)
                {
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
            if entry.association <= best.1 {
                break;
            }
            for j in run.clone() {
                if !self.target_marks[j].may_hold(entry.word) {
                    continue;
                }
                let association = entry.association(self.source_beads[i] == self.target_beads[j]);
                if association > best.1 && pair.target.tokens[j].words.binary_search(&entry.word).is_ok() {
                    best = (entry.word, association);
                }
            }
        }
        best
    }

    /// Whether a target word has a translation among the source run's words.
    fn translates(&self, pair: &Pair, target: u32, runs: Runs) -> bool {
        runs.0.clone().flat_map(|i| &pair.source.tokens[i].words).any(|word| {
            let mut entries = self.forward.get(*word).iter();
            entries.any(|entry| entry.word == target && entry.association > TRANSLATED)
        })
    }
}

/// Which content words stand in which beads of one side.
struct Occurrences {
    /// Number of beads that hold each word.
    counts: Vec<u32>,
    /// The content words of each bead.
    beads: Vec<Vec<u32>>,
}

impl Occurrences {
    /// Words that stand in one bead only, or in too many, tell nothing.
    fn new(beads: impl Iterator<Item = Vec<u32>>, keys: usize) -> Self {
        let mut beads: Vec<Vec<u32>> = beads.collect();
        let mut counts = vec![0; keys];
        beads.iter().flatten().for_each(|&word| counts[word as usize] += 1);
        let most = (COMMON * beads.len() as f32).max(4.0) as u32;
        for words in &mut beads {
            words.retain(|&word| (2..=most).contains(&counts[word as usize]));
        }
        Self { counts, beads }
    }

    /// The beads that hold each word, and where each word's begin.
    fn by_word(&self) -> (Vec<u32>, Vec<u32>) {
        let mut first = vec![0_u32; self.counts.len() + 1];
        self.beads
            .iter()
            .flatten()
            .for_each(|&word| first[word as usize + 1] += 1);
        for word in 1..first.len() {
            first[word] += first[word - 1];
        }
        let mut next = first.clone();
        let mut places = vec![0; first[first.len() - 1] as usize];
        for (bead, words) in self.beads.iter().enumerate() {
            for &word in words {
                places[next[word as usize] as usize] = bead as u32;
                next[word as usize] += 1;
            }
        }
        (places, first)
    }
}

/// The best translations of every source word.
fn translations(source: &Occurrences, target: &Occurrences, beads: usize) -> Translations {
    let keys = source.counts.len();
    let (places, first) = source.by_word();
    let best = |together: &mut Vec<u32>, word: usize| -> Vec<Entry> {
        let beads_of_word = &places[first[word] as usize..first[word + 1] as usize];
        let mut partners = Vec::new();
        for &partner in beads_of_word.iter().flat_map(|&bead| &target.beads[bead as usize]) {
            if together[partner as usize] == 0 {
                partners.push(partner);
            }
            together[partner as usize] += 1;
        }
        let entry = |partner: u32| {
            let count = std::mem::take(&mut together[partner as usize]);
            let chance = source.counts[word] as f32 * target.counts[partner as usize] as f32 / beads as f32;
            (count >= 2 && count as f32 > 2.0 * chance).then(|| Entry::new(partner, count, chance))
        };
        let mut entries: Vec<Entry> = partners.into_iter().filter_map(entry).collect();
        let order = |a: &Entry, b: &Entry| {
            b.association(false)
                .total_cmp(&a.association(false))
                .then(a.word.cmp(&b.word))
        };
        entries.sort_by(order);
        entries.truncate(TRANSLATIONS);
        entries
    };
    let all: Vec<Vec<Entry>> = (0..keys)
        .into_par_iter()
        .with_min_len(256)
        .map_init(|| vec![0; keys], best)
        .collect();
    let mut translations = Translations::default();
    translations.first.push(0);
    for entries in all {
        translations.entries.extend(entries);
        translations.first.push(translations.entries.len() as u32);
    }
    translations
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
