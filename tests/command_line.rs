//! `enface align` as a translator would type it, on files good and bad.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "made_up/lighthouse.rs"]
mod lighthouse;

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use lighthouse::{ENGLISH, GERMAN};
use tempfile::TempDir;

/// A text of many sentences in two made-up languages, word for word; the encoder can tell little about either.
fn made_up(sentences: usize) -> [String; 2] {
    let mut state = 7_u32;
    let mut below = |limit: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % limit
    };
    let (mut left, mut right) = (String::new(), String::new());
    for _ in 0..sentences {
        let words: Vec<u32> = (0..5 + below(5)).map(|_| below(90)).collect();
        let spell = |syllables: [&str; 10]| {
            let word = |&word: &u32| format!("{}{}", syllables[word as usize / 10], syllables[word as usize % 10]);
            words.iter().map(word).collect::<Vec<_>>().join(" ") + ".\n"
        };
        left += &spell(["ka", "lo", "mi", "tu", "ra", "se", "po", "ni", "vu", "da"]);
        right += &spell([
            "drel", "mosk", "finn", "garb", "hult", "jarn", "krep", "wost", "pling", "zarn",
        ]);
    }
    [left, right]
}

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        desk.file("de.txt", GERMAN);
        desk.file("en.txt", ENGLISH);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn enface(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enface"));
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a command that must fail with `code`; gives back what it says, which must be one line.
    fn complaint(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.enface(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(output.stdout.is_empty());
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
        assert!(!said.contains('\u{1b}'));
        said
    }
}

fn text(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn two_files_become_aligned_pairs() {
    let desk = Desk::new();
    let output = desk.enface(&["align", "de.txt", "en.txt", "-o", "out.tsv"]);
    assert_eq!(text(&output), "");
    let table = fs::read_to_string(desk.path("out.tsv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(rows[0][..3], ["source", "target", "score"]);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let partner = |start: &str| rows.iter().find(|row| row[0].starts_with(start)).unwrap()[1];
    assert!(partner("Jeden Abend").contains("212 steps"));
    assert!(partner("Dann liest").contains("letters"));
}

#[test]
fn a_line_is_a_sentence_and_every_line_is_in_one_bead() {
    let desk = Desk::new();
    let arguments = ["align", "de.txt", "en.txt", "--sentences", "--format", "vecalign"];
    let beads = text(&desk.enface(&arguments));
    assert!(beads.lines().any(|line| line.starts_with("[2]:[2, 3]:")), "{beads}");
    let side = |field: usize| -> Vec<usize> {
        let lists = beads.lines().map(|line| line.split(':').nth(field).unwrap());
        lists
            .flat_map(|list| list.trim_matches(['[', ']']).split(", ").filter_map(|n| n.parse().ok()))
            .collect()
    };
    assert_eq!(side(0), (0..5).collect::<Vec<_>>());
    assert_eq!(side(1), (0..6).collect::<Vec<_>>());
}

#[test]
fn swapped_chapters_are_told_of_and_aligned_on_demand() {
    let desk = Desk::new();
    let french = include_str!("../assets/sample/canterville.fr.txt");
    let (first, second) = french.split_once("\nII\n").unwrap();
    desk.file("wilde.en.txt", include_str!("../assets/sample/canterville.en.txt"));
    desk.file("wilde.fr.txt", format!("II\n{second}\n\n{first}\n"));
    let align = |moves: &str, output: &str| {
        desk.enface(&["align", "wilde.en.txt", "wilde.fr.txt", "--moves", moves, "-o", output])
    };
    let told = align("suggest", "path.vecalign");
    assert!(told.status.success());
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(
        told.contains("seem to stand at target segments") && told.contains("--moves accept"),
        "{told}"
    );
    assert_eq!(text(&align("accept", "all.vecalign")), "");
    let pairs = |name: &str| {
        let beads = fs::read_to_string(desk.path(name)).unwrap();
        beads.lines().filter(|line| !line.contains("[]")).count()
    };
    assert!(pairs("all.vecalign") > pairs("path.vecalign") + 20);
    let refused = desk.complaint(
        1,
        &[
            "align",
            "wilde.en.txt",
            "wilde.fr.txt",
            "--moves",
            "accept",
            "-o",
            "all.ladder",
        ],
    );
    assert!(refused.contains("a ladder cannot hold moved passages"), "{refused}");
}

#[test]
fn documents_that_do_not_belong_together_are_told_of() {
    let desk = Desk::new();
    let chapters = |text: &'static str| text.split_once("\nII\n").unwrap();
    let english = chapters(include_str!("../assets/sample/canterville.en.txt"));
    let french = chapters(include_str!("../assets/sample/canterville.fr.txt"));
    desk.file("1.en.txt", english.0);
    desk.file("1.fr.txt", french.0);
    desk.file("2.fr.txt", french.1);
    let together = desk.enface(&["align", "1.en.txt", "1.fr.txt"]);
    assert!(!String::from_utf8_lossy(&together.stderr).contains("the wrong file"));
    let apart = desk.enface(&["align", "1.en.txt", "2.fr.txt"]);
    assert_eq!(apart.status.code(), Some(0));
    let said = String::from_utf8_lossy(&apart.stderr).into_owned();
    assert!(
        said.contains("segments found a counterpart: is it the wrong file?"),
        "{said}"
    );
    // Nothing is lost: every sentence stands in the file, on its own.
    let lines = String::from_utf8(apart.stdout).unwrap();
    let alone = |line: &str| line.starts_with('\t') || line.contains("\t\t");
    assert!(
        lines.lines().count() > 100 && lines.lines().skip(1).all(alone),
        "{lines}"
    );
}

#[test]
fn an_existing_file_is_replaced_only_when_told_to() {
    let desk = Desk::new();
    desk.file("out.tsv", "precious");
    let said = desk.complaint(1, &["align", "de.txt", "en.txt", "-o", "out.tsv"]);
    assert!(said.contains("out.tsv") && said.contains("exists"), "{said}");
    assert_eq!(fs::read_to_string(desk.path("out.tsv")).unwrap(), "precious");
    text(&desk.enface(&["align", "de.txt", "en.txt", "-o", "out.tsv", "--force"]));
    assert!(
        fs::read_to_string(desk.path("out.tsv"))
            .unwrap()
            .starts_with("source\t")
    );
}

#[test]
fn every_bad_file_gets_one_sentence_that_names_it() {
    let desk = Desk::new();
    desk.file("empty.txt", "");
    desk.file("blank.txt", " \n\n\t\n");
    desk.file(
        "picture.png",
        [0x89, b'P', b'N', b'G', 0, 0, 0, 13, 0, 0, 0, 1, 0xff, 0xfe, 0],
    );
    fs::create_dir(desk.path("folder")).unwrap();
    for name in [
        "missing.txt",
        "empty.txt",
        "blank.txt",
        "picture.png",
        "latin.txt",
        "folder",
    ] {
        let said = desk.complaint(1, &["align", name, "en.txt"]);
        assert!(said.contains(name), "{name}: {said}");
        let said = desk.complaint(1, &["align", "de.txt", name]);
        assert!(said.contains(name), "{name}: {said}");
    }
}

#[test]
fn a_text_from_before_unicode_is_read_as_it_was_meant() {
    let desk = Desk::new();
    desk.file(
        "latin.txt",
        b"Die Stra\xdfe ist gr\xfcn.\n\nIm Garten h\xe4ngen \xc4pfel.\n",
    );
    let table = text(&desk.enface(&["align", "latin.txt", "en.txt"]));
    assert!(
        table.contains("Die Straße ist grün.") && table.contains("hängen Äpfel"),
        "{table}"
    );
}

#[test]
fn an_encoding_can_be_named() {
    let desk = Desk::new();
    let mut damaged = GERMAN.repeat(9).into_bytes();
    damaged.extend(b"\xff\n");
    desk.file("damaged.txt", &damaged);
    let said = desk.complaint(1, &["align", "damaged.txt", "en.txt"]);
    assert!(said.contains("line 46") && said.contains("encoding"), "{said}");
    text(&desk.enface(&["align", "damaged.txt", "en.txt", "--from-encoding", "latin1"]));
    let said = desk.complaint(1, &["align", "de.txt", "en.txt", "--to-encoding", "martian"]);
    assert!(said.contains("martian") && said.contains("en.txt"), "{said}");
}

#[test]
fn where_nothing_can_be_written_it_says_so_before_the_work() {
    let desk = Desk::new();
    for output in ["no/where.tsv", "."] {
        // The documents are missing too, and would be missed first if the work had begun.
        let said = desk.complaint(1, &["align", "missing.txt", "missing.txt", "-o", output]);
        assert!(said.contains(output), "{said}");
    }
    let said = desk.complaint(1, &["align", "de.txt/part", "en.txt"]);
    assert!(said.contains("does not exist"), "{said}");
}

#[test]
fn a_file_beyond_all_measure_is_refused_at_once() {
    let desk = Desk::new();
    fs::File::create(desk.path("huge.txt"))
        .unwrap()
        .set_len(200_000_000)
        .unwrap();
    let said = desk.complaint(1, &["align", "huge.txt", "en.txt"]);
    assert!(said.contains("huge.txt") && said.contains("too large"), "{said}");
}

#[test]
fn odd_text_is_data() {
    let desk = Desk::new();
    desk.file(
        "odd.txt",
        "Ein \u{1b}[31mroter\u{1b}[0m Satz.\nNull: \0 und Glocke: \u{7}.\nEin Tab\tdarin.\n",
    );
    let table = text(&desk.enface(&["align", "odd.txt", "en.txt", "--sentences"]));
    assert_eq!(table.lines().map(|line| line.matches('\t').count()).max(), Some(5));
    desk.file("long.txt", "Das ist ein Wort. ".repeat(60_000));
    text(&desk.enface(&["align", "long.txt", "de.txt", "--format", "vecalign"]));
    desk.file("wall.txt", "x".repeat(1_000_000));
    text(&desk.enface(&["align", "wall.txt", "de.txt", "--format", "vecalign"]));
}

#[test]
fn a_text_aligned_with_itself_is_all_pairs() {
    let desk = Desk::new();
    let beads = text(&desk.enface(&["align", "en.txt", "en.txt", "--sentences", "--format", "vecalign"]));
    let pairs: Vec<String> = (0..6).map(|n| format!("[{n}]:[{n}]:")).collect();
    assert!(
        beads.lines().zip(&pairs).all(|(line, pair)| line.starts_with(pair)),
        "{beads}"
    );
    assert_eq!(beads.lines().count(), 6);
}

#[test]
fn a_wrong_command_line_exits_with_2() {
    let desk = Desk::new();
    for arguments in [
        &["align", "de.txt"][..],
        &["align", "a", "b", "--format", "word"],
        &["align", "de.txt", "en.txt", "--from", "german"],
        &["--no-such-flag"],
        &["--sentences"],
        &["--no-cache"],
        &[],
    ] {
        assert_eq!(desk.enface(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn two_documents_alone_ask_for_the_screen() {
    let desk = Desk::new();
    for arguments in [
        &["de.txt", "en.txt"][..],
        &["--no-cache", "de.txt", "en.txt", "--sentences"],
    ] {
        let said = desk.complaint(1, arguments);
        assert!(said.contains("not a terminal"), "{said}");
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let desk = Desk::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_enface"))
        .current_dir(desk.folder.path())
        .args(["align", "de.txt", "en.txt"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}

#[test]
fn what_one_volume_teaches_is_taken_to_the_next() {
    let desk = Desk::new();
    let [left, right] = made_up(160);
    desk.file("one.left.txt", &left);
    desk.file("one.right.txt", &right);
    let pair = ["one.left.txt", "one.right.txt", "--sentences"];
    let learn = [&["adapt"][..], &pair, &["-o", "lesson.safetensors"]].concat();
    let learned = desk.enface(&learn);
    assert!(learned.status.success(), "{}", String::from_utf8_lossy(&learned.stderr));
    let again = desk.enface(&learn);
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));

    let with = [
        &["align"][..],
        &pair,
        &["--adapter", "lesson.safetensors", "--format", "vecalign"],
    ]
    .concat();
    assert_eq!(desk.enface(&with).stdout, desk.enface(&with).stdout, "twice the same");
    let right_ones = String::from_utf8(desk.enface(&with).stdout).unwrap();
    assert!(right_ones.lines().count() >= 155, "{right_ones}");

    let wrong = [&["align"][..], &pair, &["--adapter", "one.left.txt"]].concat();
    let refusal = desk.enface(&wrong);
    let message = String::from_utf8_lossy(&refusal.stderr).into_owned();
    assert!(
        !refusal.status.success() && message.contains("one.left.txt cannot be used"),
        "{message}"
    );
    let nothing = desk.enface(&["adapt", "de.txt", "en.txt", "-o", "none.safetensors"]);
    let message = String::from_utf8_lossy(&nothing.stderr).into_owned();
    assert!(
        !nothing.status.success() && message.contains("teaches nothing"),
        "{message}"
    );
    assert!(!desk.path("none.safetensors").exists());
}

#[test]
fn what_a_person_has_settled_stands_in_the_result() {
    let desk = Desk::new();
    let align = |extra: &[&str]| {
        let common = ["align", "de.txt", "en.txt", "--sentences", "--from", "de", "--to", "en"];
        let output = desk.enface(&[&common[..], extra].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let as_it_comes = align(&["--format", "vecalign"]);
    assert!(as_it_comes.contains("[2]:[2, 3]:"), "{as_it_comes}");
    desk.file("settled.txt", "[1, 2]:[1, 2, 3]\n[3]:[4]:-1\n");
    let settled = align(&["--format", "vecalign", "--pins", "settled.txt"]);
    assert!(settled.contains("[1, 2]:[1, 2, 3]:"), "{settled}");
    assert!(!settled.contains("[3]:[4]:"), "a rejected bead stands: {settled}");
    desk.file("rungs.txt", "3\t3\n4\t5\n");
    let rungs = align(&["--format", "vecalign", "--pins", "rungs.txt"]);
    assert!(rungs.contains("[3]:[3, 4]:"), "{rungs}");
    let small = align(&["--format", "vecalign", "--max-bead", "2"]);
    assert!(small.lines().all(|line| line.matches(',').count() == 0), "{small}");
}

#[test]
fn every_bead_tells_how_sure_it_is_and_what_else_it_could_be() {
    let desk = Desk::new();
    let run = |extra: &[&str]| {
        let common = ["align", "de.txt", "en.txt", "--sentences"];
        String::from_utf8(desk.enface(&[&common[..], extra].concat()).stdout).unwrap()
    };
    let lines = run(&["--json"]);
    let records: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let other = records.iter().find_map(|record| record.get("runner_up")).unwrap();
    let (best, other_probability) = (&records[0]["probability"], other["probability"].as_f64().unwrap());
    assert!(
        (0.0..0.5).contains(&other_probability) && best.as_f64().unwrap() > 0.5,
        "{lines}"
    );
    assert!(!other["beads"].as_array().unwrap().is_empty());
    let posteriors = run(&["--format", "vecalign", "--posterior"]);
    let first: f64 = posteriors
        .lines()
        .next()
        .unwrap()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!((first - best.as_f64().unwrap()).abs() < 1e-4, "{posteriors}");
    let both = desk.enface(&["align", "de.txt", "en.txt", "--json", "--format", "tsv"]);
    assert_eq!(both.status.code(), Some(2));
}
