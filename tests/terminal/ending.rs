//! However it ends, the terminal is given back.

use std::fs;

use enface::terminal::Screen;

use crate::pty::Terminal;

const ENFACE: &str = env!("CARGO_BIN_EXE_enface");

#[test]
fn a_signal_restores_the_terminal_and_is_what_the_program_dies_of() {
    for (name, description) in [
        ("INT", "Interrupt"),
        ("TERM", "Terminated"),
        ("HUP", "Hangup"),
        ("QUIT", "Quit"),
    ] {
        // The quit signal would leave a core file behind.
        let command = ["-c", "ulimit -c 0; exec \"$0\" demo", ENFACE];
        let mut terminal = Terminal::open("/bin/sh", &command, (80, 24));
        terminal.wait_until("the screen", |screen| {
            screen.alternate_screen() && !screen.contents().is_empty()
        });
        terminal.signal(name);
        assert_eq!(terminal.end().signal(), Some(description));
        terminal.assert_restored();
    }
}

#[test]
fn it_can_be_stopped_and_continued() {
    let mut terminal = Terminal::open(ENFACE, &["demo"], (80, 24));
    terminal.wait_for(" beads").send("\x1a");
    terminal.assert_restored();
    terminal.signal("CONT").wait_until("the screen again", |screen| {
        screen.alternate_screen() && screen.contents().contains(" beads")
    });
    terminal.signal("TSTP");
    terminal.assert_restored();
    terminal
        .signal("CONT")
        .wait_for(" beads")
        .send("j")
        .wait_for("2 ↔ 1  cosine")
        .send("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

#[test]
fn a_file_that_cannot_be_read_ends_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (source, missing) = (folder.path().join("a.txt"), folder.path().join("missing.txt"));
    fs::write(&source, "One sentence.\n").unwrap();
    let mut terminal = Terminal::open(ENFACE, &[&source, &missing], (200, 24));
    assert_eq!(terminal.end().exit_code(), 1);
    terminal.wait_for("missing.txt");
    terminal.assert_restored();
}

#[test]
fn without_a_terminal_it_says_what_works_instead() {
    let output = std::process::Command::new(ENFACE).arg("demo").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("not a terminal") && message.contains("enface align"),
        "{message}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_panic_restores_the_terminal_before_it_is_told() {
    let myself = std::env::current_exe().unwrap();
    let arguments = ["--exact", "ending::panicking", "--ignored", "--nocapture"];
    let mut terminal = Terminal::open(myself.to_str().unwrap(), &arguments, (120, 24));
    assert!(!terminal.end().success());
    terminal.wait_for("a mistake of ours");
    terminal.assert_restored();
}

#[test]
#[ignore = "runs in the pseudo-terminal of the test above"]
fn panicking() {
    let mut screen = Screen::enter().unwrap();
    let style = ratatui::style::Style::new();
    screen
        .draw(|frame| frame.buffer_mut().set_string(0, 0, "all is well", style))
        .unwrap();
    // Nobody hears of a panic elsewhere but whoever started that thread.
    assert!(std::thread::spawn(|| panic!("a mistake elsewhere")).join().is_err());
    panic!("a mistake of ours");
}

#[test]
fn what_is_printed_on_a_terminal_cannot_steer_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    fs::write(&file, "Ring \u{7} and \u{1b}[31mred\u{1b}]0;owned\u{7}.\n").unwrap();
    let mut terminal = Terminal::open(
        ENFACE,
        &["align".as_ref(), file.as_os_str(), file.as_os_str()],
        (200, 24),
    );
    assert!(terminal.end().success());
    terminal.wait_for("␛[31mred␛]0;owned␇");
}
