//! Reordering of right-to-left text for terminals that fill cells from left to right whatever the script.

use std::ops::Range;

use unicode_bidi::{BidiClass, ParagraphBidiInfo, bidi_class};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Line, width};

/// Who puts right-to-left text into visual order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bidi {
    /// The program, by the Unicode bidirectional algorithm (UAX #9): most terminals do not.
    #[default]
    Reorder,
    /// The terminal; text is sent in logical order.
    Terminal,
}

impl Bidi {
    /// A guess from the environment: VTE (GNOME Terminal and its kin), Konsole, mlterm and Apple's Terminal reorder by
    /// themselves.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str, value: &str| variable(name).is_some_and(|found| found == value);
        let set = |name: &str| variable(name).is_some_and(|found| !found.is_empty());
        if set("VTE_VERSION") || set("KONSOLE_VERSION") || set("MLTERM") || named("TERM_PROGRAM", "Apple_Terminal") {
            Self::Terminal
        } else {
            Self::Reorder
        }
    }
}

/// A paragraph of visible characters, whose lines can be put into visual order one by one.
pub(super) struct Paragraph<'text> {
    text: &'text str,
    bidi: Bidi,
    levels: Option<ParagraphBidiInfo<'text>>,
}

impl<'text> Paragraph<'text> {
    pub(super) fn new(text: &'text str, bidi: Bidi) -> Self {
        let mixed = !text.is_ascii() && text.chars().any(is_right_to_left);
        Self {
            text,
            bidi,
            levels: mixed.then(|| ParagraphBidiInfo::new(text, None)),
        }
    }

    /// The line that holds the bytes of `range`.
    pub(super) fn line(&self, range: Range<usize>) -> Line {
        let right_to_left = self
            .levels
            .as_ref()
            .is_some_and(|levels| levels.paragraph_level.is_rtl());
        let logical = &self.text[range.clone()];
        let text = match (&self.levels, self.bidi) {
            (Some(levels), Bidi::Reorder) if !range.is_empty() => self.visual(levels, range),
            _ => logical.to_owned(),
        };
        Line {
            width: width(logical),
            text,
            right_to_left,
        }
    }

    /// Clusters, not characters, are reversed, so that marks stay on their letters.
    fn visual(&self, levels: &ParagraphBidiInfo<'_>, range: Range<usize>) -> String {
        let (levels, runs) = levels.visual_runs(range);
        let mut visual = String::new();
        for run in runs {
            let backwards = levels[run.start].is_rtl();
            let text = &self.text[run];
            if backwards {
                visual.extend(text.graphemes(true).rev().flat_map(str::chars).map(mirrored));
            } else {
                visual.push_str(text);
            }
        }
        visual
    }
}

/// Whether `character` is a letter or number of a right-to-left script.
pub(super) fn is_right_to_left(character: char) -> bool {
    !matches!(character, '\u{61c}' | '\u{200f}')
        && matches!(bidi_class(character), BidiClass::R | BidiClass::AL | BidiClass::AN)
}

/// The mirror image of a bracket or angle quote; every other character is its own.
fn mirrored(character: char) -> char {
    const PAIRS: &str = "()[]{}<>«»‹›≤≥⟨⟩「」『』（）【】《》〈〉";
    let Some(at) = PAIRS.chars().position(|other| other == character) else {
        return character;
    };
    PAIRS.chars().nth(at ^ 1).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::super::{fit, wrap};
    use super::*;

    fn shown(text: &str) -> String {
        fit(text, 80, Bidi::Reorder).text
    }

    #[test]
    fn hebrew_is_reversed_and_its_numbers_are_not() {
        assert_eq!(shown("שלום 123"), "123 םולש");
        assert_eq!(shown("he said שלום!"), "he said םולש!");
        assert!(fit("שלום", 80, Bidi::Reorder).right_to_left);
        assert!(!fit("he said שלום", 80, Bidi::Reorder).right_to_left);
    }

    #[test]
    fn brackets_face_the_other_way_and_marks_stay_on_their_letters() {
        assert_eq!(shown("(שלום)"), "(םולש)");
        assert_eq!(shown("שָׁלוֹם"), "םוֹלשָׁ");
    }

    #[test]
    fn a_direction_mark_moves_what_stands_beside_it() {
        let cells = |text: &str| shown(text).replace('\u{200f}', "");
        assert_eq!(cells("אבג MWP."), ".MWP גבא");
        assert_eq!(cells("MWP אבג!"), "MWP גבא!");
        assert_eq!(cells("\u{200f}MWP אבג!"), "!גבא MWP");
    }

    #[test]
    fn lines_are_broken_before_they_are_reordered() {
        let lines: Vec<_> = wrap("אבג דהו זחט", 7, 9, Bidi::Reorder)
            .into_iter()
            .map(|line| line.text)
            .collect();
        assert_eq!(lines, ["והד גבא", "טחז"]);
    }

    #[test]
    fn a_terminal_that_reorders_gets_logical_order() {
        assert_eq!(fit("שלום", 80, Bidi::Terminal).text, "שלום");
        let vte = |name: &str| (name == "VTE_VERSION").then(|| "7600".to_owned());
        assert_eq!(Bidi::detect(vte), Bidi::Terminal);
        assert_eq!(Bidi::detect(|_| None), Bidi::Reorder);
    }
}
