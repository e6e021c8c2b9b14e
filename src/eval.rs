//! Measuring: how good are vectors and alignments?

pub mod tatoeba;
