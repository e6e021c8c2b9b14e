//! Segmentation rules in the Segmentation Rules eXchange format (SRX 2.0, LISA OSCAR 2008).
//!
//! A rule file holds named groups of rules and a map from language patterns to groups. A rule is a pair of regular
//! expressions: it applies at a position when the first matches text that ends there and the second matches text that
//! starts there. At each position the first rule that applies decides whether the text breaks.
//!
//! What the format has and plain text does not need (`formathandle`, `segmentsubflows`) is passed over.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use regex_automata::meta::Regex;

use crate::document::xml::{self, attribute};

/// Why a rule file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SrxError {
    /// Not well-formed XML.
    #[error("the segmentation rules are not well-formed XML at byte {offset}: {reason}")]
    Xml {
        /// Bytes from the start of the file.
        offset: u64,
        /// What the XML parser found.
        reason: String,
    },
    /// A regular expression that cannot be compiled.
    #[error("the segmentation rule {before:?} / {after:?} cannot be used: {reason}")]
    Expression {
        /// The rule's `beforebreak`.
        before: String,
        /// The rule's `afterbreak`.
        after: String,
        /// What the regular expression engine says.
        reason: String,
    },
    /// A language pattern that cannot be compiled.
    #[error("the language pattern {pattern:?} of the segmentation rules cannot be used: {reason}")]
    Language {
        /// The pattern as written.
        pattern: String,
        /// What the regular expression engine says.
        reason: String,
    },
    /// No `languagemap` fits the language.
    #[error("the segmentation rules say nothing for the language {0:?}")]
    Unmapped(String),
    /// Every rule compiles, but not all together.
    #[error("the {0} segmentation rules of one language are too large together")]
    TooLarge(usize),
}

/// One rule of a rule file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// Whether the text breaks where the rule applies; an exception otherwise.
    pub breaks: bool,
    /// Matches text that ends at the position.
    pub before: String,
    /// Matches text that starts at the position.
    pub after: String,
}

/// A rule file: groups of rules and which languages they are for.
#[derive(Debug, Default)]
pub struct Srx {
    /// Whether every group whose pattern fits a language applies, in order, or the first alone.
    cascade: bool,
    groups: Vec<(String, Vec<Rule>)>,
    languages: Vec<(Regex, String)>,
}

impl Srx {
    /// Reads a rule file.
    ///
    /// # Errors
    /// When the XML is broken or a language pattern is no regular expression. The rules themselves are compiled (and
    /// refused) by [`Segmenter::new`](super::Segmenter::new).
    pub fn parse(xml: &str) -> Result<Self, SrxError> {
        let mut reader = Reader::from_str(xml);
        let mut parser = Parser::default();
        loop {
            let event = reader.read_event();
            let event = event.map_err(|error| SrxError::Xml {
                offset: reader.error_position(),
                reason: error.to_string(),
            })?;
            match event {
                Event::Start(tag) => parser.open(&tag)?,
                Event::Empty(tag) => {
                    parser.open(&tag)?;
                    parser.close(tag.local_name().as_ref());
                }
                Event::End(tag) => parser.close(tag.local_name().as_ref()),
                Event::Text(text) => parser.text.push_str(&text.xml10_content()),
                Event::CData(text) => parser.text.push_str(&text.xml10_content()),
                Event::GeneralRef(reference) => parser.text.push_str(&xml::resolve(&reference)),
                Event::Eof => return Ok(parser.srx),
                _ => {}
            }
        }
    }

    /// The rules for a language (a BCP 47 tag), in the order in which they are tried.
    ///
    /// # Errors
    /// When no language pattern fits.
    pub fn rules(&self, language: &str) -> Result<Vec<Rule>, SrxError> {
        let fitting = self.languages.iter().filter(|(pattern, _)| pattern.is_match(language));
        let names: Vec<&String> = fitting.map(|(_, name)| name).collect();
        let count = if self.cascade { names.len() } else { names.len().min(1) };
        if count == 0 {
            return Err(SrxError::Unmapped(language.to_owned()));
        }
        let groups = names[..count]
            .iter()
            .flat_map(|&name| self.groups.iter().filter(move |(group, _)| group == name));
        let rules = groups.flat_map(|(_, rules)| rules);
        Ok(rules.cloned().collect())
    }
}

