//! A tiny random LASER2 against the vectors and tokens of the original (`tests/fixtures/laser/make.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use enface::embed::{Embedder, Laser};
use serde::Deserialize;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Reference {
    texts: Vec<String>,
    ids: Vec<Vec<u32>>,
    vectors: Vec<Vec<f32>>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/laser")
}

fn load(folder: &Path) -> Result<Laser, String> {
    Laser::load("tiny", folder, &[]).map_err(|error| error.to_string())
}

fn reference() -> Reference {
    serde_json::from_str(&fs::read_to_string(folder().join("reference.json")).unwrap()).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// A copy of the model that a test may change.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["laser2.pt", "laser2.spm", "laser2.cvocab"] {
        fs::copy(folder().join(name), copy.path().join(name)).unwrap();
    }
    copy
}

#[test]
fn tokens_equal_the_original_s() {
    let (model, reference) = (load(&folder()).unwrap(), reference());
    for (text, ids) in reference.texts.iter().zip(&reference.ids) {
        assert_eq!(&model.tokenize(text), ids, "{text:?}");
    }
}

#[test]
fn vectors_equal_the_original_s() {
    let (model, reference) = (load(&folder()).unwrap(), reference());
    let texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
    let vectors = model.encode(&texts).unwrap();
    for (row, (text, expected)) in texts.iter().zip(&reference.vectors).enumerate() {
        let cosine = cosine(vectors.row(row), expected);
        assert!(cosine >= 0.99999, "{text:?}: cosine {cosine}");
    }
}

#[test]
fn a_batch_row_equals_the_sentence_alone() {
    let (model, reference) = (load(&folder()).unwrap(), reference());
    let texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
    let together = model.encode(&texts).unwrap();
    for (row, text) in texts.iter().enumerate() {
        let alone = model.encode(&[text]).unwrap();
        let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
        assert!(alone.row(0).iter().zip(together.row(row)).all(near), "{text:?}");
    }
}

#[test]
fn any_text_has_a_unit_vector() {
    let model = load(&folder()).unwrap();
    let long = "long ".repeat(20_000);
    let texts = ["", " ", "\u{301}", "\0\u{1b}\u{7}", "\u{378}\u{10ffff}", &long];
    let vectors = model.encode(&texts).unwrap();
    for (row, text) in texts.iter().enumerate() {
        let length: f32 = vectors.row(row).iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5, "{text:?}");
    }
    assert_eq!(model.tokenize(&long).len(), model.max_tokens().unwrap());
}

#[test]
fn what_is_missing_or_damaged_is_named() {
    for name in ["laser2.pt", "laser2.spm"] {
        let copy = copy();
        let path = copy.path().join(name);
        let data = fs::read(&path).unwrap();
        for length in [0, 100, data.len() / 2, data.len() - 1] {
            fs::write(&path, &data[..length]).unwrap();
            // A file of pieces may end after any of them; then the model is another, but still one.
            if let Err(error) = load(copy.path()) {
                assert!(error.contains(name), "{error}");
            } else {
                assert!(name == "laser2.spm" && length > 0, "{name} of {length} bytes");
            }
        }
        fs::remove_file(&path).unwrap();
        let error = load(copy.path()).unwrap_err();
        assert!(error.contains(name) && error.contains("tiny"), "{error}");
    }
}
