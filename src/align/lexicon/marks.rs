//! A filter that tells most words that a segment does not hold without a search.

use super::super::tokens::Tokens;

/// A set of words as a Bloom filter with one hash: most words that are not in it can be told at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Marks([u64; 4]);

impl Marks {
    pub(super) fn of(tokens: &Tokens) -> Self {
        let mut marks = Self::default();
        for &word in &tokens.words {
            let (place, bit) = Self::bit(word);
            marks.0[place] |= bit;
        }
        marks
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|place| self.0[place] | other.0[place]))
    }

    /// Whether the set may hold a word; `false` is certain.
    #[inline]
    pub(super) fn may_hold(&self, word: u32) -> bool {
        let (place, bit) = Self::bit(word);
        self.0[place] & bit != 0
    }

    #[inline]
    fn bit(word: u32) -> (usize, u64) {
        let hash = word.wrapping_mul(0x9e37_79b9) >> 24;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tokens::Vocabulary;
    use super::*;

    #[test]
    fn words_of_either_segment_pass_and_most_others_do_not() {
        let [tokens, _] = Vocabulary::default().read([&["der Hund schläft", "die Katze wacht"], &[]]);
        let marks = Marks::of(&tokens[0]).union(Marks::of(&tokens[1]));
        assert!(
            tokens
                .iter()
                .flat_map(|tokens| &tokens.words)
                .all(|&word| marks.may_hold(word))
        );
        assert!((1000..2000).filter(|&word| marks.may_hold(word)).count() < 100);
    }
}
