//! How fast a novel is read and cut into sentences: `cargo bench --bench reading`.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use enface::document::segment::Segmenter;
use enface::document::{ReadOptions, parse, sample};

/// Length of a long novel, in bytes.
const NOVEL: usize = 2_200_000;

fn main() {
    divan::main();
}

#[divan::bench(args = ["en", "fr"])]
fn read_novel(bencher: Bencher<'_, '_>, language: &str) {
    let text = if language == "en" {
        sample::ENGLISH
    } else {
        sample::FRENCH
    };
    let novel = text.repeat(NOVEL.div_ceil(text.len()));
    let options = ReadOptions::default();
    bencher
        .counter(BytesCount::of_str(&novel))
        .bench(|| parse("novel.txt", black_box(novel.as_bytes()), &options));
}

#[divan::bench(args = ["en", "de", "ru", "ja", "th"])]
fn compile_rules(language: &str) -> bool {
    Segmenter::bundled(black_box(language)).is_ok()
}
