//! Gold sets named on the command line, embedded and ready for the aligner.

use std::path::PathBuf;

use crate::align::train::GoldPair;
use crate::align::{EmbeddedTexts, Text};
use crate::embed::{EmbedError, Embedder, Vectors};
use crate::eval::gold::{GoldError, GoldSet};

pub(super) fn open(folders: &[PathBuf]) -> Result<Vec<GoldSet>, GoldError> {
    folders.iter().map(|folder| GoldSet::open(folder)).collect()
}

/// A gold set and the vectors of its segments.
pub(super) struct Embedded<'a> {
    pub(super) set: &'a GoldSet,
    pub(super) model: &'a dyn Embedder,
    pub(super) texts: [Vec<&'a str>; 2],
    pub(super) vectors: [Vectors; 2],
}

impl<'a> Embedded<'a> {
    pub(super) fn new(set: &'a GoldSet, model: &'a dyn Embedder) -> Result<Self, EmbedError> {
        let texts = [set.source.texts(), set.target.texts()];
        let vectors = [model.encode(&texts[0])?, model.encode(&texts[1])?];
        Ok(Self {
            set,
            model,
            texts,
            vectors,
        })
    }

    /// Both sides' vectors, for [`Embedded::texts`] to borrow.
    pub(super) fn vectors(&self) -> [EmbeddedTexts<'_>; 2] {
        let side = |side: usize| EmbeddedTexts {
            embedder: self.model,
            texts: &self.texts[side],
            vectors: &self.vectors[side],
        };
        [side(0), side(1)]
    }

    pub(super) fn texts<'b>(&'b self, vectors: &'b [EmbeddedTexts<'_>; 2]) -> [Text<'b>; 2] {
        let side = |side: usize| Text {
            segments: &self.texts[side],
            vectors: &vectors[side],
            map: None,
        };
        [side(0), side(1)]
    }

    pub(super) fn gold_pair<'b>(&'b self, vectors: &'b [EmbeddedTexts<'_>; 2]) -> GoldPair<'b> {
        let [source, target] = self.texts(vectors);
        GoldPair {
            source,
            target,
            gold: &self.set.beads,
            kind: self.set.kind,
        }
    }
}
