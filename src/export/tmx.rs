//! Translation memory exchange, TMX 1.4 (LISA OSCAR 2005), for translation memory programs.
//!
//! One translation unit a bead; null beads are left out, since a unit without a counterpart pollutes a memory. Score and
//! probability stand in `prop` elements with the `x-` prefix that the specification asks for. Characters that XML 1.0
//! cannot hold (most control characters, U+FFFE, U+FFFF) are dropped: one of them makes the whole file unreadable.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::escape::partial_escape;

use super::{Bitext, field};

/// Writes a complete file. A document of unknown language is tagged `und`.
///
/// # Errors
/// What `out` reports.
pub fn write(bitext: &Bitext<'_>, out: &mut impl Write) -> io::Result<()> {
    let languages = [bitext.source, bitext.target].map(|document| document.language.as_deref().unwrap_or("und"));
    let [source_language, target_language] = languages.map(xml);
    write!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<tmx version=\"1.4\">\n  <header creationtool=\"{}\" \
         creationtoolversion=\"{}\" segtype=\"sentence\" o-tmf=\"plain text\" adminlang=\"en\" srclang=\"{source_language}\" \
         datatype=\"plaintext\"/>\n  <body>\n",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    )?;
    for bead in bitext.beads {
        let (source, target) = (bitext.source.join(&bead.source), bitext.target.join(&bead.target));
        if source.is_empty() || target.is_empty() {
            continue;
        }
        writeln!(out, "    <tu>")?;
        writeln!(out, "      <prop type=\"x-score\">{:.6}</prop>", bead.score)?;
        writeln!(out, "      <prop type=\"x-probability\">{:.6}</prop>", bead.posterior)?;
        for (language, text) in [(&source_language, source), (&target_language, target)] {
            let text = field::one_line(&text);
            writeln!(
                out,
                "      <tuv xml:lang=\"{language}\"><seg>{}</seg></tuv>",
                xml(&text)
            )?;
        }
        writeln!(out, "    </tu>")?;
    }
    out.write_all(b"  </body>\n</tmx>\n")
}

/// Text for an element or a quoted attribute.
fn xml(text: &str) -> String {
    let allowed: Cow<'_, str> = if text.chars().all(is_xml) {
        text.into()
    } else {
        text.chars().filter(|&character| is_xml(character)).collect()
    };
    partial_escape(allowed).replace('"', "&quot;")
}

/// Whether XML 1.0 can hold the character (production 2, `Char`).
fn is_xml(character: char) -> bool {
    !matches!(character, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}
