//! What happens to a text before it is cut into pieces, as in `laser_encoders`: characters that do not print become
//! spaces, punctuation is normalised as by Moses' `normalize-punctuation.perl` (release 4.0, English), letters become
//! small.

use std::borrow::Cow;

use regex::Regex;

/// Patterns and what replaces them, one after the other.
const SUBSTITUTIONS: [(&str, &str); 45] = [
    (r"\p{C}", " "),
    // Spaces around brackets and signs.
    (r"\(", " ("),
    (r"\)", ") "),
    (" +", " "),
    (r"\) ([.!:?;,])", ")${1}"),
    (r"\( ", "("),
    (r" \)", ")"),
    (r"(\d) %", "${1}%"),
    (" :", ":"),
    (" ;", ";"),
    // Quotation marks, dashes and the ellipsis.
    ("`", "'"),
    ("''", " \" "),
    ("„", "\""),
    ("“", "\""),
    ("”", "\""),
    ("–", "-"),
    ("—", " - "),
    (" +", " "),
    ("´", "'"),
    ("([a-zA-Z])‘([a-zA-Z])", "${1}'${2}"),
    ("([a-zA-Z])’([a-zA-Z])", "${1}'${2}"),
    ("‘", "\""),
    ("‚", "\""),
    ("’", "\""),
    ("''", "\""),
    ("´´", "\""),
    ("…", "..."),
    ("\u{a0}«\u{a0}", " \""),
    ("«\u{a0}", "\""),
    ("«", "\""),
    ("\u{a0}»\u{a0}", "\" "),
    ("\u{a0}»", "\""),
    ("»", "\""),
    // Spaces that do not break.
    ("\u{a0}%", "%"),
    ("nº\u{a0}", "nº "),
    ("\u{a0}:", ":"),
    ("\u{a0}ºC", " ºC"),
    ("\u{a0}cm", " cm"),
    (r"\u{a0}\?", "?"),
    ("\u{a0}!", "!"),
    ("\u{a0};", ";"),
    (",\u{a0}", ", "),
    (" +", " "),
    // Quotation marks stand behind a comma or full stop, and a point between groups of digits.
    (r#""([,.]+)"#, "${1}\""),
    ("(\\d)\u{a0}(\\d)", "${1}.${2}"),
];

/// The normaliser, its patterns compiled.
#[derive(Debug)]
pub(super) struct Normalizer(Vec<(Regex, &'static str)>);

impl Normalizer {
    pub(super) fn new() -> Result<Self, regex::Error> {
        SUBSTITUTIONS
            .iter()
            .map(|&(pattern, replacement)| Ok((Regex::new(pattern)?, replacement)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (pattern, replacement) in &self.0 {
            if let Cow::Owned(replaced) = pattern.replace_all(&text, *replacement) {
                text = replaced;
            }
        }
        text.trim().to_lowercase()
    }
}
