//! Reading vectors from the cache against computing them with the bundled model, the quickest there is.
//!
//! `cargo bench --bench cache`. Files are in the system's memory: a cold disk is slower.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should say so and stop")]

use std::ops::Range;
use std::sync::LazyLock;
use std::time::SystemTime;

use divan::Bencher;
use divan::counter::ItemsCount;
use enface::embed::cache::{Cache, Cached, Identity, LIMIT};
use enface::embed::{EmbedError, Embedder, UseMultilingual, Vectors};
use tempfile::TempDir;

static MODEL: LazyLock<UseMultilingual> = LazyLock::new(|| UseMultilingual::load().unwrap());
static SENTENCES: LazyLock<Vec<String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../tests/fixtures/use-multilingual/sentences.json")).unwrap());
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
/// Segments of other documents, which make the index large: a hundred thousand vectors.
static LIBRARY: LazyLock<()> = LazyLock::new(|| {
    let texts: Vec<String> = (0..100_000).map(|number| number.to_string()).collect();
    let cached = open();
    for texts in texts.chunks(10_000) {
        cached
            .encode(&texts.iter().map(String::as_str).collect::<Vec<_>>())
            .unwrap();
    }
});

fn main() {
    divan::main();
}

/// Stands in for the model where only the cache is timed.
struct Shared;

impl Embedder for Shared {
    fn name(&self) -> &str {
        MODEL.name()
    }

    fn dimension(&self) -> usize {
        MODEL.dimension()
    }

    fn max_tokens(&self) -> Option<usize> {
        MODEL.max_tokens()
    }

    fn languages(&self) -> &[&str] {
        MODEL.languages()
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        MODEL.encode(texts)
    }

    fn encode_runs(&self, texts: &[&str], runs: &[Range<usize>]) -> Result<Vectors, EmbedError> {
        MODEL.encode_runs(texts, runs)
    }
}

fn open() -> Cached {
    let cache = Cache::new(FOLDER.path(), LIMIT, SystemTime::now());
    Cached::new(Box::new(Shared), &Identity::new("bench"), &cache)
}

fn sentences() -> Vec<&'static str> {
    SENTENCES.iter().map(String::as_str).take(576).collect()
}

fn runs(sentences: usize) -> Vec<Range<usize>> {
    (0..sentences)
        .flat_map(|start| (start + 1..=sentences.min(start + 7)).map(move |end| start..end))
        .collect()
}

/// Finds the hundred thousand vectors of one model.
#[divan::bench(sample_count = 20)]
fn open_100_000(bencher: Bencher) {
    LazyLock::force(&LIBRARY);
    bencher.bench(open);
}

#[divan::bench]
fn encode_computed(bencher: Bencher) {
    let sentences = sentences();
    bencher
        .counter(ItemsCount::new(sentences.len()))
        .bench(|| MODEL.encode(&sentences).unwrap());
}

#[divan::bench]
fn encode_read(bencher: Bencher) {
    LazyLock::force(&LIBRARY);
    let sentences = sentences();
    open().encode(&sentences).unwrap();
    let cached = open();
    bencher
        .counter(ItemsCount::new(sentences.len()))
        .bench(|| cached.encode(&sentences).unwrap());
}

/// All runs of one to seven sentences.
#[divan::bench]
fn encode_runs_computed(bencher: Bencher) {
    let sentences = sentences();
    let runs = runs(sentences.len());
    bencher
        .counter(ItemsCount::new(runs.len()))
        .bench(|| MODEL.encode_runs(&sentences, &runs).unwrap());
}

#[divan::bench]
fn encode_runs_read(bencher: Bencher) {
    LazyLock::force(&LIBRARY);
    let sentences = sentences();
    let runs = runs(sentences.len());
    open().encode_runs(&sentences, &runs).unwrap();
    let cached = open();
    bencher
        .counter(ItemsCount::new(runs.len()))
        .bench(|| cached.encode_runs(&sentences, &runs).unwrap());
}
