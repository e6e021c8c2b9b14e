//! Plain text: paragraphs, or one sentence a line.
//!
//! A blank line ends a paragraph. A single line break may mean two things: a text editor wrapped the line, or a
//! paragraph ends. Which it is gets guessed for the whole text, as follows. Let the *measure* be the width that 98 % of
//! the lines keep within. A break is *forced* when the first word of the next line would not have fitted into the
//! measure. The text is taken as wrapped when the measure is 40 to 200 columns, at least 60 % of its single breaks are
//! forced, and no more than half of the lines before them end a sentence (as they would in a file of one sentence a line).
//!
//! In a wrapped text a single break still ends a paragraph after a line shorter than 60 % of the measure (verse,
//! headings, addresses), and where a sentence has ended and the next line is indented.

use unicode_width::UnicodeWidthStr;

use crate::document::Segment;
use crate::document::spacing::{is_unspaced, push_joined};

/// What a single line break means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Newlines {
    /// Guessed from the text.
    #[default]
    Guess,
    /// The line was wrapped: the paragraph goes on.
    Wrap,
    /// A paragraph ends.
    Paragraph,
}

/// Breaks that are seen by the guess: the rest of a long book is wrapped as its beginning is.
const BREAKS_SEEN: usize = 20_000;

/// One segment a line, without the line's outer white space; blank lines are empty segments. A line ends at LF or CR LF
/// (at CR where there is no LF at all), and a line end at the end of the text starts no further line. Blank lines part
/// paragraphs.
pub(super) fn lines(text: &str) -> Vec<Segment> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let mut paragraph = 0;
    let mut started = false;
    let body = text.strip_suffix(end).unwrap_or(text);
    let number = |line: &str| {
        let line = line.trim();
        if line.is_empty() {
            paragraph += usize::from(std::mem::take(&mut started));
        } else {
            started = true;
        }
        Segment {
            text: line.to_owned(),
            paragraph,
        }
    };
    body.split(end).map(number).collect()
}

/// The paragraphs of a text, none of them empty, their lines joined.
pub(super) fn paragraphs(text: &str, newlines: Newlines) -> Vec<String> {
    let lines = split_lines(text);
    let measure = match newlines {
        Newlines::Guess => measure(&lines).filter(|&measure| is_wrapped(&lines, measure)),
        Newlines::Wrap => Some(measure(&lines).unwrap_or(usize::MAX)),
        Newlines::Paragraph => None,
    };
    let mut paragraphs: Vec<String> = Vec::new();
    let mut previous: Option<&str> = None;
    for line in lines {
        if line.trim().is_empty() {
            previous = None;
            continue;
        }
        match (previous, measure, paragraphs.last_mut()) {
            (Some(before), Some(measure), Some(paragraph)) if goes_on(before, line, measure, newlines) => {
                append(paragraph, line.trim());
            }
            _ => paragraphs.push(line.trim().to_owned()),
        }
        previous = Some(line);
    }
    paragraphs
}

/// Splits at every mark that Unicode counts as the end of a line (UAX #14, class BK, CR, LF, NL).
fn split_lines(text: &str) -> Vec<&str> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let ends = |character: char| {
        matches!(
            character,
            '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    for line in text.split('\n') {
        lines.extend(line.strip_suffix('\r').unwrap_or(line).split(ends));
    }
    lines
}

/// The width that 98 % of the written lines keep within, in columns.
fn measure(lines: &[&str]) -> Option<usize> {
    let written = lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty());
    let mut widths: Vec<usize> = written.take(BREAKS_SEEN).map(UnicodeWidthStr::width).collect();
    let index = (widths.len() * 98 / 100).min(widths.len().checked_sub(1)?);
    Some(*widths.select_nth_unstable(index).1)
}

fn is_wrapped(lines: &[&str], measure: usize) -> bool {
    if !(40..=200).contains(&measure) {
        return false;
    }
    let pairs = lines.iter().zip(&lines[1..]);
    let single = pairs
        .filter(|(line, next)| !line.trim().is_empty() && !next.trim().is_empty())
        .take(BREAKS_SEEN);
    let (mut breaks, mut forced, mut ended) = (0, 0, 0);
    for (line, next) in single {
        breaks += 1;
        forced += usize::from(line.trim_end().width() + 1 + first_word(next).width() > measure);
        ended += usize::from(ends_sentence(line));
    }
    forced * 10 >= breaks * 6 && ended * 2 <= breaks
}

/// Up to the first place where a line may be broken: white space, or after a letter of a script without spaces.
fn first_word(line: &str) -> &str {
    let line = line.trim_start();
    let ends = |(at, character): (usize, char)| {
        (character.is_whitespace() || (at > 0 && is_unspaced(character))).then_some(at)
    };
    &line[..line.char_indices().find_map(ends).unwrap_or(line.len())]
}

/// Whether the paragraph of `line` goes on in `next`.
fn goes_on(line: &str, next: &str, measure: usize, newlines: Newlines) -> bool {
    if next.starts_with('\u{3000}') {
        return false;
    }
    if newlines == Newlines::Wrap {
        return true;
    }
    let indented = |line: &str| line.starts_with("  ") || line.starts_with('\t');
    let short = line.trim_end().width() * 10 < measure * 6;
    let begins = indented(next) && !indented(line) && ends_sentence(line);
    !short && !begins
}

/// Whether a line ends with a stop, whatever closes after it.
pub(super) fn ends_sentence(line: &str) -> bool {
    let closing = |character: char| {
        matches!(
            character,
            '"' | '\'' | '”' | '“' | '’' | '»' | '«' | ')' | ']' | '」' | '』' | '）' | '_'
        )
    };
    let last = line.trim_end().trim_end_matches(closing).chars().next_back();
    last.is_some_and(|last| {
        matches!(
            last,
            '.' | '?' | '!' | ':' | '…' | '。' | '？' | '！' | '؟' | '۔' | '।' | '։' | '።' | '။'
        )
    })
}

/// Joins a line to its paragraph, without a space after a hyphen that stands in a word.
fn append(paragraph: &mut String, line: &str) {
    if is_hyphenated(paragraph, line) {
        paragraph.push_str(line);
    } else {
        push_joined(paragraph, line);
    }
}

/// Whether a line ends inside a hyphenated word. "Haupt- und Nebensatz" is none.
fn is_hyphenated(line: &str, next: &str) -> bool {
    let mut back = line.chars().rev();
    let hyphen =
        matches!(back.next(), Some('-' | '\u{AD}' | '\u{2010}')) && back.next().is_some_and(char::is_alphabetic);
    let word = first_word(next);
    hyphen
        && word.starts_with(char::is_lowercase)
        && !matches!(word, "und" | "oder" | "bzw." | "and" | "or" | "en" | "of")
}
