//! Tiny random models in the format of sentence-transformers against vectors that the original libraries computed
//! (`tests/fixtures/transformers/make.py`).

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::path::{Path, PathBuf};

use enface::embed::transformer::{Bits, quantize};
use enface::embed::{Embedder, Precision, Transformer, TransformerOptions};
use serde::Deserialize;
use tempfile::TempDir;

#[derive(Deserialize)]
struct Reference {
    texts: Vec<String>,
    vectors: Vec<Vec<f32>>,
    first_ids: Vec<u32>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/transformers")
        .join(name)
}

fn load(folder: &Path) -> Result<Transformer, String> {
    Transformer::load("tiny", folder, TransformerOptions::default()).map_err(|error| error.to_string())
}

fn reference(name: &str) -> Reference {
    serde_json::from_str(&fs::read_to_string(folder(name).join("reference.json")).unwrap()).unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn assert_equals_original(name: &str) {
    let (model, reference) = (load(&folder(name)).unwrap(), reference(name));
    let texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
    let vectors = model.encode(&texts).unwrap();
    for (row, (text, expected)) in texts.iter().zip(&reference.vectors).enumerate() {
        let cosine = cosine(vectors.row(row), expected);
        assert!(cosine >= 0.99999, "{name}, {text:?}: cosine {cosine}");
    }
}

/// A copy of a model that a test may damage.
fn copy(name: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder(name)).unwrap().map(Result::unwrap) {
        let target = copy.path().join(entry.file_name());
        if entry.path().is_file() {
            fs::copy(entry.path(), target).unwrap();
            continue;
        }
        fs::create_dir(&target).unwrap();
        for entry in fs::read_dir(entry.path()).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
        }
    }
    copy
}

fn replace(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no {from}");
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn labse_s_pipeline_equals_the_original() {
    assert_equals_original("labse-like");
}

#[test]
fn e5_s_pipeline_in_16_bits_with_a_prompt_equals_the_original() {
    assert_equals_original("e5-like");
}

#[test]
fn minilm_s_pipeline_from_pytorch_s_format_equals_the_original() {
    assert_equals_original("minilm-like");
}

#[test]
fn distilbert_in_parts_of_16_bits_equals_the_original() {
    assert_equals_original("distil-like");
}

#[test]
fn eight_bits_stay_near_the_original() {
    for name in ["labse-like", "e5-like", "minilm-like", "distil-like"] {
        let options = TransformerOptions {
            precision: Precision::EightBit,
            ..TransformerOptions::default()
        };
        let (model, reference) = (
            Transformer::load("tiny", &folder(name), options).unwrap(),
            reference(name),
        );
        let texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
        let vectors = model.encode(&texts).unwrap();
        for (row, (text, expected)) in texts.iter().zip(&reference.vectors).enumerate() {
            let cosine = cosine(vectors.row(row), expected);
            assert!(cosine >= 0.995, "{name}, {text:?}: cosine {cosine}");
        }
    }
}

#[test]
fn tokens_equal_the_originals() {
    let reference = reference("labse-like");
    assert_eq!(
        load(&folder("labse-like"))
            .unwrap()
            .tokenize(&reference.texts[0])
            .unwrap(),
        reference.first_ids
    );
}

#[test]
fn a_batch_row_equals_the_sentence_alone() {
    let (model, reference) = (load(&folder("labse-like")).unwrap(), reference("labse-like"));
    let mut texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
    let forth = model.encode(&texts).unwrap();
    texts.reverse();
    let back = model.encode(&texts).unwrap();
    for (row, text) in texts.iter().enumerate() {
        let alone = model.encode(&[text]).unwrap();
        for other in [back.row(row), forth.row(texts.len() - 1 - row)] {
            assert!(
                alone.row(0).iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-5),
                "{text:?}"
            );
        }
    }
}

#[test]
fn any_text_has_a_unit_vector() {
    let model = load(&folder("e5-like")).unwrap();
    let texts = [
        "",
        " ",
        "\u{301}",
        "\0\u{1b}\u{7}",
        "\u{378}\u{10ffff}",
        &"long ".repeat(100_000),
    ];
    let vectors = model.encode(&texts).unwrap();
    for (row, text) in texts.iter().enumerate() {
        let length: f32 = vectors.row(row).iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5, "{text:?}");
    }
    assert_eq!(model.tokenize(texts[5]).unwrap().len(), model.max_tokens().unwrap());
}

#[test]
fn another_prompt_gives_other_vectors() {
    let prompted = |prompt: &str| {
        let options = TransformerOptions {
            prompt: Some(prompt.to_owned()),
            ..TransformerOptions::default()
        };
        Transformer::load("tiny", &folder("e5-like"), options)
            .unwrap()
            .encode(&["Guten Tag"])
            .unwrap()
    };
    assert_eq!(
        prompted("query: "),
        load(&folder("e5-like")).unwrap().encode(&["Guten Tag"]).unwrap()
    );
    assert_ne!(prompted("query: "), prompted("passage: "));
}

