//! Texts that are longer than a model reads.

use std::fmt;

/// Segments whose ends a model did not read. Displays as a sentence for the user, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// How many.
    pub segments: usize,
    /// Name of the model.
    pub model: String,
    /// Tokens that it reads of each.
    pub limit: usize,
}

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segments, model, limit } = self;
        let segments = match segments {
            1 => "1 segment is".to_owned(),
            more => format!("{more} segments are"),
        };
        // Quoted with escapes: names come from outside.
        write!(
            out,
            "{segments} longer than the {limit} tokens that the model {model:?} reads; it did not see the rest"
        )
    }
}
