//! Loading and embedding with the bundled model.
//!
//! `cargo bench --bench embed`; `benches/compare_numpy.py` compares with the original implementation.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should say so and stop")]

use std::ops::Range;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use enface::embed::{Embedder, UseMultilingual};

static MODEL: LazyLock<UseMultilingual> = LazyLock::new(|| UseMultilingual::load().unwrap());
static SENTENCES: LazyLock<Vec<String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../tests/fixtures/use-multilingual/sentences.json")).unwrap());

fn main() {
    divan::main();
}

fn sentences() -> Vec<&'static str> {
    SENTENCES.iter().map(String::as_str).take(576).collect()
}

#[divan::bench(sample_count = 10)]
fn load() -> UseMultilingual {
    UseMultilingual::load().unwrap()
}

#[divan::bench]
fn tokenize(bencher: Bencher) {
    let sentences = sentences();
    bencher.counter(ItemsCount::new(sentences.len())).bench(|| {
        for sentence in &sentences {
            black_box(MODEL.tokenize(sentence));
        }
    });
}

#[divan::bench(args = [1, 2])]
fn encode(bencher: Bencher, threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let sentences = sentences();
    let model = &*MODEL;
    bencher
        .counter(ItemsCount::new(sentences.len()))
        .bench(|| pool.install(|| model.encode(&sentences).unwrap()));
}

/// All runs of one to seven sentences.
#[divan::bench(args = [1, 2])]
fn encode_runs(bencher: Bencher, threads: usize) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let sentences = sentences();
    let model = &*MODEL;
    let last = sentences.len();
    let runs: Vec<Range<usize>> = (0..last)
        .flat_map(|start| (start + 1..=last.min(start + 7)).map(move |end| start..end))
        .collect();
    bencher
        .counter(ItemsCount::new(runs.len()))
        .bench(|| pool.install(|| model.encode_runs(&sentences, &runs).unwrap()));
}
