//! SentencePiece's unigram tokenizer (Kudo 2018; Kudo & Richardson 2018), exact to the token id.
//!
//! Written here rather than taken from the `tokenizers` crate for two reasons: that crate normalises grapheme by
//! grapheme, which differs from SentencePiece on some texts, and its hash-map trie of 128,000 pieces takes longer to
//! build than the rest of the model takes to load.

mod charsmap;
pub(crate) mod file;
pub(crate) mod trie;
mod unigram;

pub(crate) use charsmap::Charsmap;
pub(crate) use unigram::{Piece, Unigram};

/// Why a tokenizer's tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    /// The character map does not have the layout of SentencePiece's `precompiled_charsmap`.
    #[error("the tokenizer's character map is damaged")]
    Charsmap,
    /// The pieces are empty or not in byte order.
    #[error("the tokenizer's pieces are damaged")]
    Pieces,
    /// The file is not a message of SentencePiece's.
    #[error("it is damaged, or no SentencePiece model")]
    File,
    /// Another kind of model than unigram.
    #[error("it holds another kind of SentencePiece model than unigram, which is the one supported")]
    Kind,
    /// Spaces are treated in another way.
    #[error("it leaves spaces as they are, which is not supported")]
    Spaces,
}

/// What SentencePiece writes for a space.
const SPACE: &str = "\u{2581}";

/// Normaliser and segmentation together: text to piece ids.
#[derive(Debug)]
pub(crate) struct SentencePiece {
    charsmap: Charsmap,
    unigram: Unigram,
}

impl SentencePiece {
    pub(crate) fn new(charsmap: Charsmap, unigram: Unigram) -> Self {
        Self { charsmap, unigram }
    }

    /// Ids of the pieces of `text`, without markers of beginning and end; nothing for text that normalises to nothing.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        self.unigram.segment(&self.charsmap.normalize(text))
    }
}
