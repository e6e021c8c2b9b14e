//! Gold alignments of one's own, as a corpus linguist uses them: to see how good the aligner is on such texts, with which
//! encoder, and to teach it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "made_up/lighthouse.rs"]
mod lighthouse;

use std::fs;
use std::process::{Command, Output};

use enface::document::sample;
use lighthouse::{ENGLISH, GERMAN};
use tempfile::TempDir;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/transformers/e5-like");
const GOLD: &str = "[0]:[0]\n[1]:[1]\n[2]:[2, 3]\n[3]:[4]\n[4]:[5]\n";

/// A folder with one gold set.
fn desk() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let set = folder.path().join("lighthouse");
    fs::create_dir(&set).unwrap();
    for (name, text) in [("src.txt", GERMAN), ("tgt.txt", ENGLISH), ("gold.txt", GOLD)] {
        fs::write(set.join(name), text).unwrap();
    }
    folder
}

fn enface(desk: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_enface"))
        .current_dir(desk.path())
        .env("ENFACE_CACHE", desk.path().join("cache"))
        .args(arguments)
        .output()
        .unwrap()
}

fn said(desk: &TempDir, arguments: &[&str]) -> String {
    let output = enface(desk, arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    String::from_utf8(output.stdout).unwrap()
}

/// Strict precision, recall and F1 of the set.
fn strict(report: &str) -> [f32; 3] {
    let row = report.lines().find(|line| line.starts_with("lighthouse")).unwrap();
    let columns: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(columns[1], "exact", "{row}");
    [2, 3, 4].map(|column| columns[column].parse().unwrap())
}

fn close(a: [f32; 3], b: [f32; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.001)
}

#[test]
fn a_clear_pair_is_aligned_as_people_did() {
    let report = said(&desk(), &["eval", "lighthouse"]);
    assert!(close(strict(&report), [1.0; 3]), "{report}");
}

#[test]
fn an_alignment_from_elsewhere_is_scored() {
    let desk = desk();
    // There the lamp was cut from the bread: four of five matches are right.
    let elsewhere = "[0]:[0]\n[1]:[1]\n[2]:[2]\n[]:[3]\n[3]:[4]\n[4]:[5]\n";
    fs::write(desk.path().join("elsewhere.txt"), elsewhere).unwrap();
    let report = said(&desk, &["eval", "lighthouse", "--predictions", "elsewhere.txt"]);
    assert!(close(strict(&report), [0.8; 3]), "{report}");
}

#[test]
fn another_encoder_is_measured_on_the_same_gold() {
    let desk = desk();
    let bundled = said(&desk, &["eval", "lighthouse", "--adapt", "off"]);
    // A few random numbers in the shape of a model: it knows no language.
    let tiny = said(&desk, &["eval", "lighthouse", "--adapt", "off", "--model", TINY]);
    assert_ne!(bundled, tiny);
    assert!(strict(&tiny)[2] <= strict(&bundled)[2], "{tiny}");
    let output = enface(&desk, &["eval", "lighthouse", "--model", "no-such-model"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn weights_are_learned_from_gold_and_tried_on_it() {
    let desk = desk();
    said(&desk, &["train-aligner", "lighthouse", "-o", "bundled.toml"]);
    said(
        &desk,
        &["train-aligner", "lighthouse", "-o", "tiny.toml", "--model", TINY],
    );
    let [bundled, tiny] = ["bundled.toml", "tiny.toml"].map(|name| fs::read_to_string(desk.path().join(name)).unwrap());
    assert_ne!(bundled, tiny, "each encoder has weights of its own");
    let report = said(&desk, &["eval", "lighthouse", "--weights", "bundled.toml"]);
    assert!(close(strict(&report), [1.0; 3]), "{report}");
    let again = enface(&desk, &["train-aligner", "lighthouse", "-o", "bundled.toml"]);
    assert_eq!(again.status.code(), Some(1), "a file is not replaced unasked");
}

#[test]
fn strangers_are_hardly_joined() {
    let desk = desk();
    let (english, french) = sample::documents().unwrap();
    let sides = [english.texts(), french.texts()];
    for (half, name) in ["first-half", "second-half"].into_iter().enumerate() {
        let set = desk.path().join(name);
        fs::create_dir(&set).unwrap();
        for (texts, file) in sides.iter().zip(["src.txt", "tgt.txt"]) {
            let middle = texts.len() / 2;
            let part = if half == 0 { &texts[..middle] } else { &texts[middle..] };
            fs::write(set.join(file), part.join("\n") + "\n").unwrap();
        }
        fs::write(set.join("gold.txt"), "[0]:[0]\n").unwrap();
    }
    let report = said(
        &desk,
        &[
            "eval",
            "first-half",
            "second-half",
            "--strangers",
            "6",
            "--adapt",
            "off",
        ],
    );
    let sum: Vec<&str> = report.lines().last().unwrap().split_whitespace().collect();
    let [segments, beads, likely, sure] = [2, 3, 4, 5].map(|column| sum[column].parse::<usize>().unwrap());
    assert!(report.lines().count() == 8 && segments > 100, "{report}");
    assert!(beads * 20 < segments && likely <= beads && sure == 0, "{report}");
    let output = enface(&desk, &["eval", "lighthouse", "--strangers", "3"]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("different families"), "{complaint}");
}

#[test]
fn a_folder_without_gold_is_named() {
    let desk = desk();
    fs::remove_file(desk.path().join("lighthouse/gold.txt")).unwrap();
    let output = enface(&desk, &["eval", "lighthouse"]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("gold.txt"), "{complaint}");
}
