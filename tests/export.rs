//! Exports: what stands in a file, and that what can be read back is what was written.

// clippy.toml allows these in test functions, not in the helpers beside them.
#![allow(clippy::unwrap_used)]

use enface::align::Bead;
use enface::document::{Document, Segment};
use enface::export::{Bitext, Format, Number, csv, jsonl, ladder, moses, vecalign};
use proptest::prelude::*;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;

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

/// Texts that formats are known to trip over.
const AWKWARD: [&str; 3] = [
    "<b> & \"quotes\" ]]> 'n' =1+1",
    "Ends.\u{b}\0\u{fffe}",
    "-- 😀 a,b;c\td",
];

fn awkward() -> (Document, Document, Vec<Bead>) {
    let mut source = document(&AWKWARD);
    let mut target = document(&["Eins & <zwei>.", "", "drei"]);
    (source.language, target.language) = (Some("en-US".into()), Some("de".into()));
    let beads = vec![bead(0..1, 0..1, 0.5), bead(1..2, 1..1, 0.0), bead(1..3, 1..3, -0.25)];
    (source, target, beads)
}

#[test]
fn a_translation_memory_is_well_formed_and_holds_the_pairs() {
    let (source, target, beads) = awkward();
    let mut out = Vec::new();
    Format::Tmx
        .write(
            &Bitext {
                source: &source,
                target: &target,
                beads: &beads,
            },
            &mut out,
        )
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("<prop type=\"x-score\">"));
    assert!(text.contains("<tmx version=\"1.4\">") && text.contains("srclang=\"en-US\"") && text.contains("o-tmf="));
    assert_eq!(
        xml_texts(&text, "seg"),
        [AWKWARD[0], "Eins & <zwei>.", "Ends.  -- 😀 a,b;c d", "drei"]
    );
    assert_eq!(
        xml_texts(&text, "prop"),
        ["0.500000", "0.500000", "-0.250000", "0.500000"]
    );
}

/// The texts of all elements of one name, read by an XML parser.
fn xml_texts(xml: &str, name: &str) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    let mut open = false;
    let mut reader = quick_xml::Reader::from_str(xml);
    loop {
        let text = match reader.read_event().unwrap() {
            Event::Eof => return texts,
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == name => {
                open = true;
                texts.push(String::new());
                continue;
            }
            Event::End(tag) if tag.local_name().as_ref() == name => {
                open = false;
                continue;
            }
            Event::Text(text) => text.into_inner(),
            Event::GeneralRef(entity) => resolve_predefined_entity(&entity).unwrap().into(),
            _ => continue,
        };
        if open {
            texts.last_mut().unwrap().push_str(&text);
        }
    }
}

/// The records of a CSV file, read by the grammar of RFC 4180.
fn csv_records(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut records = vec![vec![String::new()]];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let record = records.last_mut().unwrap();
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                record.last_mut().unwrap().push(characters.next().unwrap());
            }
            '"' => quoted = !quoted,
            _ if quoted => record.last_mut().unwrap().push(character),
            '\r' => assert_eq!(characters.next(), Some('\n')),
            _ if character == separator => record.push(String::new()),
            _ => record.last_mut().unwrap().push(character),
        }
        if character == '\r' && !quoted {
            records.push(vec![String::new()]);
        }
    }
    assert_eq!(records.pop(), Some(vec![String::new()]));
    records
}

#[test]
fn a_spreadsheet_gets_the_texts_back() {
    let (source, target, beads) = awkward();
    let bitext = Bitext {
        source: &source,
        target: &target,
        beads: &beads,
    };
    for separator in [',', ';'] {
        let options = csv::Options {
            separator,
            ..csv::Options::default()
        };
        let mut out = Vec::new();
        csv::write(&bitext, options, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let records = csv_records(text.strip_prefix('\u{feff}').unwrap(), separator);
        assert_eq!(
            records[0],
            ["source", "target", "score", "source_ids", "target_ids", "probability"]
        );
        assert_eq!(
            records[1],
            [AWKWARD[0], "Eins & <zwei>.", "0.500000", "0", "0", "0.500000"]
        );
        assert_eq!(records[3][0], format!("{} {}", AWKWARD[1], AWKWARD[2]));
        assert_eq!(records[3][3], "1,2");
    }
    let guarded = csv::Options {
        byte_order_mark: false,
        guard_formulas: true,
        separator: ',',
    };
    let mut out = Vec::new();
    let beads = [bead(2..3, 2..3, 0.5)];
    csv::write(
        &Bitext {
            beads: &beads,
            ..bitext
        },
        guarded,
        &mut out,
    )
    .unwrap();
    assert!(String::from_utf8(out).unwrap().contains("\r\n\"'-- 😀"));
}

#[test]
fn moses_files_have_equally_many_lines_and_no_empty_one() {
    let (source, target, beads) = awkward();
    let bitext = Bitext {
        source: &source,
        target: &target,
        beads: &beads,
    };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    moses::write(&bitext, &mut left, &mut right).unwrap();
    let lines = |bytes| {
        String::from_utf8(bytes)
            .unwrap()
            .split_terminator('\n')
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(left), [AWKWARD[0], "Ends. \0\u{fffe} -- 😀 a,b;c d"]);
    assert_eq!(lines(right), ["Eins & <zwei>.", "drei"]);
    assert_eq!(
        moses::paths("x/corpus".as_ref(), &bitext),
        ("x/corpus.en-US".into(), "x/corpus.de".into())
    );
    let unknown = document(&[]);
    let unknown = Bitext {
        source: &unknown,
        target: &unknown,
        beads: &[],
    };
    assert_eq!(
        moses::paths("c".as_ref(), &unknown),
        ("c.source".into(), "c.target".into())
    );
}

#[test]
fn json_lines_lose_nothing() {
    let (source, target, beads) = awkward();
    let mut out = Vec::new();
    Format::Jsonl
        .write(
            &Bitext {
                source: &source,
                target: &target,
                beads: &beads,
            },
            &mut out,
        )
        .unwrap();
    let records = jsonl::read(str::from_utf8(&out).unwrap()).unwrap();
    assert_eq!(records.len(), beads.len());
    for (record, bead) in records.iter().zip(&beads) {
        assert!(record.source_ids.iter().copied().eq(bead.source.clone()));
        assert!(record.source.iter().eq(AWKWARD[bead.source.clone()].iter()));
        assert_eq!((record.score, record.probability), (bead.score, bead.posterior));
    }
    let wrong = jsonl::read("\n{\"source\":[]}").unwrap_err().to_string();
    assert!(wrong.contains("line 2") && wrong.contains("missing field"), "{wrong}");
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
        vecalign::write(&beads, Number::Cosine, &mut out.0).unwrap();
        ladder::write(&beads, Number::Cosine, &mut out.1).unwrap();
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