#[test]
fn files_of_older_releases_are_understood() {
    let copy = copy("labse-like");
    let modules = r#"[
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
        {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize"}
    ]"#;
    let pooling = r#"{"word_embedding_dimension": 32, "pooling_mode_cls_token": true,
        "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": false}"#;
    fs::write(copy.path().join("modules.json"), modules).unwrap();
    fs::write(copy.path().join("1_Pooling/config.json"), pooling).unwrap();
    fs::write(
        copy.path().join("sentence_bert_config.json"),
        r#"{"max_seq_length": 20, "do_lower_case": false}"#,
    )
    .unwrap();
    let (old, new) = (load(copy.path()).unwrap(), load(&folder("labse-like")).unwrap());
    assert_eq!(
        old.encode(&["A short one."]).unwrap(),
        new.encode(&["A short one."]).unwrap()
    );
    assert_eq!(old.max_tokens(), Some(20));
}

#[test]
fn what_is_missing_or_not_supported_is_named() {
    let damages: [(&str, &str, &str, &str); 4] = [
        ("config.json", "\"bert\"", "\"gpt2\"", "gpt2"),
        ("config.json", "\"gelu\"", "\"relu\"", "relu"),
        ("1_Pooling/config.json", "\"cls\"", "\"lasttoken\"", "lasttoken"),
        ("2_Dense/config.json", "Tanh", "ReLU", "ReLU"),
    ];
    for (file, from, to, named) in damages {
        let copy = copy("labse-like");
        replace(copy.path(), file, from, to);
        let error = load(copy.path()).unwrap_err();
        assert!(error.contains(named) && error.contains("tiny"), "{error}");
    }
    for file in ["modules.json", "tokenizer.json", "model.safetensors", "config.json"] {
        let copy = copy("labse-like");
        fs::remove_file(copy.path().join(file)).unwrap();
        let error = load(copy.path()).unwrap_err();
        assert!(error.contains(file), "{error}");
    }
}

#[test]
fn a_file_cut_short_is_refused() {
    let copy = copy("labse-like");
    let path = copy.path().join("model.safetensors");
    let data = fs::read(&path).unwrap();
    for length in [0, 7, 100, data.len() - 1] {
        fs::write(&path, &data[..length]).unwrap();
        assert!(load(copy.path()).is_err(), "{length} bytes");
    }
}

#[test]
fn a_part_that_lies_elsewhere_is_refused() {
    let copy = copy("distil-like");
    let index = "model.safetensors.index.json";
    replace(
        copy.path(),
        index,
        "model-00002-of-00002.safetensors",
        "../model.safetensors",
    );
    let error = load(copy.path()).unwrap_err();
    assert!(error.contains(index) && error.contains("../model"), "{error}");
    let copy = self::copy("distil-like");
    fs::remove_file(copy.path().join("model-00002-of-00002.safetensors")).unwrap();
    let error = load(copy.path()).unwrap_err();
    assert!(error.contains("model-00002-of-00002.safetensors"), "{error}");
}

#[test]
fn texts_that_were_cut_are_counted() {
    let model = load(&folder("e5-like")).unwrap();
    let long = "long ".repeat(100);
    assert_eq!(model.count_cut(&["short", &long, "", &long]).unwrap(), 2);
}

#[test]
fn a_quantised_model_is_smaller_and_near_the_original() {
    for (name, bits, least) in [
        ("labse-like", Bits::Eight, 0.995),
        ("e5-like", Bits::Eight, 0.995),
        ("minilm-like", Bits::Eight, 0.995),
        // Random weights of width 32 take four bits badly.
        ("distil-like", Bits::Four, 0.8),
    ] {
        let output = tempfile::tempdir().unwrap();
        let output = output.path().join("models/compact");
        let (mut steps, mut total) = (0, 0);
        let mut progress = |_done, all| (steps, total) = (steps + 1, all);
        quantize(&folder(name), &output, bits, Some("query: "), &mut progress).unwrap();
        assert!(steps == total && steps > 0, "{name}: {steps} of {total}");
        let reference = reference(name);
        let texts: Vec<&str> = reference.texts.iter().map(String::as_str).collect();
        let options = || TransformerOptions {
            prompt: (name != "e5-like").then(String::new),
            ..TransformerOptions::default()
        };
        let vectors = Transformer::load("tiny", &output, options())
            .unwrap()
            .encode(&texts)
            .unwrap();
        let cosines = reference.vectors.iter().enumerate();
        let worst = cosines
            .map(|(row, expected)| cosine(vectors.row(row), expected))
            .fold(1.0, f64::min);
        assert!(worst >= least, "{name}: cosine {worst}");
        let prompt = fs::read_to_string(output.join("config_sentence_transformers.json")).unwrap();
        assert!(prompt.contains("query: "), "{prompt}");
        let again = quantize(&output, &output.with_file_name("again"), bits, None, &mut |_, _| {});
        assert!(again.unwrap_err().to_string().contains("already"));
    }
}
