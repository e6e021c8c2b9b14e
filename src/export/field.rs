//! Text as a field of a line-based format.

use std::borrow::Cow;

/// `text` with every run of tabs and line ends replaced by one space. Line ends are all that any reader counts as one:
/// Python's `splitlines` cuts at U+0085, U+2028 and U+2029 too.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_separator) {
        return Cow::Borrowed(text);
    }
    let pieces = text.split(is_separator).filter(|piece| !piece.is_empty());
    let mut line = pieces.collect::<Vec<_>>().join(" ");
    if text.ends_with(is_separator) {
        line.truncate(line.trim_end().len());
    }
    Cow::Owned(line)
}

/// Whether a character ends a field or a line. The information separators U+001C to U+001E are among them for Python.
fn is_separator(character: char) -> bool {
    matches!(character, '\t'..='\r' | '\u{1C}'..='\u{1E}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reader_finds_a_second_field_or_line() {
        assert_eq!(
            one_line("a\tb\r\nc\u{2028}d\u{2029}e\u{85}f\u{b}g\u{c}h"),
            "a b c d e f g h"
        );
        assert_eq!(one_line("\n a\n"), " a");
        assert_eq!(one_line("plain"), "plain");
    }
}
