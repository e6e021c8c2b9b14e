//! Sentence segmentation with the bundled rules, on texts written for it: `segmentation/LANGUAGE.txt` holds one
//! sentence a line and a blank line between paragraphs. A paragraph with its line breaks gone has to come back as it was.

// clippy.toml allows these in test functions, not in the helpers beside them.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use enface::document::segment::{LONGEST_SEGMENT, Segmenter, Srx};
use proptest::prelude::*;

fn fixtures() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/segmentation");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|file| {
            (
                file.file_stem().unwrap().to_str().unwrap().to_owned(),
                fs::read_to_string(file).unwrap(),
            )
        })
        .collect()
}

#[test]
fn every_language_gets_its_sentences_back() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 16);
    let mut wrong = Vec::new();
    for (language, text) in fixtures {
        let space = if matches!(language.as_str(), "ja" | "zh" | "zh-TW") {
            ""
        } else {
            " "
        };
        let mut segmenter = Segmenter::bundled(&language).unwrap();
        for paragraph in text.trim_end().split("\n\n") {
            let expected: Vec<&str> = paragraph.lines().collect();
            let joined = expected.join(space);
            let found = segmenter.segment(&joined);
            if found != expected {
                wrong.push((language.clone(), expected.join("\n"), found.join("\n")));
            }
        }
    }
    assert!(wrong.is_empty(), "(language, expected, found): {wrong:#?}");
}

#[test]
fn a_language_without_rules_of_its_own_gets_the_common_ones() {
    let mut segmenter = Segmenter::bundled("sw").unwrap();
    assert_eq!(
        segmenter.segment("Habari gani? Nzuri. «Karibu!» Asante."),
        ["Habari gani?", "Nzuri.", "«Karibu!»", "Asante."]
    );
}

#[test]
fn an_endless_sentence_is_cut_after_a_clause_or_a_word() {
    let mut segmenter = Segmenter::bundled("en").unwrap();
    let clauses = "one more clause and another one, ".repeat(200);
    let pieces = segmenter.segment(&clauses);
    assert!(pieces.len() > 1);
    assert!(
        pieces
            .iter()
            .all(|piece| piece.chars().count() <= LONGEST_SEGMENT && piece.ends_with(','))
    );
    assert_eq!(
        segmenter.segment(&"a".repeat(1_000_000)).len(),
        1_000_000_usize.div_ceil(LONGEST_SEGMENT - 1)
    );
    assert_eq!(
        segmenter
            .segment(&"e\u{301}".repeat(3_000))
            .iter()
            .filter(|piece| !piece.starts_with('e'))
            .count(),
        0
    );
}

#[test]
fn house_rules_replace_the_bundled_ones() {
    let srx = Srx::parse(
        r#"<srx version="2.0"><header cascade="no"/><body>
             <languagerules><languagerule languagerulename="Bars">
               <rule break="no"><beforebreak>a\|</beforebreak><afterbreak/></rule>
               <rule break="yes"><beforebreak>\|</beforebreak><afterbreak/></rule>
             </languagerule></languagerules>
             <maprules><languagemap languagepattern=".*" languagerulename="Bars"/></maprules>
           </body></srx>"#,
    )
    .unwrap();
    let mut segmenter = Segmenter::new(&srx, "en").unwrap();
    assert_eq!(segmenter.segment("One. Two|a|b|c"), ["One. Two|", "a|b|", "c"]);
}

#[test]
fn a_rule_that_is_no_regular_expression_is_named() {
    let srx = Srx::parse(
        r#"<srx version="2.0"><languagerule languagerulename="X"><rule><beforebreak>(?&lt;=x)y</beforebreak></rule>
           </languagerule><languagemap languagepattern="en" languagerulename="X"/></srx>"#,
    )
    .unwrap();
    let error = Segmenter::new(&srx, "en").err().unwrap().to_string();
    assert!(error.contains("(?<=x)y") && error.contains("look-around"), "{error}");
}

/// Characters that rules look at, so that random text meets them often.
fn text() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(
        " \u{a0}\u{3000}.?!…。！？།։።ฯกะあ漢字。」』”“\"'«»()[]—-–;:,a1AЯя٠دI\u{301}\u{200d}\u{feff}\0\u{1b}"
            .chars()
            .collect::<Vec<_>>(),
    );
    prop::collection::vec(prop_oneof![3 => telling, 1 => any::<char>()], 0..200).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn segments_together_are_the_text_but_for_white_space(
        text in text(),
        language in prop::sample::select(vec!["und", "ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh", "zh-TW", "el", "hy", "hi"]),
    ) {
        let mut segmenter = Segmenter::bundled(language).unwrap();
        let segments = segmenter.segment(&text);
        let squeeze = |text: &str| text.chars().filter(|character| !character.is_whitespace()).collect::<String>();
        prop_assert_eq!(squeeze(&segments.concat()), squeeze(&text));
        prop_assert!(segments.iter().all(|segment| !segment.is_empty() && segment.trim() == *segment));
    }
}
