//! Aligning, vectors given: a made-up translation with merges, splits and gaps.
//!
//! `cargo bench --bench align`, or `cargo bench --bench align -- --skip 100000` without the longest. Every size runs on two
//! threads; time and memory should grow in step with it.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run should say so and stop")]

#[path = "align/invented.rs"]
mod invented;

use divan::{AllocProfiler, Bencher, black_box};
use enface::align::{self, Options, Pins, RunVectors};

use enface::rank::{Ranking, TEMPERATURE};
use invented::Invented;

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Weighing all readings of a pair and drawing the alignment: sizes as (source, target) segments.
#[divan::bench(args = [(1_000, 1_000), (5_000, 6_300), (10_000, 10_000), (31_000, 31_000), (100_000, 100_000)], sample_count = 3)]
fn whole(bencher: Bencher, size: (usize, usize)) {
    let pair = Invented::new(size.0, size.1);
    let options = Options::bundled().unwrap();
    let pool = pool();
    bencher.bench_local(|| {
        pool.install(|| align::align(pair.source.text(), pair.target.text(), &options, &mut ()).unwrap())
    });
}

/// Drawing the alignment anew after one bead was forced.
#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 5)]
fn one_pin(bencher: Bencher, size: usize) {
    let pair = Invented::new(size, size);
    let options = Options::bundled().unwrap();
    let pool = pool();
    let readings = pool.install(|| align::weigh(pair.source.text(), pair.target.text(), &options, &mut ()).unwrap());
    let drawn = readings.alignment(&Pins::default()).unwrap();
    let bead = drawn
        .beads
        .iter()
        .skip(drawn.beads.len() / 2)
        .find(|bead| bead.source.len() == 1 && bead.target.len() == 1);
    let bead = bead.unwrap();
    let pins = Pins {
        forced: vec![(bead.source.clone(), bead.target.clone())],
        ..Pins::default()
    };
    bencher.bench_local(|| black_box(readings.alignment(&pins).unwrap()));
}

/// Translation ranking of all against all.
#[divan::bench(args = [1_000, 4_000], sample_count = 5)]
fn ranking(bencher: Bencher, size: usize) {
    let pair = Invented::new(size, size);
    let pool = pool();
    let (source, target) = (pair.source.singles(), pair.target.singles());
    bencher.bench_local(|| pool.install(|| Ranking::compute(source, target, TEMPERATURE, &mut ()).unwrap()));
}

fn pool() -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap()
}
