//! An encoder that asks the cache first.

use std::ops::Range;

use super::segment::Key;
use super::store::Store;
use super::{Cache, Identity};
use crate::embed::{EmbedError, Embedder, Vectors};

/// An encoder whose vectors are kept on disk.
///
/// They are kept with 16 bits a number (cosine to the original above 0.999999) and given out so from the first time
/// on, so that a pair looks the same when it is opened again.
pub struct Cached {
    model: Box<dyn Embedder>,
    store: Store,
}

impl Cached {
    /// Puts `cache` before `model`, whose vectors depend on what `identity` says and on the text, and on nothing else.
    pub fn new(model: Box<dyn Embedder>, identity: &Identity, cache: &Cache) -> Self {
        let store = Store::open(cache.clone(), identity, model.dimension());
        Self { model, store }
    }

    /// Vectors of the texts with these keys; `embed` computes those with the indexes that it is given.
    fn through(
        &self,
        keys: &[Key],
        embed: impl FnOnce(&[usize]) -> Result<Vectors, EmbedError>,
    ) -> Result<Vectors, EmbedError> {
        let dimension = self.model.dimension();
        let mut data = vec![0.0; keys.len() * dimension];
        let missing = self.store.read(keys, &mut data);
        if !missing.is_empty() {
            let fresh = embed(&missing)?;
            for (row, &index) in missing.iter().enumerate() {
                let place = &mut data[index * dimension..(index + 1) * dimension];
                place.copy_from_slice(fresh.row(row));
                self.store.keep(keys[index], place);
            }
        }
        Ok(Vectors::new(dimension, data))
    }
}

impl Embedder for Cached {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn dimension(&self) -> usize {
        self.model.dimension()
    }

    fn max_tokens(&self) -> Option<usize> {
        self.model.max_tokens()
    }

    fn languages(&self) -> &[&str] {
        self.model.languages()
    }

    fn count_cut(&self, texts: &[&str]) -> Result<usize, EmbedError> {
        self.model.count_cut(texts)
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let keys: Vec<Key> = texts.iter().map(|text| self.store.key(text)).collect();
        self.through(&keys, |missing| {
            let texts: Vec<&str> = missing.iter().map(|&index| texts[index]).collect();
            self.model.encode(&texts)
        })
    }

    fn encode_runs(&self, texts: &[&str], runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        let key = |run: &Range<usize>| self.store.key(&texts[run.clone()].join(" "));
        let keys: Vec<Key> = runs.iter().map(key).collect();
        self.through(&keys, |missing| {
            let runs: Vec<Range<usize>> = missing.iter().map(|&index| runs[index].clone()).collect();
            self.model.encode_runs(texts, &runs)
        })
    }
}
