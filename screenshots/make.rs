//! Makes the pictures in this folder: runs the real program in a pseudo-terminal, presses keys, and writes what is on
//! screen, colours and all, as SVG.
//!
//! ```sh
//! cargo test --release --test screenshots
//! ```

// A script may stop on the first surprise.
#![allow(clippy::unwrap_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../tests/terminal/pty.rs"]
mod pty;
mod svg;

use std::path::Path;

use pty::Terminal;

const ENFACE: &str = env!("CARGO_BIN_EXE_enface");

/// Size of the terminal, in columns and rows.
const SIZE: (u16, u16) = (110, 34);

/// Keys pressed after the sample is aligned, what must then be on screen, and the name of the picture.
const PICTURES: [(&str, &str, &str); 5] = [
    ("nnnnnnnnnnnnnnnnnnnnnnnn", "→ rank 1", "grid"),
    ("nnnnnnnnnnnnnnnnnnnnnnnnss++", "→ rank 1", "probabilities"),
    ("nnnnnnnnnnnnnnnnnnnnnnnn---", "best of 4×4", "overview"),
    ("nnnnnnnnnnnnnnnnnnnnnnnn\t", "probability, cosine", "pairs"),
    ("?", "Everywhere", "help"),
];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    for (keys, words, name) in PICTURES {
        let mut terminal = Terminal::open(ENFACE, &["demo"], SIZE);
        terminal.wait_for(" beads").send(keys).wait_for(words);
        terminal.wait_until("every cell known", |screen| !screen.contents().contains('·'));
        terminal.settle();
        let picture = svg::picture(terminal.emulator().screen());
        std::fs::write(folder.join(name).with_extension("svg"), picture).unwrap();
        terminal.send("\x03");
    }
}
