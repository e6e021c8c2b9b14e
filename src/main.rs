//! The `enface` program.

fn main() {}
