//! A text as the rest of the program sees it: segments in order, each in a paragraph.
//!
//! [`read`] goes from a path to a [`Document`]: bytes are decoded ([`encoding`]), the text is parted into paragraphs,
//! its language guessed ([`language`]) where none was given, and every paragraph cut into sentences ([`segment`]).

use std::ops::Range;

pub mod encoding;
pub mod language;
mod read;
pub mod sample;
pub mod segment;
pub mod spacing;
mod xml;

pub use read::{LARGEST_FILE, Newlines, ReadError, ReadOptions, parse, read};

/// One sentence (or whatever unit the reader cut), without line breaks at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The text, exactly as it stands in the document but for trimmed ends and joined line breaks. Empty only for a
    /// blank line of a document read one sentence a line.
    pub text: String,
    /// 0-based number of the paragraph that holds it; never falls from one segment to the next.
    pub paragraph: usize,
}

/// A document cut into segments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// What to call it on screen and in exports: the file name.
    pub name: String,
    /// BCP 47 language tag, where it is known.
    pub language: Option<String>,
    /// The segments in reading order.
    pub segments: Vec<Segment>,
}

impl Document {
    /// The segments' texts in order, borrowed.
    pub fn texts(&self) -> Vec<&str> {
        self.segments.iter().map(|segment| segment.text.as_str()).collect()
    }

    /// The text of a run of segments, joined as running text (see [`spacing`]). Indexes beyond the end are left out.
    pub fn join(&self, run: &Range<usize>) -> String {
        let end = run.end.min(self.segments.len());
        let mut text = String::new();
        for segment in &self.segments[run.start.min(end)..end] {
            spacing::push_joined(&mut text, &segment.text);
        }
        text
    }
}
