//! A session with the bundled sample, from the first frame to the file.

use std::fs;
use std::time::{Duration, Instant};

use crate::pty::Terminal;

const ENFACE: &str = env!("CARGO_BIN_EXE_enface");

/// The sample, aligned.
fn aligned(size: (u16, u16)) -> Terminal {
    let mut terminal = Terminal::open(ENFACE, &["demo"], size);
    terminal.wait_for(" beads");
    terminal
}

#[test]
fn a_first_session_opens_moves_exports_and_quits() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sample.tsv");
    let mut terminal = aligned((120, 40));
    terminal.wait_for("1 ↔ 1  cosine");
    terminal.wait_until("ranks", |screen| {
        !screen.contents().contains('…') || screen.contents().contains("→ rank 1")
    });
    terminal
        .send("jj")
        .wait_for("3 ↔ 1  cosine")
        .send("\r")
        .wait_for("bead");
    terminal.send("\x1b[B\x1b[C").wait_for("4 ↔ ");
    terminal.send("gg").wait_for("1 ↔ 1  cosine");
    terminal.send("ss").wait_for("P(source|target)  0");
    terminal.send("---").wait_for("best of 4×4");
    terminal.send("++++++").wait_for("P(source|target)  0");
    terminal.send("\t").wait_for("probability, cosine");
    terminal.send("nn\t").wait_for("cosine");

    terminal.send("e").wait_for("export to: ");
    terminal
        .send("\x15")
        .send(file.to_str().unwrap())
        .send("\r")
        .wait_for("pairs written to");
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.lines().count() > 10, "{written}");

    fs::write(&file, "precious").unwrap();
    terminal
        .send("e\x15")
        .send(file.to_str().unwrap())
        .send("\r")
        .wait_for("Overwrite it?");
    terminal.send("n").wait_for("nothing was written");
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    terminal
        .send("e\x15")
        .send(file.to_str().unwrap())
        .send("\r")
        .wait_for("Overwrite it?");
    terminal.send("y").wait_for("pairs written to");
    assert_eq!(fs::read_to_string(&file).unwrap(), written);

    terminal
        .send("?")
        .wait_for("Everywhere")
        .send("q")
        .wait_for("cosine")
        .send("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

/// Prints what the README quotes: `cargo test --release --test terminal first_frame -- --nocapture`.
#[test]
fn the_first_frame_does_not_wait_for_the_model() {
    let [mut first_frame, mut aligned] = [Duration::MAX; 2];
    // The best of five: a busy machine delays some.
    for _ in 0..5 {
        let start = Instant::now();
        let mut terminal = Terminal::open(ENFACE, &["demo"], (80, 24));
        terminal.wait_for("? help");
        first_frame = first_frame.min(start.elapsed());
        terminal.wait_for(" beads");
        aligned = aligned.min(start.elapsed());
        terminal.send("q");
        assert!(terminal.end().success());
    }
    println!("first frame after {first_frame:.0?}, sample aligned after {aligned:.0?}");
    assert!(first_frame < Duration::from_millis(100), "{first_frame:?}");
}

#[test]
fn the_mouse_moves_the_cursor() {
    let mut terminal = aligned((100, 30));
    // SGR encoding: button 0 pressed in column 41, row 10.
    terminal.send("\x1b[<0;41;10M\x1b[<0;41;10m").wait_for("7 ↔ ");
    terminal.send("\x1b[<65;41;10M").wait_for("8 ↔ ");
    terminal.send("q");
    assert!(terminal.end().success());
}

#[test]
fn pasted_text_types_into_the_prompt_and_does_nothing_elsewhere() {
    let mut terminal = aligned((100, 30));
    terminal
        .send("\x1b[200~qqq\x1b[201~")
        .send("j")
        .wait_for("2 ↔ 1  cosine");
    terminal
        .send("e\x15\x1b[200~q\nq.tsv\x1b[201~")
        .wait_for("export to: qq.tsv");
    terminal.send("\x1b").wait_for("s score").send("q");
    assert!(terminal.end().success());
}

#[test]
fn it_survives_every_size() {
    let mut terminal = Terminal::open(ENFACE, &["demo"], (1, 1));
    for size in [(2, 1), (1, 40), (300, 1), (5, 5), (80, 24), (12, 3), (200, 60), (1, 1)] {
        terminal.resize(size).send("jl\t+");
    }
    for width in 1..120 {
        terminal.resize((width, width / 3 + 1));
    }
    terminal.send("gg").resize((80, 24)).wait_for(" beads").send("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

#[test]
fn without_colour_the_screen_has_none() {
    let mut terminal = Terminal::open_with(ENFACE, &["demo"], (80, 24), &[("NO_COLOR", "1")]);
    terminal.wait_for(" beads");
    let emulator = terminal.emulator();
    for (row, column) in (0..24).flat_map(|row| (0..80).map(move |column| (row, column))) {
        let cell = emulator.screen().cell(row, column).unwrap();
        assert_eq!(
            (cell.fgcolor(), cell.bgcolor()),
            (vt100::Color::Default, vt100::Color::Default)
        );
    }
    assert!(emulator.screen().contents().contains('▓'));
}

#[test]
fn hostile_text_is_shown_not_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("a.txt"), folder.path().join("b.txt"));
    fs::write(
        &source,
        "Hello there, dear reader.\nThis is \u{1b}[2J\u{1b}[31mevil\u{1b}]0;owned\u{7}.\n",
    )
    .unwrap();
    fs::write(&target, "Bonjour, cher lecteur.\nCeci est \u{202e}mauvais\u{9b}5m.\n").unwrap();
    let arguments = ["--sentences".as_ref(), source.as_os_str(), target.as_os_str()];
    let mut terminal = Terminal::open(ENFACE, &arguments, (100, 30));
    terminal
        .wait_for(" beads")
        .send("jl")
        .wait_for("␛[2J␛[31mevil␛]0;owned␇")
        .wait_for("‹U+202E›mauvais‹U+009B›5m");
    terminal.send("q");
    assert!(terminal.end().success());
}

#[test]
fn a_long_job_is_cancelled_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let novel = |word: &str| {
        (0..6000)
            .map(|number| format!("{word} {number} went to the sea.\n"))
            .collect::<Vec<_>>()
            .concat()
    };
    let (source, target) = (folder.path().join("a.txt"), folder.path().join("b.txt"));
    fs::write(&source, novel("Captain")).unwrap();
    fs::write(&target, novel("Kapitän")).unwrap();
    let arguments = ["--sentences".as_ref(), source.as_os_str(), target.as_os_str()];
    let mut terminal = Terminal::open(ENFACE, &arguments, (100, 30));
    terminal
        .wait_for("embedding sentences")
        .send("jj")
        .wait_for("3 ↔ 1  cosine");
    terminal
        .send("x")
        .wait_for("cancelled; r starts it again")
        .send("r")
        .wait_for("embedding sentences");
    terminal.send("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

#[test]
fn wide_characters_leave_no_trace_when_they_scroll_away() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("a.txt"), folder.path().join("b.txt"));
    let japanese = [
        "吾輩は猫である。",
        "a名前はまだ無い。",
        "どこで生れたか、とんと見当がつかぬ。",
        "a👩 はい。",
    ];
    let mixed = [
        "I am a cat.",
        "私は 猫 です。",
        "Nobody knows 誰も where I was born.",
        "مرحبا 猫 שלום",
    ];
    fs::write(&source, (japanese.join("\n") + "\n").repeat(8)).unwrap();
    fs::write(&target, (mixed.join("\n") + "\n").repeat(8)).unwrap();
    let arguments = ["--sentences".as_ref(), source.as_os_str(), target.as_os_str()];
    let mut terminal = Terminal::open(ENFACE, &arguments, (81, 24));
    terminal.wait_for(" beads");
    for keys in ["jjl", "jjjjjjjll", "\t", "nnn", "n", "nnnnn", "pp", "\t", "+++k", "G"] {
        terminal.send(keys);
        terminal.settle();
        let updated = terminal.text();
        // Another size and back draws everything anew.
        terminal.resize((90, 30)).settle();
        terminal.resize((81, 24)).settle();
        assert_eq!(updated, terminal.text(), "after {keys:?}");
    }
    terminal.send("q");
    assert!(terminal.end().success());
}
