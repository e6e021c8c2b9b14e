//! Writing alignments in the forms that other tools read.
