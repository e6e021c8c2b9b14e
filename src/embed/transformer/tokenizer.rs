//! The tokenizer of `tokenizer.json`.
//!
//! Normalisation, cutting into words and the markers at both ends are left to the `tokenizers` crate. Its vocabularies
//! take 150 MB for LaBSE and 300 MB for E5, more than the layers, and a second to build; word pieces and unigram
//! pieces are therefore kept in a trie of our own.

mod pieces;

use std::fs;
use std::path::Path;

use serde::Deserialize;
use tokenizers::{
    DecoderWrapper, Encoding, Error, Model, ModelWrapper, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    TokenizerImpl, TruncationParams,
};

use self::pieces::Pieces;

type With<M> = TokenizerImpl<M, NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper, DecoderWrapper>;

/// From text to ids.
#[derive(Debug)]
pub(super) enum Tokenizer {
    Pieces(Box<With<Pieces>>),
    /// Any other kind of vocabulary.
    Library(Box<With<ModelWrapper>>),
}

/// As much of the file as tells what kind it is.
#[derive(Deserialize)]
struct Outline {
    model: ModelOutline,
}

#[derive(Deserialize)]
struct ModelOutline {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    byte_fallback: bool,
}

impl Tokenizer {
    /// Reads `tokenizer.json`; texts will be cut at `max_tokens`.
    pub(super) fn load(path: &Path, max_tokens: usize) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let outline: Outline = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let is_ours = match outline.model.kind.as_str() {
            "WordPiece" => true,
            "Unigram" => !outline.model.byte_fallback,
            _ => false,
        };
        let tokenizer = if is_ours {
            read(&text, max_tokens).map(|tokenizer| Self::Pieces(Box::new(tokenizer)))
        } else {
            read(&text, max_tokens).map(|tokenizer| Self::Library(Box::new(tokenizer)))
        };
        tokenizer.map_err(|error| error.to_string())
    }

    /// Number of ids, at least.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Pieces(tokenizer) => tokenizer.get_vocab_size(true),
            Self::Library(tokenizer) => tokenizer.get_vocab_size(true),
        }
    }

    /// Tokens of `text` with markers; those beyond the limit are left over.
    pub(super) fn encode(&self, text: String) -> Result<Encoding, Error> {
        match self {
            Self::Pieces(tokenizer) => tokenizer.encode_fast(text, true),
            Self::Library(tokenizer) => tokenizer.encode_fast(text, true),
        }
    }
}

fn read<M>(text: &str, max_tokens: usize) -> Result<With<M>, Error>
where
    M: Model + for<'a> Deserialize<'a>,
{
    let mut tokenizer: With<M> = serde_json::from_str(text)?;
    let truncation = TruncationParams {
        max_length: max_tokens,
        ..TruncationParams::default()
    };
    tokenizer.with_truncation(Some(truncation))?;
    tokenizer.with_padding(None);
    Ok(tokenizer)
}
