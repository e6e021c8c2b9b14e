//! Drawing: state in, cells out.

pub mod text;
