//! A line of text being typed.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation as _};

use crate::action::Action;

/// Text with a caret between two characters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompt {
    text: String,
    caret: usize,
}

impl Prompt {
    /// A prompt that begins with `text`, caret at its end.
    pub fn new(text: String) -> Self {
        Self {
            caret: text.len(),
            text,
        }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before and behind the caret.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at(self.caret)
    }

    /// Puts `text` in at the caret, line breaks and other control characters left out.
    pub fn insert(&mut self, text: &str) {
        let clean: String = text.chars().filter(|character| !character.is_control()).collect();
        self.text.insert_str(self.caret, &clean);
        self.caret += clean.len();
    }

    /// Does what `action` asks of a line of text; other actions do nothing.
    pub fn edit(&mut self, action: Action) {
        match action {
            Action::CaretLeft => self.caret = self.before(),
            Action::CaretRight => self.caret = self.behind(),
            Action::CaretStart => self.caret = 0,
            Action::CaretEnd => self.caret = self.text.len(),
            Action::DeleteBack => self.delete(self.before(), self.caret),
            Action::DeleteForward => self.delete(self.caret, self.behind()),
            Action::DeleteWord => self.delete(self.word_start(), self.caret),
            Action::DeleteLine => self.delete(0, self.caret),
            _ => {}
        }
    }

    fn delete(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.caret = from;
    }

    fn before(&self) -> usize {
        let mut cursor = GraphemeCursor::new(self.caret, self.text.len(), true);
        cursor.prev_boundary(&self.text, 0).ok().flatten().unwrap_or(0)
    }

    fn behind(&self) -> usize {
        let mut cursor = GraphemeCursor::new(self.caret, self.text.len(), true);
        cursor
            .next_boundary(&self.text, 0)
            .ok()
            .flatten()
            .unwrap_or(self.text.len())
    }

    fn word_start(&self) -> usize {
        let mut words = self.parts().0.split_word_bound_indices();
        let last_word = words.rfind(|(_, word)| word.chars().any(char::is_alphanumeric));
        last_word.map_or(0, |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_edited_by_whole_characters() {
        let mut prompt = Prompt::new("texts/Cafe\u{301}.tsv".into());
        prompt.edit(Action::DeleteWord);
        assert_eq!(prompt.text(), "texts/");
        prompt.insert("Cafe\u{301}\n\u{1b}");
        prompt.edit(Action::DeleteBack);
        assert_eq!(prompt.text(), "texts/Caf");
        prompt.edit(Action::CaretStart);
        prompt.edit(Action::DeleteForward);
        prompt.insert("T");
        assert_eq!(prompt.parts(), ("T", "exts/Caf"));
        prompt.edit(Action::CaretLeft);
        prompt.edit(Action::CaretLeft);
        prompt.edit(Action::DeleteBack);
        assert_eq!(prompt.parts(), ("", "Texts/Caf"));
        prompt.edit(Action::CaretEnd);
        prompt.edit(Action::CaretRight);
        prompt.edit(Action::DeleteLine);
        assert_eq!(prompt.text(), "");
    }
}
