//! Word documents (DOCX; ECMA-376, part 1, `WordprocessingML`).
//!
//! A paragraph is one however many runs it was cut into; tables are read row by row. Footnotes and endnotes follow the
//! text. Text that a tracked change deletes or moves away is left out.

use super::archive::Archive;
use super::office::{self, Vocabulary};

const WORD: Vocabulary = Vocabulary {
    paragraphs: &["p"],
    text: Some("t"),
    spaces: &["tab", "br", "cr", "ptab"],
    // `Fallback` repeats the text of a drawing for older programs.
    skipped: &["pPr", "rPr", "del", "moveFrom", "Fallback", "instrText"],
};

pub(super) fn paragraphs(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut archive = Archive::open(bytes)?;
    let mut paragraphs = office::paragraphs(&archive.text("word/document.xml")?, &WORD)?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if archive.holds(notes) {
            paragraphs.extend(office::paragraphs(&archive.text(notes)?, &WORD)?);
        }
    }
    Ok(paragraphs)
}
