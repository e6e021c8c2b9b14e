//! Words of a text, by the kind of script that they are written in.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Digit,
    /// Written without spaces between words.
    Dense,
    Katakana,
    Letter,
    Other,
}

fn class(character: char) -> Class {
    match character {
        'a'..='z' | 'A'..='Z' => Class::Letter,
        '0'..='9' => Class::Digit,
        '\0'..='\x7f' => Class::Other,
        '\u{30a0}'..='\u{30ff}' => Class::Katakana,
        '\u{0e01}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' => Class::Dense,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{309f}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => {
            Class::Dense
        }
        _ if character.is_numeric() => Class::Digit,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{65f}' | '\u{900}'..='\u{dff}' => Class::Letter,
        _ if character.is_alphabetic() => Class::Letter,
        _ => Class::Other,
    }
}

/// Words of a text with their class; numbers take separators between digits in.
pub(super) struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    pub(super) fn new(rest: &'a str) -> Self {
        Self { rest }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (Class, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.rest.find(|c| class(c) != Class::Other)?;
        let text = &self.rest[start..];
        let kind = class(text.chars().next()?);
        let mut characters = text.char_indices().peekable();
        let mut end = text.len();
        while let Some((at, character)) = characters.next() {
            let separator = kind == Class::Digit
                && matches!(character, '.' | ',' | '\'' | '’' | '٬' | '٫')
                && characters.peek().is_some_and(|&(_, next)| class(next) == Class::Digit);
            if class(character) != kind && !separator {
                end = at;
                break;
            }
        }
        let (word, rest) = text.split_at(end);
        self.rest = rest;
        Some((kind, word))
    }
}
