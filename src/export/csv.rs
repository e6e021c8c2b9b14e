//! Comma-separated values (RFC 4180), for spreadsheets. The columns are those of [`super::tsv`].
//!
//! Every text is quoted, lines end in CR LF.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Bitext;
use super::tsv::{self, ids};

/// What differs between the programs that read CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Between fields. Excel wants a semicolon where the comma is the decimal mark.
    pub separator: char,
    /// Begin with U+FEFF, without which Excel takes the text for a legacy encoding.
    pub byte_order_mark: bool,
    /// Put an apostrophe before a text that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`). It stays in the
    /// text, and dialogue often begins with a dash.
    pub guard_formulas: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            separator: ',',
            byte_order_mark: true,
            guard_formulas: false,
        }
    }
}

/// Writes the header and every bead, null beads too.
///
/// # Errors
/// What `out` reports.
pub fn write(bitext: &Bitext<'_>, options: Options, out: &mut impl Write) -> io::Result<()> {
    let separator = options.separator.to_string();
    if options.byte_order_mark {
        write!(out, "\u{FEFF}")?;
    }
    write!(out, "{}\r\n", tsv::HEADER.replace('\t', &separator))?;
    for bead in bitext.beads {
        let fields = [
            quoted(&bitext.source.join(&bead.source), options),
            quoted(&bitext.target.join(&bead.target), options),
            format!("{:.6}", bead.score),
            quoted(&ids(&bead.source), options),
            quoted(&ids(&bead.target), options),
            format!("{:.6}", bead.posterior),
        ];
        write!(out, "{}\r\n", fields.join(&separator))?;
    }
    Ok(())
}

fn quoted(text: &str, options: Options) -> String {
    let formula = options.guard_formulas && text.starts_with(['=', '+', '-', '@']);
    let guarded: Cow<'_, str> = if formula {
        format!("'{text}").into()
    } else {
        text.into()
    };
    format!("\"{}\"", guarded.replace('"', "\"\""))
}
