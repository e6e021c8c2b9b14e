//! SentencePiece's own files: a message `ModelProto` of protocol buffers (`sentencepiece_model.proto`).

use super::{Charsmap, Piece, SentencePiece, TableError, Unigram};

/// The numbers of the fields that are read.
mod field {
    pub(super) const PIECES: u64 = 1;
    pub(super) const TRAINER: u64 = 2;
    pub(super) const NORMALIZER: u64 = 3;
    pub(super) const PIECE_TEXT: u64 = 1;
    pub(super) const PIECE_SCORE: u64 = 2;
    pub(super) const PIECE_KIND: u64 = 3;
    pub(super) const TRAINER_KIND: u64 = 3;
    pub(super) const CHARSMAP: u64 = 2;
    pub(super) const DUMMY_PREFIX: u64 = 3;
    pub(super) const FEWER_SPACES: u64 = 4;
    pub(super) const ESCAPED_SPACES: u64 = 5;
}

const UNIGRAM: u64 = 1;
/// Kinds of pieces.
const NORMAL: u64 = 1;
const UNKNOWN: u64 = 2;
const USER_DEFINED: u64 = 4;

/// A tokenizer and the texts of its pieces, by id.
pub(crate) struct Vocabulary<'a> {
    pub(crate) tokenizer: SentencePiece,
    pub(crate) pieces: Vec<&'a str>,
    pub(crate) unknown: u32,
}

/// Reads the bytes of a `.spm` or `.model` file.
pub(crate) fn read(bytes: &[u8]) -> Result<Vocabulary<'_>, TableError> {
    let (mut texts, mut pieces, mut unknown) = (Vec::new(), Vec::new(), 0);
    let mut charsmap = Charsmap::identity();
    for entry in Fields(bytes) {
        match entry? {
            (field::PIECES, Value::Bytes(message)) => {
                let (text, score, kind) = piece(message)?;
                let id = texts.len() as u32;
                match kind {
                    NORMAL | USER_DEFINED => pieces.push(Piece { text, id, score }),
                    UNKNOWN => unknown = id,
                    _ => {}
                }
                texts.push(text);
            }
            (field::TRAINER, Value::Bytes(message)) => check_trainer(message)?,
            (field::NORMALIZER, Value::Bytes(message)) => charsmap = normalizer(message)?,
            _ => {}
        }
    }
    pieces.sort_unstable_by_key(|piece| piece.text);
    Ok(Vocabulary {
        tokenizer: SentencePiece::new(charsmap, Unigram::new(&pieces, unknown)?),
        pieces: texts,
        unknown,
    })
}

fn piece(message: &[u8]) -> Result<(&str, f32, u64), TableError> {
    let (mut text, mut score, mut kind) = ("", 0.0, NORMAL);
    for entry in Fields(message) {
        match entry? {
            (field::PIECE_TEXT, Value::Bytes(bytes)) => text = str::from_utf8(bytes).map_err(|_| TableError::Pieces)?,
            (field::PIECE_SCORE, Value::Word(bytes)) => score = f32::from_le_bytes(bytes),
            (field::PIECE_KIND, Value::Number(number)) => kind = number,
            _ => {}
        }
    }
    Ok((text, score, kind))
}

fn check_trainer(message: &[u8]) -> Result<(), TableError> {
    for entry in Fields(message) {
        if let (field::TRAINER_KIND, Value::Number(kind)) = entry?
            && kind != UNIGRAM
        {
            return Err(TableError::Kind);
        }
    }
    Ok(())
}

fn normalizer(message: &[u8]) -> Result<Charsmap, TableError> {
    let mut charsmap = Charsmap::identity();
    for entry in Fields(message) {
        match entry? {
            (field::CHARSMAP, Value::Bytes(blob)) if !blob.is_empty() => charsmap = Charsmap::from_bytes(blob)?,
            (field::DUMMY_PREFIX | field::FEWER_SPACES | field::ESCAPED_SPACES, Value::Number(0)) => {
                return Err(TableError::Spaces);
            }
            _ => {}
        }
    }
    Ok(charsmap)
}

/// A message's fields in turn.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Word([u8; 4]),
    Long,
    Bytes(&'a [u8]),
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(TableError::File))
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => {
                self.take(8)?;
                Value::Long
            }
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(length)?)
            }
            5 => Value::Word(self.take(4)?.try_into().ok()?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }

    /// Seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let &[byte] = self.take(1)? else { return None };
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}
