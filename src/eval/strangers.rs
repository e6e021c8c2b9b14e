//! Pairs of documents that have nothing to do with each other, cut from gold sets of different families.
//!
//! An aligner that joins them makes things up: whatever it finds is chance, and how sure it says it is of that tells how
//! far its probabilities can be trusted where the wrong file was opened.

use std::ops::Range;

use super::draw::draw;

/// Segments of a source crop, one of these.
const SIZES: [usize; 5] = [20, 50, 120, 300, 600];
/// A target crop's segments, in percent of the source crop's: from, and below.
const PROPORTION: (usize, usize) = (70, 140);

/// A set that crops are cut from.
#[derive(Debug, Clone, Copy)]
pub struct Stock<'a> {
    /// Sets of one family may hold the same texts.
    pub family: &'a str,
    /// Segments of the source, and of the target.
    pub segments: [usize; 2],
}

/// A part of one side of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crop {
    /// 0-based number of the set.
    pub set: usize,
    /// 0 for its source, 1 for its target.
    pub side: usize,
    /// Its segments.
    pub segments: Range<usize>,
}

impl Crop {
    /// `count` segments of a side, or all of a shorter one.
    fn cut(stock: &[Stock], set: usize, side: usize, count: usize, state: &mut u64) -> Self {
        let all = stock[set].segments[side];
        let count = count.min(all);
        let start = draw(state, all - count + 1);
        Self {
            set,
            side,
            segments: start..start + count,
        }
    }
}

/// `count` pairs of crops of different families: a source's, and either side's of another set. None where all sets are of
/// one family. What is drawn follows from `seed`.
pub fn strangers(stock: &[Stock], count: usize, seed: u64) -> Vec<[Crop; 2]> {
    let mut state = seed;
    let pair = |_| {
        let set = draw(&mut state, stock.len());
        let others: Vec<usize> = (0..stock.len())
            .filter(|&other| stock[other].family != stock[set].family)
            .collect();
        let other = *others.get(draw(&mut state, others.len()))?;
        let long = SIZES[draw(&mut state, SIZES.len())];
        let percent = PROPORTION.0 + draw(&mut state, PROPORTION.1 - PROPORTION.0);
        let source = Crop::cut(stock, set, 0, long, &mut state);
        let side = draw(&mut state, 2);
        Some([source, Crop::cut(stock, other, side, long * percent / 100, &mut state)])
    };
    (0..count).map_while(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_of_different_families_and_lie_within_their_documents() {
        let stock = [
            ("novel", [900, 1000]),
            ("novel", [30, 25]),
            ("news", [400, 380]),
            ("film", [0, 12]),
        ];
        let stock = stock.map(|(family, segments)| Stock { family, segments });
        let pairs = strangers(&stock, 200, 3);
        assert_eq!(pairs.len(), 200);
        assert_eq!(pairs, strangers(&stock, 200, 3));
        assert_ne!(pairs, strangers(&stock, 200, 4));
        for [source, target] in &pairs {
            assert_ne!(stock[source.set].family, stock[target.set].family);
            assert_eq!(source.side, 0);
            for crop in [source, target] {
                assert!(crop.segments.end <= stock[crop.set].segments[crop.side]);
            }
        }
        assert!(pairs.iter().any(|[_, target]| target.side == 1));
        assert!(strangers(&stock[..2], 5, 3).is_empty());
    }
}
