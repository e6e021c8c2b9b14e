//! Text of documents on a grid of terminal cells: the one place for width, truncation, wrapping, writing direction and
//! characters that must not reach a terminal.
//!
//! Widths are ratatui's own (grapheme clusters measured with `unicode-width`), so that what is measured here is what
//! the buffer will hold.

mod bidi;
mod visible;

use std::ops::Range;

use ratatui::buffer::CellWidth as _;
use unicode_segmentation::UnicodeSegmentation as _;

pub use bidi::Bidi;
pub use visible::visible;

use bidi::Paragraph;

/// One line ready for the screen: visible characters only, in the order in which cells are filled from left to right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The characters, left to right.
    pub text: String,
    /// Terminal cells it takes.
    pub width: usize,
    /// Whether its paragraph runs from right to left, so that it hangs on the right edge.
    pub right_to_left: bool,
}

/// Terminal cells that `text` takes when its characters are all visible ones.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(cluster_width).sum()
}

/// Width of one grapheme cluster, 0 where the buffer would drop it.
fn cluster_width(cluster: &str) -> usize {
    if cluster.chars().any(char::is_control) {
        return 0;
    }
    usize::from(cluster.cell_width())
}

/// As much of the beginning of `text` as fits into `max` cells, with an ellipsis when something is left out.
pub fn fit(text: &str, max: usize, bidi: Bidi) -> Line {
    let head = head(text, max.saturating_mul(16).max(64));
    let shown = visible(head);
    let cut = clip(&shown, max);
    if cut == shown.len() && head.len() == text.len() {
        return Paragraph::new(&shown, bidi).line(0..shown.len());
    }
    let Some(room) = max.checked_sub(1) else {
        return Line::default();
    };
    let cut = clip(&shown, room).min(cut);
    let shortened = format!("{}…", shown[..cut].trim_end());
    Paragraph::new(&shortened, bidi).line(0..shortened.len())
}

/// The longest beginning of `text` that is at most `bytes` long; whatever stands behind it could not be on screen.
fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or(0)]
}

/// Byte length of the longest run of whole clusters at the beginning of `text` that takes at most `max` cells.
fn clip(text: &str, max: usize) -> usize {
    let mut taken = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        taken += cluster_width(cluster);
        if taken > max {
            return at;
        }
    }
    text.len()
}

/// Breaks `text` into lines of at most `max` cells where the Unicode line breaking algorithm (UAX #14) allows it, and
/// inside a word only where nothing else helps. At most `limit` lines are made. An empty text has one empty line.
pub fn wrap(text: &str, max: usize, limit: usize, bidi: Bidi) -> Vec<Line> {
    if max == 0 || limit == 0 {
        return Vec::new();
    }
    let shown = visible(text);
    let paragraph = Paragraph::new(&shown, bidi);
    let mut lines = Vec::new();
    break_lines(&shown, max, |range| {
        let end = range.start + shown[range.clone()].trim_end_matches(' ').len();
        lines.push(paragraph.line(range.start..end));
        lines.len() < limit
    });
    for line in lines.iter_mut().filter(|line| line.width > max) {
        *line = Line {
            text: "…".into(),
            width: 1,
            right_to_left: line.right_to_left,
        };
    }
    lines
}

