//! Whatever the bytes are, they are read and aligned, or refused with a sentence.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;

use enface::document::{ReadOptions, parse};
use enface::embed::hub::Hub;
use enface::embed::models::ModelSpec;
use enface::embed::{Device, ModelSource, Precision};
use enface::pipeline::{self, Input, Job, Learning, Observer};
use proptest::collection::vec;
use proptest::prelude::*;

const ENDINGS: [&str; 9] = ["txt", "srt", "vtt", "html", "xhtml", "epub", "docx", "odt", ""];

/// Bytes as they come, and bytes made of the pieces that readers look for.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..40),
        "\\PC{0,30}".prop_map(String::into_bytes),
        prop::sample::select(vec![
            "\u{feff}",
            "\0",
            "\r\n",
            "\n\n",
            "<p",
            ">",
            "&#x110000;",
            "<!--",
            "]]>",
            "<script>",
            "PK\u{3}\u{4}",
            "1\n00:00:01,000 --> 00:00:02,000\n",
            "WEBVTT\n",
            "Dr. No said: \"Hi!\" ",
            "。」",
            "\u{1b}[2J",
            "\u{202e}",
            "e\u{301}",
            "👩‍👩‍👧",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

struct Nobody;

impl Observer for Nobody {}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in bytes(), ending in prop::sample::select(&ENDINGS[..]), sentences: bool) {
        let options = ReadOptions { sentences, ..ReadOptions::default() };
        match parse(&format!("file.{ending}"), &bytes, &options) {
            Ok(document) => prop_assert!(document.segments.iter().any(|segment| !segment.text.is_empty())),
            Err(refusal) => prop_assert!(refusal.to_string().contains("file")),
        }
    }
}

proptest! {
    // Every case loads the model.
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_two_files_are_aligned_or_refused(source in bytes(), target in bytes(), sentences: bool) {
        let folder = tempfile::tempdir().unwrap();
        let input = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            Box::new(Input { path, options: ReadOptions { sentences, ..ReadOptions::default() } })
        };
        let job = Job::Files { source: input("a.txt", &source), target: input("b.txt", &target) };
        let model = ModelSource { spec: ModelSpec::Bundled, precision: Precision::Full, device: Device::Cpu, hub: Hub::new(folder.path()), cache: None };
        let Ok(outcome) = pipeline::run(&job, &model, Learning::default(), &mut Nobody) else { return Ok(()) };
        let beads = &outcome.alignment.beads;
        let covered = |length: usize, ranges: Vec<std::ops::Range<usize>>| {
            ranges.into_iter().flatten().eq(0..length)
        };
        let sources = beads.iter().map(|bead| bead.source.clone()).collect();
        let targets = beads.iter().map(|bead| bead.target.clone()).collect();
        prop_assert!(covered(outcome.bitext.source.segments.len(), sources));
        prop_assert!(covered(outcome.bitext.target.segments.len(), targets));
        prop_assert!(beads.iter().all(|bead| (0.0..=1.0).contains(&bead.posterior) && bead.score.is_finite()));
    }
}
