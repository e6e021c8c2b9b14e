//! One key, as the terminal reports it and as the keymap writes it.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::KeymapError;

/// One key with the modifiers held down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Names of keys that are not characters.
const NAMES: &[(&str, KeyCode)] = &[
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("space", KeyCode::Char(' ')),
];

impl Key {
    /// The key of an event. Shift is part of a character already, so it is dropped there.
    pub fn new(event: &KeyEvent) -> Self {
        let modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let shifted = matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab);
        let modifiers = if shifted {
            modifiers - KeyModifiers::SHIFT
        } else {
            modifiers
        };
        Self {
            code: event.code,
            modifiers,
        }
    }

    /// The character that pressing the key types.
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(character) if self.modifiers.is_empty() => Some(character),
            _ => None,
        }
    }

    pub(super) fn read(notation: &str) -> Option<Self> {
        let mut rest = notation;
        let mut modifiers = KeyModifiers::NONE;
        while let Some((prefix, more)) = rest.split_once('-').filter(|(_, more)| !more.is_empty()) {
            modifiers |= match prefix {
                "ctrl" => KeyModifiers::CONTROL,
                "alt" => KeyModifiers::ALT,
                "shift" => KeyModifiers::SHIFT,
                _ => return None,
            };
            rest = more;
        }
        let code = Self::parse_code(rest)?;
        Some(Self::new(&KeyEvent::new(code, modifiers)))
    }

    fn parse_code(name: &str) -> Option<KeyCode> {
        if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Some(*code);
        }
        let mut characters = name.chars();
        match (characters.next()?, characters.as_str()) {
            (character, "") => Some(KeyCode::Char(character)),
            ('f', number) => number
                .parse()
                .ok()
                .filter(|number| (1..=12).contains(number))
                .map(KeyCode::F),
            _ => None,
        }
    }
}

impl FromStr for Key {
    type Err = KeymapError;

    /// Reads a key as the keymap writes it: `q`, `ctrl-c`, `pageup`.
    fn from_str(notation: &str) -> Result<Self, KeymapError> {
        Self::read(notation).ok_or_else(|| KeymapError::Key(notation.to_owned()))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [
            (KeyModifiers::CONTROL, "Ctrl-"),
            (KeyModifiers::ALT, "Alt-"),
            (KeyModifiers::SHIFT, "Shift-"),
        ] {
            if self.modifiers.contains(modifier) {
                f.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(character) => write!(f, "{character}"),
            code => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shift_counts_for_named_keys_only() {
        let key = |code, modifiers| Key::new(&KeyEvent::new(code, modifiers));
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT), "G".parse().unwrap());
        assert_ne!(key(KeyCode::Left, KeyModifiers::SHIFT), "left".parse().unwrap());
        assert_eq!("ctrl--".parse::<Key>().unwrap().to_string(), "Ctrl--");
        assert_eq!("-".parse::<Key>().unwrap().to_string(), "-");
    }
}
