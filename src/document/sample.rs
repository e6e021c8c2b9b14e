//! The bundled sample pair: the first two chapters of *The Canterville Ghost* and of a French translation.

use super::{Document, ReadError, ReadOptions, parse};

/// Oscar Wilde's text, 1887.
pub const ENGLISH: &str = include_str!("../../assets/sample/canterville.en.txt");

/// Albert Savine's translation.
pub const FRENCH: &str = include_str!("../../assets/sample/canterville.fr.txt");

/// The English and the French document, segmented.
///
/// # Errors
/// Never, which the tests show.
pub fn documents() -> Result<(Document, Document), ReadError> {
    let read = |name: &str, text: &str| parse(name, text.as_bytes(), &ReadOptions::default());
    Ok((
        read("canterville.en.txt", ENGLISH)?,
        read("canterville.fr.txt", FRENCH)?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_cut_into_sentences() {
        let (english, french) = documents().unwrap();
        assert_eq!(
            (english.language.as_deref(), french.language.as_deref()),
            (Some("en"), Some("fr"))
        );
        assert_eq!(english.segments[2].text.split_whitespace().next(), Some("When"));
        assert_eq!((english.segments.len(), french.segments.len()), (97, 130));
    }
}
