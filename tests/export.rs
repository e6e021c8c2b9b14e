//! Exports: what stands in a file, and that what can be read back is what was written.

// clippy.toml allows these in test functions, not in the helpers beside them.
#![allow(clippy::unwrap_used)]

use enface::align::Bead;
use enface::document::{Document, Segment};
use enface::export::{Bitext, Format, ladder, vecalign};
use proptest::prelude::*;

fn document(texts: &[&str]) -> Document {
    let segments = texts
        .iter()
        .map(|&text| Segment {
            text: text.to_owned(),
            paragraph: 0,
        })
        .collect();
    Document {
        name: "text".into(),
        language: None,
        segments,
    }
}

fn bead(source: std::ops::Range<usize>, target: std::ops::Range<usize>, score: f32) -> Bead {
    Bead {
        source,
        target,
        score,
        posterior: 0.5,
    }
}

fn written(format: Format, source: &[&str], target: &[&str], beads: &[Bead]) -> String {
    let (source, target) = (document(source), document(target));
    let mut out = Vec::new();
    format
        .write(
            &Bitext {
                source: &source,
                target: &target,
                beads,
            },
            &mut out,
        )
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn tsv_holds_texts_scores_and_ids() {
    let source = ["Come\tin!", "Sit\ndown.", "Omitted."];
    let target = ["お入り。", "お座り。", "さあ。"];
    let beads = [bead(0..2, 0..3, 0.75), bead(2..3, 3..3, 0.0)];
    assert_eq!(
        written(Format::Tsv, &source, &target, &beads),
        "source\ttarget\tscore\tsource_ids\ttarget_ids\tprobability\n\
         Come in! Sit down.\tお入り。お座り。さあ。\t0.750000\t0,1\t0,1,2\t0.500000\n\
         Omitted.\t\t0.000000\t2\t\t0.500000\n"
    );
}

#[test]
fn vecalign_holds_costs_and_null_beads() {
    let beads = [
        bead(0..2, 0..1, 0.876_544),
        bead(2..2, 1..2, 0.0),
        bead(2..3, 2..3, 1.000_000_1),
    ];
    let text = written(Format::Vecalign, &["a", "b", "c"], &["d", "e", "f"], &beads);
    assert_eq!(text, "[0, 1]:[0]:0.123456\n[]:[1]:0.000000\n[2]:[2]:0.000000\n");
}

#[test]
fn other_makers_links_are_read() {
    let links = vecalign::read("[0]:[0,1]:0.7565563\n\n[]:[7]:0\n[8, 6]:[9]\n").unwrap();
    assert_eq!(
        (links[0].source.as_slice(), links[0].target.as_slice(), links[0].score),
        (&[0][..], &[0, 1][..], Some(0.756_556_3))
    );
    assert_eq!(links[1].runs(), Some((0..0, 7..8)));
    assert_eq!((links[2].runs(), links[2].score), (None, None));
    for (text, words) in [
        ("[0]:[1]\n0 1", "line 2"),
        ("[x]:[0]", "whole number"),
        ("[0]:[0]:high", "third field"),
    ] {
        let message = vecalign::read(text).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    }
}

#[test]
fn a_ladder_made_by_hand_is_read() {
    let links = ladder::read("0 0\n2 1\n2\t2\t0.3\n").unwrap();
    assert_eq!(
        (links[0].runs(), links[1].runs()),
        (Some((0..2, 0..1)), Some((0..0, 1..2)))
    );
    assert!(
        ladder::read("0 0\n2 1\n1 2\n")
            .unwrap_err()
            .to_string()
            .contains("line 3")
    );
    assert!(
        ladder::read("zero\tnought")
            .unwrap_err()
            .to_string()
            .contains("two whole numbers")
    );
}

#[test]
fn formats_are_known_by_name() {
    assert!(
        Format::ALL
            .into_iter()
            .all(|format| format.name().parse() == Ok(format))
    );
    let unknown = "doc".parse::<Format>().unwrap_err().to_string();
    assert!(
        unknown.contains("\"doc\"") && unknown.contains("tsv, vecalign"),
        "{unknown}"
    );
}

/// Complete alignments: sizes of both sides bead by bead, never both empty.
fn alignment() -> impl Strategy<Value = Vec<Bead>> {
    let sizes = (0_usize..4, 0_usize..4).prop_filter("a bead has a side", |&sizes| sizes != (0, 0));
    prop::collection::vec((sizes, -1.0_f32..1.0), 0..40).prop_map(|steps| {
        let mut at = (0, 0);
        let lay = |((source, target), score)| {
            let null = source == 0 || target == 0;
            let bead = bead(at.0..at.0 + source, at.1..at.1 + target, if null { 0.0 } else { score });
            at = (at.0 + source, at.1 + target);
            bead
        };
        steps.into_iter().map(lay).collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(beads in alignment()) {
        let mut out = (Vec::new(), Vec::new());
        vecalign::write(&beads, &mut out.0).unwrap();
        ladder::write(&beads, &mut out.1).unwrap();
        let links = vecalign::read(str::from_utf8(&out.0).unwrap()).unwrap();
        let rungs = ladder::read(str::from_utf8(&out.1).unwrap()).unwrap();
        prop_assert_eq!((links.len(), rungs.len()), (beads.len(), beads.len()));
        for (bead, (link, rung)) in beads.iter().zip(links.iter().zip(&rungs)) {
            prop_assert!(link.source.iter().copied().eq(bead.source.clone()) && link.target.iter().copied().eq(bead.target.clone()));
            prop_assert_eq!((&link.source, &link.target), (&rung.source, &rung.target));
            let null = bead.source.is_empty() || bead.target.is_empty();
            let expected = if null { 0.0 } else { 1.0 - f64::from(bead.score) };
            prop_assert!((link.score.unwrap() - expected).abs() < 1e-6);
            prop_assert!((rung.score.unwrap() - f64::from(bead.score)).abs() < 1e-6);
        }
    }

    #[test]
    fn a_pair_is_always_one_line_of_six_fields(
        source in any::<String>(),
        target in "[\t\n\r\u{b}\u{c}\u{1c}\u{85}\u{2028}\u{2029} a]{0,12}",
    ) {
        let text = written(Format::Tsv, &[&source], &[&target], &[bead(0..1, 0..1, 0.5)]);
        let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
        prop_assert_eq!(text.matches(ends).count(), 2);
        prop_assert_eq!(text.lines().nth(1).unwrap().matches('\t').count(), 5);
    }
}
