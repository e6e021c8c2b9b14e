//! Vocabularies of word pieces (Wu et al. 2016, §4.1) and of unigram pieces (Kudo 2018) in a trie.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::wordpiece::WordPieceTrainer;
use tokenizers::{Model, Result, Token};

use crate::embed::sentencepiece::trie::Trie;
use crate::embed::sentencepiece::{Piece, TableError, Unigram};

/// The model of a tokenizer.
#[derive(Debug)]
pub(in crate::embed::transformer) struct Pieces {
    kind: Kind,
    size: usize,
}

#[derive(Debug)]
enum Kind {
    /// Of each word, the longest pieces from left to right.
    Words {
        trie: Trie,
        /// Begins each piece that does not begin a word.
        mark: String,
        unknown: (u32, String),
        /// Words of more characters are not looked at.
        longest: usize,
    },
    Unigram(Unigram),
}

/// `model` in `tokenizer.json`.
#[derive(Deserialize)]
struct Fields {
    vocab: Vocabulary,
    #[serde(default)]
    unk_id: Option<u32>,
    #[serde(default)]
    unk_token: Option<String>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    max_input_chars_per_word: Option<usize>,
}

/// Pieces one after another, and of each its end, id and score.
#[derive(Default)]
struct Vocabulary {
    texts: String,
    pieces: Vec<(usize, u32, f32)>,
}

impl Vocabulary {
    fn push(&mut self, text: &str, id: u32, score: f32) {
        self.texts.push_str(text);
        self.pieces.push((self.texts.len(), id, score));
    }

    /// The pieces in the order of their bytes; of equal ones, the last.
    fn sorted(&self) -> Vec<Piece<'_>> {
        let mut start = 0;
        let mut pieces: Vec<Piece> = Vec::with_capacity(self.pieces.len());
        for &(end, id, score) in &self.pieces {
            if end > start {
                let text = &self.texts[start..end];
                pieces.push(Piece { text, id, score });
            }
            start = end;
        }
        pieces.sort_by(|a, b| (a.text, b.id).cmp(&(b.text, a.id)));
        pieces.dedup_by(|next, before| next.text == before.text);
        pieces
    }
}

impl<'de> Deserialize<'de> for Vocabulary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(VocabularyVisitor)
    }
}

/// Word pieces are a map to ids, unigram pieces a list of texts with scores.
struct VocabularyVisitor;

impl<'de> Visitor<'de> for VocabularyVisitor {
    type Value = Vocabulary;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a vocabulary")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Vocabulary, A::Error> {
        let mut vocabulary = Vocabulary::default();
        while let Some((text, id)) = map.next_entry::<String, u32>()? {
            vocabulary.push(&text, id, 0.0);
        }
        Ok(vocabulary)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> std::result::Result<Vocabulary, A::Error> {
        let mut vocabulary = Vocabulary::default();
        let mut id = 0;
        while let Some((text, score)) = list.next_element::<(String, f32)>()? {
            vocabulary.push(&text, id, score);
            id += 1;
        }
        Ok(vocabulary)
    }
}

impl<'de> Deserialize<'de> for Pieces {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Self::new(Fields::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Pieces {
    fn new(fields: Fields) -> std::result::Result<Self, TableError> {
        let size = fields.vocab.pieces.len();
        let sorted = fields.vocab.sorted();
        let kind = if let Some(unknown) = fields.unk_id {
            Kind::Unigram(Unigram::new(&sorted, unknown)?)
        } else {
            let trie = Trie::new(&sorted)?;
            let unknown = fields.unk_token.unwrap_or_else(|| "[UNK]".to_owned());
            Kind::Words {
                unknown: (trie.find(&unknown).ok_or(TableError::Pieces)?, unknown),
                trie,
                mark: fields.continuing_subword_prefix.unwrap_or_else(|| "##".to_owned()),
                longest: fields.max_input_chars_per_word.unwrap_or(100),
            }
        };
        Ok(Self { kind, size })
    }
}

impl Model for Pieces {
    type Trainer = TrainerWrapper;

    fn tokenize(&self, text: &str) -> Result<Vec<Token>> {
        Ok(match &self.kind {
            Kind::Words {
                trie,
                mark,
                unknown,
                longest,
            } => {
                let known = (text.chars().count() <= *longest).then(|| words(trie, mark, text));
                known.flatten().unwrap_or_else(|| {
                    let (id, name) = unknown;
                    vec![Token::new(*id, name.clone(), (0, text.len()))]
                })
            }
            Kind::Unigram(model) => unigram(model, text),
        })
    }

    fn token_to_id(&self, token: &str) -> Option<u32> {
        match &self.kind {
            Kind::Words { trie, .. } => trie.find(token),
            Kind::Unigram(model) => model.find(token),
        }
    }

    /// Nothing here turns ids into text.
    fn id_to_token(&self, _id: u32) -> Option<String> {
        None
    }

    /// Nothing here asks for all pieces.
    fn get_vocab(&self) -> HashMap<String, u32> {
        HashMap::new()
    }

    fn get_vocab_size(&self) -> usize {
        self.size
    }

    /// Nothing here writes tokenizers.
    fn save(&self, _folder: &Path, _prefix: Option<&str>) -> Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }

    /// Nothing here trains tokenizers; the library wants a type.
    fn get_trainer(&self) -> TrainerWrapper {
        WordPieceTrainer::default().into()
    }
}

/// The pieces of a word, or none if a part of it is unknown.
fn words(trie: &Trie, mark: &str, word: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < word.len() {
        let (length, id) = trie.longest(if start > 0 { mark } else { "" }, &word[start..])?;
        let end = start + length;
        tokens.push(Token::new(id, word[start..end].to_owned(), (start, end)));
        start = end;
    }
    Some(tokens)
}

/// The pieces of the best segmentation; unknown characters in a row are one.
fn unigram(model: &Unigram, text: &str) -> Vec<Token> {
    let mut segments = model.segments(text);
    segments.dedup_by(|(id, place), (last_id, last_place)| {
        let fused = *id == model.unknown() && *last_id == model.unknown();
        if fused {
            last_place.end = place.end;
        }
        fused
    });
    let token = |(id, place): (u32, std::ops::Range<usize>)| {
        Token::new(id, text[place.clone()].to_owned(), (place.start, place.end))
    };
    segments.into_iter().map(token).collect()
}
