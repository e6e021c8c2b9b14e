//! Whether a model was trained on a document's language, and which ones were.

use std::fmt;

use super::models::KNOWN;

/// A document in a language that the model was not trained on. Displays as a sentence for the user, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncovered {
    /// Name of the document.
    pub document: String,
    /// BCP 47 tag of its language.
    pub language: String,
    /// Name of the model.
    pub model: String,
}

impl Uncovered {
    /// Names of the known models that were trained on the language.
    pub fn alternatives(&self) -> Vec<&'static str> {
        let covering = KNOWN.iter().filter(|model| covers(model.languages, &self.language));
        covering.map(|model| model.name).collect()
    }
}

impl fmt::Display for Uncovered {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            document,
            language,
            model,
        } = self;
        // Quoted with escapes: names and tags come from outside.
        write!(
            out,
            "{document:?} is in the language {language:?}, on which the model {model:?} was not trained: "
        )?;
        match self.alternatives().as_slice() {
            [] => write!(out, "expect poor scores (no known model was)"),
            names => write!(
                out,
                "expect poor scores, or take one that was with --model ({})",
                names.join(", ")
            ),
        }
    }
}

/// Whether a model trained on `languages` knows the language of the tag `language`. Scripts and regions are not
/// looked at. A model whose languages are unknown, and a tag of no certain language, are not objected to.
pub fn covers(languages: &[&str], language: &str) -> bool {
    let wanted = primary(language);
    languages.is_empty() || wanted.is_empty() || wanted == "und" || languages.iter().any(|tag| primary(tag) == wanted)
}

/// The primary subtag in lower case, one for all tags that lists of models use for the same language.
fn primary(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    match primary.as_str() {
        "nb" | "nn" => "no".into(),
        "fil" => "tl".into(),
        "iw" => "he".into(),
        "in" => "id".into(),
        "cmn" => "zh".into(),
        "arb" => "ar".into(),
        "pes" => "fa".into(),
        _ => primary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embed::use_multilingual;

    fn uncovered(language: &str) -> Uncovered {
        Uncovered {
            document: "a\u{1b}b.txt".into(),
            language: language.into(),
            model: "use-multilingual".into(),
        }
    }

    #[test]
    fn regions_and_old_tags_are_the_same_language() {
        let known = use_multilingual::LANGUAGES;
        assert!(
            ["de-AT", "zh-Hant", "PT", "arb", "und", ""]
                .iter()
                .all(|tag| covers(&known, tag))
        );
        assert!(["sw", "fi", "d", "german"].iter().all(|tag| !covers(&known, tag)));
        assert!(covers(&["no"], "nb") && covers(&["nb"], "nn") && covers(&[], "tlh"));
    }

    #[test]
    fn the_sentence_names_models_that_know_the_language_and_holds_no_escape() {
        let swahili = uncovered("sw").to_string();
        assert!(
            swahili.contains("labse") && swahili.contains("e5-small") && !swahili.contains("minilm"),
            "{swahili}"
        );
        assert!(!swahili.contains('\u{1b}'));
        assert!(uncovered("tlh").to_string().contains("no known model"));
    }
}
