//! `OpenDocument` texts (ODT; ISO/IEC 26300).
//!
//! Notes become paragraphs where they stand; comments, tracked deletions and ruby glosses are left out.

use super::archive::Archive;
use super::office::{self, Vocabulary};

const OPEN_DOCUMENT: Vocabulary = Vocabulary {
    paragraphs: &["p", "h"],
    text: None,
    spaces: &["s", "tab", "line-break"],
    skipped: &[
        "tracked-changes",
        "annotation",
        "note-citation",
        "ruby-text",
        "scripts",
        "automatic-styles",
    ],
};

pub(super) fn paragraphs(bytes: &[u8]) -> Result<Vec<String>, String> {
    office::paragraphs(&Archive::open(bytes)?.text("content.xml")?, &OPEN_DOCUMENT)
}