/// What has been read so far, and the text of the element that is open.
#[derive(Default)]
struct Parser {
    srx: Srx,
    rule: Rule,
    text: String,
}

impl Parser {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), SrxError> {
        match tag.local_name().as_ref() {
            "header" => self.srx.cascade = attribute(tag, "cascade").is_some_and(|value| value == "yes"),
            "languagerule" => {
                self.srx
                    .groups
                    .push((attribute(tag, "languagerulename").unwrap_or_default(), Vec::new()));
            }
            // The specification lets `break` be left out; it then means "yes".
            "rule" => {
                self.rule = Rule {
                    breaks: attribute(tag, "break").is_none_or(|value| value != "no"),
                    ..Rule::default()
                };
            }
            "beforebreak" | "afterbreak" => self.text.clear(),
            "languagemap" => {
                let pattern = attribute(tag, "languagepattern").unwrap_or_default();
                let name = attribute(tag, "languagerulename").unwrap_or_default();
                let whole = Regex::new(&format!("^(?i:{pattern})$")).map_err(|error| SrxError::Language {
                    pattern,
                    reason: explain(&error),
                })?;
                self.srx.languages.push((whole, name));
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        match name {
            "beforebreak" => self.rule.before = std::mem::take(&mut self.text),
            "afterbreak" => self.rule.after = std::mem::take(&mut self.text),
            "rule" => {
                if let Some((_, rules)) = self.srx.groups.last_mut() {
                    rules.push(std::mem::take(&mut self.rule));
                }
            }
            _ => {}
        }
    }
}

/// The engine's own words, which for a syntax error span several lines with a caret; the last line says what is wrong.
pub(super) fn explain(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let text = innermost.to_string();
    text.lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_GROUPS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
        <srx xmlns="http://www.lisa.org/srx20" version="2.0">
          <header segmentsubflows="yes" cascade="yes"><formathandle type="start" include="no"/></header>
          <body>
            <languagerules>
              <languagerule languagerulename="English">
                <rule break="no"><beforebreak>Mr\.</beforebreak><afterbreak>\s</afterbreak></rule>
              </languagerule>
              <languagerule languagerulename="Default">
                <rule><beforebreak>[.&amp;&#33;]</beforebreak><afterbreak/></rule>
              </languagerule>
            </languagerules>
            <maprules>
              <languagemap languagepattern="en(-.*)?" languagerulename="English"/>
              <languagemap languagepattern=".*" languagerulename="Default"/>
            </maprules>
          </body>
        </srx>"#;

    #[test]
    fn a_language_gets_its_own_rules_before_the_common_ones() {
        let srx = Srx::parse(TWO_GROUPS).unwrap();
        let english = srx.rules("EN-gb").unwrap();
        assert_eq!(
            english[0],
            Rule {
                breaks: false,
                before: r"Mr\.".into(),
                after: r"\s".into()
            }
        );
        assert_eq!(
            english[1],
            Rule {
                breaks: true,
                before: "[.&!]".into(),
                after: String::new()
            }
        );
        assert_eq!(srx.rules("eno").unwrap().len(), 1);
    }

    #[test]
    fn without_cascade_the_first_fitting_group_stands_alone() {
        let srx = Srx::parse(&TWO_GROUPS.replace("cascade=\"yes\"", "cascade=\"no\"")).unwrap();
        assert_eq!(srx.rules("en").unwrap().len(), 1);
    }

    #[test]
    fn a_broken_file_is_named_with_the_place_or_the_pattern() {
        let cut = Srx::parse(&TWO_GROUPS[..400]).and_then(|srx| srx.rules("en"));
        assert!(cut.is_err());
        let mismatched = Srx::parse("<srx><body></srx>").unwrap_err().to_string();
        assert!(mismatched.contains("at byte 11"), "{mismatched}");
        let pattern = Srx::parse(r#"<languagemap languagepattern="e(n"/>"#)
            .unwrap_err()
            .to_string();
        assert!(
            pattern.contains("\"e(n\"") && pattern.contains("unclosed group"),
            "{pattern}"
        );
        let unmapped = Srx::parse("<srx/>").unwrap().rules("tlh").unwrap_err().to_string();
        assert!(unmapped.contains("tlh"));
    }
}
