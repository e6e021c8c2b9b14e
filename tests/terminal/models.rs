//! Another encoder, from a stand-in for the hub.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::pty::Terminal;
use crate::stand_in::{StandIn, tiny};

const ENFACE: &str = env!("CARGO_BIN_EXE_enface");

/// A folder with a small pair, and the hub.
struct Desk {
    hub: StandIn,
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            hub: StandIn::open(tiny("labse-like")),
            folder: tempfile::tempdir().unwrap(),
        };
        let german = "Guten Morgen.\nEs regnet seit drei Tagen.\nWo ist der Schlüssel?\n";
        let english = "Good morning.\nIt has been raining for three days.\nWhere is the key?\n";
        fs::write(desk.path("de.txt"), german).unwrap();
        fs::write(desk.path("en.txt"), english).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, model: &str) -> Terminal {
        let [source, target, hub, vectors] =
            ["de.txt", "en.txt", "hub", "vectors"].map(|name| self.path(name).to_str().unwrap().to_owned());
        let variables = [
            ("HF_HUB_CACHE", &*hub),
            ("HF_ENDPOINT", &*self.hub.endpoint),
            ("ENFACE_CACHE", &*vectors),
            ("HF_HUB_OFFLINE", ""),
            ("NO_PROXY", "127.0.0.1"),
        ];
        Terminal::open_with(
            ENFACE,
            &["--sentences", &source, &target, "--model", model],
            (100, 30),
            &variables,
        )
    }
}

#[test]
fn a_model_is_offered_downloaded_stopped_continued_and_used() {
    let desk = Desk::new();
    let mut terminal = desk.open("owner/tiny");
    terminal.wait_for("Download owner/tiny from 127.0.0.1");
    assert!(desk.hub.asked().is_empty());
    terminal.send("n").wait_for("not on this machine");

    desk.hub.set(|quirks| quirks.pace = Duration::from_millis(40));
    terminal
        .send("r")
        .wait_for("Download owner/tiny")
        .send("y")
        .wait_until("a good part of it", |screen| {
            ["(3", "(4", "(5", "(6"]
                .iter()
                .any(|percent| screen.contents().contains(percent))
        })
        .send("\x1b")
        .wait_for("what came of it is kept");
    desk.hub.set(|quirks| quirks.pace = Duration::ZERO);
    terminal
        .send("r")
        .wait_for("Download owner/tiny")
        .send("y")
        .wait_for(" beads");
    assert!(
        desk.hub
            .stored()
            .iter()
            .any(|request| request.headers.contains_key("range"))
    );
    terminal
        .send("m")
        .wait_for("owner/tiny *")
        .wait_for("on this machine")
        .send("use-multi\r")
        .wait_for(" beads");
    terminal
        .send("m")
        .wait_for("use-multilingual *")
        .send("\x1b")
        .wait_for(" beads")
        .send("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

#[test]
fn a_hub_that_cannot_be_used_is_told_in_a_sentence() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.corrupt = true);
    let mut terminal = desk.open("owner/tiny");
    terminal
        .wait_for("Download owner/tiny")
        .send("y")
        .wait_for("did not arrive as announced");
    terminal
        .send("m")
        .wait_for("labse")
        .send("owner/nothing\r")
        .wait_for("No model has")
        .send("\x1b")
        .wait_for("? help");
    terminal.send("q");
    assert!(terminal.end().success());
}
