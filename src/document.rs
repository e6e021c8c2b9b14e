//! A text as the rest of the program sees it: segments in order, each in a paragraph.

/// One sentence (or whatever unit the reader cut), without line breaks at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The text, exactly as it stands in the document but for trimmed ends and joined line breaks.
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
}
