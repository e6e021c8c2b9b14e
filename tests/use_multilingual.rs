//! The bundled model against vectors and token ids that the original implementation computed
//! (`tests/fixtures/use-multilingual/make.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::ops::Range;
use std::sync::LazyLock;

use enface::embed::{Embedder, UseMultilingual};
use half::f16;
use proptest::prelude::*;
use safetensors::SafeTensors;

static MODEL: LazyLock<UseMultilingual> = LazyLock::new(|| UseMultilingual::load().unwrap());
static SENTENCES: LazyLock<Vec<String>> =
    LazyLock::new(|| serde_json::from_str(include_str!("fixtures/use-multilingual/sentences.json")).unwrap());

struct Reference {
    ids: Vec<Vec<u32>>,
    vectors: Vec<Vec<f32>>,
}

fn reference() -> Reference {
    let file = SafeTensors::deserialize(include_bytes!("fixtures/use-multilingual/reference.safetensors")).unwrap();
    let words = |name: &str| -> Vec<u32> {
        file.tensor(name)
            .unwrap()
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| u32::from_le_bytes(bytes))
            .collect()
    };
    let mut all = words("ids").into_iter();
    let ids = words("counts")
        .into_iter()
        .map(|count| all.by_ref().take(count as usize).collect())
        .collect();
    let vectors = file.tensor("vectors").unwrap();
    let values: Vec<f32> = vectors
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f16::from_le_bytes(bytes).to_f32())
        .collect();
    Reference {
        ids,
        vectors: values.chunks(vectors.shape()[1]).map(<[f32]>::to_vec).collect(),
    }
}

fn sentences() -> Vec<&'static str> {
    SENTENCES.iter().map(String::as_str).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn assert_close(a: &[f32], b: &[f32], what: &str) {
    let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-5, "{what:?}: {worst}");
}

fn assert_unit(vector: &[f32], what: &str) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    assert!((length - 1.0).abs() < 1e-5, "{what:?}: length {length}");
}

#[test]
fn token_ids_equal_the_originals() {
    for (sentence, ids) in sentences().into_iter().zip(reference().ids) {
        assert_eq!(MODEL.tokenize(sentence), ids, "{sentence:?}");
    }
}

#[test]
fn vectors_equal_the_originals() {
    let vectors = MODEL.encode(&sentences()).unwrap();
    assert_eq!(vectors.dimension(), MODEL.dimension());
    for (index, (sentence, expected)) in sentences().into_iter().zip(reference().vectors).enumerate() {
        let cosine = cosine(vectors.row(index), &expected);
        assert!(cosine >= 0.9999, "{sentence:?}: cosine {cosine}");
        assert_unit(vectors.row(index), sentence);
    }
}

#[test]
fn company_and_order_do_not_change_a_vector() {
    let sentences = sentences();
    let together = MODEL.encode(&sentences).unwrap();
    let backwards: Vec<&str> = sentences.iter().rev().copied().collect();
    let backwards = MODEL.encode(&backwards).unwrap();
    for (index, sentence) in sentences.iter().enumerate() {
        assert_close(
            together.row(index),
            backwards.row(sentences.len() - 1 - index),
            sentence,
        );
        if index % 7 == 0 {
            assert_close(together.row(index), MODEL.encode(&[sentence]).unwrap().row(0), sentence);
        }
    }
}

#[test]
fn a_single_thread_gives_the_same_vectors() {
    let sentences = sentences();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let alone = pool.install(|| MODEL.encode(&sentences)).unwrap();
    assert_close(
        alone.as_slice(),
        MODEL.encode(&sentences).unwrap().as_slice(),
        "one thread",
    );
}

#[test]
fn nothing_gives_nothing() {
    assert!(MODEL.encode(&[]).unwrap().is_empty());
    assert!(MODEL.encode_runs(&["unread"], &[]).unwrap().is_empty());
}

#[test]
fn a_book_in_one_line_has_a_vector() {
    let book = "All happy families are alike; every unhappy family is unhappy in its own way. ".repeat(10_000);
    let vectors = MODEL.encode(&[&book, "\u{301}", &"x".repeat(100_000)]).unwrap();
    for row in 0..vectors.len() {
        assert_unit(vectors.row(row), "long text");
    }
}

#[test]
fn joining_parts_gives_the_vector_of_the_joined_text() {
    let sentences = sentences();
    let runs: Vec<Range<usize>> = (0..60)
        .flat_map(|start| (1..=7).map(move |length| start * 10..start * 10 + length))
        .filter(|run| run.end <= sentences.len())
        .rev()
        .collect();
    assert_runs_equal_joined_text(&sentences, &runs);
}

#[test]
fn joining_very_short_texts_gives_the_vector_of_the_joined_text() {
    let texts = [
        "Yes.",
        "",
        "No!",
        "a",
        " ",
        "\u{200d}",
        "何?",
        "Go on, then, if you must.",
        "Hm",
        "…",
        "",
        "Ja",
    ];
    let runs: Vec<Range<usize>> = (0..texts.len())
        .flat_map(|start| (start + 1..=texts.len()).map(move |end| start..end))
        .collect();
    assert_runs_equal_joined_text(&texts, &runs);
}

fn assert_runs_equal_joined_text(texts: &[&str], runs: &[Range<usize>]) {
    let joined: Vec<String> = runs.iter().map(|run| texts[run.clone()].join(" ")).collect();
    let joined: Vec<&str> = joined.iter().map(String::as_str).collect();
    let expected = MODEL.encode(&joined).unwrap();
    let vectors = MODEL.encode_runs(texts, runs).unwrap();
    for (row, text) in joined.iter().enumerate() {
        let cosine = cosine(vectors.row(row), expected.row(row));
        assert!(cosine >= 0.999_999, "{text:?}: cosine {cosine}");
        assert_unit(vectors.row(row), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_has_a_unit_vector(texts in prop::collection::vec(any::<String>(), 1..6)) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = MODEL.encode(&texts).unwrap();
        prop_assert_eq!(vectors.len(), texts.len());
        for (row, text) in texts.iter().enumerate() {
            assert_unit(vectors.row(row), text);
        }
    }
}