/// Hands the byte range of one line after another to `emit` until that returns false.
fn break_lines(text: &str, max: usize, mut emit: impl FnMut(Range<usize>) -> bool) {
    let mut breaks = unicode_linebreak::linebreaks(text).map(|(at, _)| at).peekable();
    let mut start = 0;
    let mut taken = 0;
    // Cells of spaces that hang over the edge, where they take none unless something follows them on the line.
    let mut hung = 0;
    let mut opportunity = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        let needed = cluster_width(cluster);
        let hangs = cluster == " ";
        while !hangs && taken + hung + needed > max && at > start {
            let cut = if opportunity > start { opportunity } else { at };
            if !emit(start..cut) {
                return;
            }
            start = cut;
            (taken, hung) = (width(&text[start..at]), 0);
        }
        let over = hangs && taken >= max;
        *(if over { &mut hung } else { &mut taken }) += needed;
        let end = at + cluster.len();
        while breaks.next_if(|&position| position < end).is_some() {}
        if breaks.next_if_eq(&end).is_some() {
            opportunity = end;
        }
    }
    emit(start..text.len());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(text: &str, max: usize) -> Vec<String> {
        wrap(text, max, usize::MAX, Bidi::Reorder)
            .into_iter()
            .map(|line| line.text)
            .collect()
    }

    #[test]
    fn english_breaks_at_spaces_and_inside_a_word_only_when_it_must() {
        assert_eq!(wrapped("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(
            wrapped("a Rechtsschutzversicherung", 8),
            ["a", "Rechtssc", "hutzvers", "icherung"]
        );
        assert_eq!(wrapped("", 5), [""]);
        assert!(wrapped("word", 0).is_empty());
    }

    #[test]
    fn what_has_no_width_does_not_cling_to_a_space_beyond_the_edge() {
        // A vowel of Korean by itself takes no cell.
        let lines = wrapped("𝒢A 0𐆐🪀 A ᅡ0", 9);
        assert_eq!(lines.concat().replace(' ', ""), "𝒢A0𐆐🪀Aᅡ0", "{lines:?}");
    }

    #[test]
    fn japanese_breaks_between_characters_but_not_before_a_full_stop() {
        assert_eq!(wrapped("吾輩は猫である。", 8), ["吾輩は猫", "である。"]);
        assert_eq!(wrapped("吾輩は猫。", 8), ["吾輩は", "猫。"]);
        assert_eq!(
            wrapped("猫", 1),
            ["…"],
            "a wide character that can never fit gives way to a sign"
        );
    }

    #[test]
    fn truncation_counts_cells_not_characters() {
        let shown = |text, max| fit(text, max, Bidi::Reorder).text;
        assert_eq!(shown("naïve cafe\u{301}", 10), "naïve cafe\u{301}");
        assert_eq!(shown("日本語の文章", 7), "日本語…");
        assert_eq!(shown("日本語の文章", 6), "日本…");
        assert_eq!(shown("word", 0), "");
        assert_eq!(
            shown("👩‍👩‍👧 family", 5),
            "👩‍👩‍👧 f…",
            "a family of three is one character of two cells"
        );
    }

    #[test]
    fn a_sentence_of_a_million_characters_is_cut_without_reading_it_all() {
        let long = "word ".repeat(200_000);
        assert_eq!(fit(&long, 10, Bidi::Reorder).text, "word word…");
        assert_eq!(wrap(&long, 9, 3, Bidi::Reorder).len(), 3);
    }

    proptest! {
        #[test]
        fn lines_fit_and_lose_nothing_but_spaces(text in "\\PC{0,60}", max in 2_usize..30) {
            prop_assume!(visible(&text).graphemes(true).all(|cluster| cluster_width(cluster) <= max));
            let lines = wrap(&text, max, usize::MAX, Bidi::Terminal);
            prop_assert!(lines.iter().all(|line| line.width <= max && line.width == width(&line.text)));
            let joined: String = lines.iter().flat_map(|line| line.text.chars()).filter(|c| *c != ' ').collect();
            let shown: String = visible(&text).chars().filter(|c| *c != ' ').collect();
            prop_assert_eq!(joined, shown);
        }

        #[test]
        fn nothing_that_reaches_the_screen_is_a_control_character(text in any::<String>(), max in 0_usize..40) {
            let line = fit(&text, max, Bidi::Reorder);
            prop_assert!(line.width <= max);
            prop_assert!(!line.text.chars().any(char::is_control));
            for line in wrap(&text, max, 50, Bidi::Reorder) {
                prop_assert!(line.width <= max);
                prop_assert!(!line.text.chars().any(char::is_control));
            }
        }
    }
}
