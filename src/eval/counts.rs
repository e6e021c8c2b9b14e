//! Counting what is right, stretch by stretch.
//!
//! A stretch is the part of a document between two source segments where neither alignment has a bead open: what
//! goes wrong inside one does not touch the next, so stretches are what the bootstrap draws.

use std::collections::{HashMap, HashSet};
use std::ops::Add;

use crate::align::GoldBead;

/// Numerators and denominators of precision and recall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Right predictions, and all of them.
    pub precision: (usize, usize),
    /// What was found of the gold, and all of it.
    pub recall: (usize, usize),
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let sum = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1 + b.1);
        Self {
            precision: sum(self.precision, other.precision),
            recall: sum(self.recall, other.recall),
        }
    }
}

/// Counts of every stretch of a document.
pub type Stretches = Vec<Counts>;

/// Counts of equal beads with two sides.
pub fn strict(gold: &[GoldBead], predicted: &[GoldBead]) -> Stretches {
    let (gold, predicted) = (two_sided(gold), two_sided(predicted));
    let known: HashSet<&GoldBead> = gold.iter().copied().collect();
    let found: HashSet<&GoldBead> = predicted.iter().copied().collect();
    let mut tally = Tally::new(&gold, &predicted);
    for &bead in &found {
        tally.at(bead).precision.1 += 1;
        if known.contains(bead) {
            tally.at(bead).precision.0 += 1;
        }
    }
    for &bead in &known {
        tally.at(bead).recall.1 += 1;
        if found.contains(bead) {
            tally.at(bead).recall.0 += 1;
        }
    }
    tally.stretches
}

/// Counts of beads with two sides that share a segment of each side with one bead of the other alignment.
pub fn lax(gold: &[GoldBead], predicted: &[GoldBead]) -> Stretches {
    let (gold, predicted) = (two_sided(gold), two_sided(predicted));
    let mut tally = Tally::new(&gold, &predicted);
    let (gold_places, found_places) = (places(&gold), places(&predicted));
    for bead in &predicted {
        let right = touches(bead, &gold_places, &gold);
        let counts = &mut tally.at(bead).precision;
        *counts = (counts.0 + usize::from(right), counts.1 + 1);
    }
    for bead in &gold {
        let found = touches(bead, &found_places, &predicted);
        let counts = &mut tally.at(bead).recall;
        *counts = (counts.0 + usize::from(found), counts.1 + 1);
    }
    tally.stretches
}

/// Counts of beads with two sides inside one block, and of the blocks' segments that they hold.
pub fn blocks(gold: &[GoldBead], predicted: &[GoldBead]) -> Stretches {
    let (gold, predicted) = (two_sided(gold), two_sided(predicted));
    let mut tally = Tally::new(&gold, &predicted);
    let place = |side: fn(&GoldBead) -> &Vec<usize>| -> HashMap<usize, usize> {
        gold.iter()
            .enumerate()
            .flat_map(|(k, bead)| side(bead).iter().map(move |&segment| (segment, k)))
            .collect()
    };
    let (source, target) = (place(|bead| &bead.0), place(|bead| &bead.1));
    for bead in &gold {
        tally.at(bead).recall.1 += bead.0.len() + bead.1.len();
    }
    for bead in &predicted {
        let block = source.get(&bead.0[0]);
        let inside = block.is_some()
            && bead.0.iter().all(|i| source.get(i) == block)
            && bead.1.iter().all(|j| target.get(j) == block);
        let counts = tally.at(bead);
        counts.precision.1 += 1;
        if inside {
            counts.precision.0 += 1;
            counts.recall.0 += bead.0.len() + bead.1.len();
        }
    }
    tally.stretches
}

/// Counts of segments without counterpart, and how many gold and prediction have.
pub fn nulls(gold: &[GoldBead], predicted: &[GoldBead]) -> (Counts, usize, usize) {
    let (gold, predicted) = (null_segments(gold), null_segments(predicted));
    let both = gold.intersection(&predicted).count();
    let counts = Counts {
        precision: (both, predicted.len()),
        recall: (both, gold.len()),
    };
    (counts, gold.len(), predicted.len())
}

fn null_segments(beads: &[GoldBead]) -> HashSet<(bool, usize)> {
    let source = beads
        .iter()
        .filter(|bead| bead.1.is_empty())
        .flat_map(|bead| bead.0.iter().map(|&i| (true, i)));
    let target = beads
        .iter()
        .filter(|bead| bead.0.is_empty())
        .flat_map(|bead| bead.1.iter().map(|&j| (false, j)));
    source.chain(target).collect()
}

fn two_sided(beads: &[GoldBead]) -> Vec<&GoldBead> {
    beads.iter().filter(|(x, y)| !x.is_empty() && !y.is_empty()).collect()
}

/// Beads that hold each source segment.
fn places(beads: &[&GoldBead]) -> HashMap<usize, Vec<usize>> {
    let mut places: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, bead) in beads.iter().enumerate() {
        bead.0
            .iter()
            .for_each(|&segment| places.entry(segment).or_default().push(index));
    }
    places
}

fn touches(bead: &GoldBead, places: &HashMap<usize, Vec<usize>>, others: &[&GoldBead]) -> bool {
    let candidates = bead.0.iter().filter_map(|segment| places.get(segment)).flatten();
    candidates
        .map(|&other| others[other])
        .any(|other| other.1.iter().any(|segment| bead.1.contains(segment)))
}

/// Counts by stretch.
struct Tally {
    /// Stretch of each source segment.
    of_source: Vec<usize>,
    stretches: Stretches,
}

impl Tally {
    fn new(gold: &[&GoldBead], predicted: &[&GoldBead]) -> Self {
        let beads = || gold.iter().chain(predicted);
        let span = |bead: &GoldBead| {
            let first = bead.0.iter().copied().min().unwrap_or(0);
            (first, bead.0.iter().copied().max().unwrap_or(first))
        };
        let end = beads().map(|bead| span(bead).1 + 1).max().unwrap_or(0);
        let mut open = vec![0_i64; end + 1];
        for bead in beads() {
            let (first, last) = span(bead);
            open[first] += 1;
            open[last] -= 1;
        }
        let mut depth = 0;
        let mut stretch = 0;
        let of_source = open[..end].iter().map(|change| {
            let here = stretch;
            depth += change;
            stretch += usize::from(depth == 0);
            here
        });
        let of_source: Vec<usize> = of_source.collect();
        let count = of_source.last().map_or(0, |last| last + 1);
        Self {
            of_source,
            stretches: vec![Counts::default(); count],
        }
    }

    fn at(&mut self, bead: &GoldBead) -> &mut Counts {
        &mut self.stretches[self.of_source[bead.0[0]]]
    }
}
