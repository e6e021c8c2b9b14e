//! Characters that steer a terminal or hide in a text, made visible.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use super::bidi::is_right_to_left;

/// Combining marks that one character may carry on screen; more would spill over the lines around it.
const MARKS: usize = 8;

/// `text` with every control character, escape, line separator, bidi control and zero-width character replaced by a
/// sign for it: `␛` for escape, `‹U+202E›` for an override. Joiners stay where scripts and emoji need them, and so do
/// direction marks in text with right-to-left letters, which would be in the wrong order without them.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let right_to_left = text.chars().any(is_right_to_left);
    let mut shown = String::with_capacity(text.len() + 16);
    let mut marks = 0_usize;
    let mut previous = ' ';
    for character in text.chars() {
        if is_hidden(character) || is_stray_joiner(character, previous) || is_direction(character) && !right_to_left {
            close_marks(&mut shown, &mut marks);
            push_sign(&mut shown, character);
        } else if is_mark(character) && !is_direction(character) {
            marks += 1;
            if shown.is_empty() {
                shown.push('◌');
            }
            if marks <= MARKS {
                shown.push(character);
            }
        } else {
            close_marks(&mut shown, &mut marks);
            shown.push(character);
        }
        previous = character;
    }
    close_marks(&mut shown, &mut marks);
    Cow::Owned(shown)
}

/// Whether `character` needs no second look.
fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~') || !(is_hidden(character) || is_mark(character) || is_direction(character))
}

/// Whether `character` takes no cell of its own: a combining mark, a joiner or a variation selector.
fn is_mark(character: char) -> bool {
    character.width() == Some(0)
}

/// Whether `character` steers the terminal, the writing direction or nothing that a reader could see.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
}

/// Whether `character` is one of the invisible marks that only lend their direction to what stands beside them.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// Whether `character` is a joiner or non-joiner that follows nothing it could join: Arabic, Indic and emoji use them,
/// Latin letters and spaces only to deceive.
fn is_stray_joiner(character: char, previous: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}') && (previous.is_ascii() || previous.is_whitespace())
}

/// Says how many marks of the last character were left out.
fn close_marks(shown: &mut String, marks: &mut usize) {
    if let Some(more) = marks.checked_sub(MARKS + 1) {
        push(shown, format_args!("‹+{}›", more + 1));
    }
    *marks = 0;
}

fn push_sign(shown: &mut String, character: char) {
    let code = u32::from(character);
    match char::from_u32(0x2400 + code) {
        Some(picture) if code < 0x20 => shown.push(picture),
        _ if code == 0x7f => shown.push('␡'),
        _ => push(shown, format_args!("‹U+{code:04X}›")),
    }
}

/// Appends to a string, which cannot fail.
fn push(shown: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = shown.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(
            visible("Der Geist, « déjà vu » 日本語 العربية"),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn escapes_cannot_reach_the_terminal() {
        assert_eq!(visible("\u{1b}[2J\u{7}\0\t\r\n\u{7f}\u{9b}"), "␛[2J␇␀␉␍␊␡‹U+009B›");
    }

    #[test]
    fn overrides_and_zero_width_characters_are_named() {
        assert_eq!(visible("abc\u{202e}def\u{2066}"), "abc‹U+202E›def‹U+2066›");
        assert_eq!(visible("pass\u{200b}word\u{feff}"), "pass‹U+200B›word‹U+FEFF›");
        assert_eq!(visible("pass\u{200d}word"), "pass‹U+200D›word");
        assert_eq!(visible("a\u{2028}b"), "a‹U+2028›b");
        assert_eq!(visible("pay\u{200f}pal"), "pay‹U+200F›pal");
    }

    #[test]
    fn joiners_stay_where_a_script_needs_them() {
        for text in ["می‌خواهم", "👩‍👩‍👧", "क्‍ष"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn direction_marks_do_their_work_in_hebrew() {
        let text = "שלום \u{200f}(MWP)\u{200f}.";
        assert_eq!(visible(text), text);
    }

    #[test]
    fn a_tower_of_marks_is_cut_and_counted() {
        let tower = format!("a{}b", "\u{301}".repeat(30));
        assert_eq!(visible(&tower), format!("a{}‹+22›b", "\u{301}".repeat(8)));
        assert_eq!(visible("\u{301}alone"), "◌\u{301}alone");
    }
}
