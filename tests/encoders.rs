//! The commands around the encoder, as one would type them: choosing one, embedding lines, measuring, the cache.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder to work in, with a cache of its own and no model of the hub.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        desk.file(
            "de.txt",
            "Guten Morgen.\nEs regnet seit drei Tagen.\nWo ist der Schlüssel?\n",
        );
        desk.file(
            "en.txt",
            "Good morning.\nIt has been raining for three days.\nWhere is the key?\n",
        );
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_enface"))
            .current_dir(self.folder.path())
            .env("ENFACE_CACHE", self.path("cache"))
            .env("ENFACE_MODELS", self.path("models"))
            .env("XDG_CACHE_HOME", self.path("caches"))
            .env("HF_HUB_CACHE", self.path("hub"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that needs no input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn complaint(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments, "");
        assert_eq!(output.status.code(), Some(code));
        String::from_utf8(output.stderr).unwrap()
    }
}

/// A tiny model with random weights.
fn tiny() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/transformers/labse-like");
    folder.to_str().unwrap().to_owned()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes))
        .collect()
}

#[test]
fn lines_become_a_matrix_that_numpy_loads() {
    let desk = Desk::new();
    desk.file("lines.txt", "\u{feff}Guten Morgen.\r\n\r\nWo ist der Schlüssel?");
    desk.said(&["embed", "lines.txt", "-o", "out.npy"]);
    let bytes = fs::read(desk.path("out.npy")).unwrap();
    assert!(bytes.starts_with(b"\x93NUMPY\x01\x00"));
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(String::from_utf8_lossy(&bytes[10..start]).contains("'shape': (3, 512)"));
    let rows = floats(&bytes[start..]);
    assert_eq!(rows.len(), 3 * 512);
    for row in rows.chunks(512) {
        assert!((row.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-4);
    }
    // The mark at the beginning, the carriage returns and the missing last line break are no text.
    let raw = desk.run(
        &["embed", "-", "--raw", "--threads", "1", "-o", "-"],
        "Guten Morgen.\n\nWo ist der Schlüssel?\n",
    );
    let same = floats(&raw.stdout).iter().zip(&rows).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(same && raw.stdout.len() == rows.len() * 4);
}

#[test]
fn any_model_embeds_lines() {
    let desk = Desk::new();
    desk.said(&["embed", "de.txt", "--model", &tiny(), "--raw", "-o", "out.f32"]);
    let rows = floats(&fs::read(desk.path("out.f32")).unwrap());
    assert!(rows.len().is_multiple_of(3) && rows.len() / 3 < 512);
}

#[test]
fn embedding_refuses_what_it_cannot_do_well() {
    let desk = Desk::new();
    desk.file("latin.txt", b"Guten Tag.\nSch\xf6n.\n");
    desk.file("there.npy", "precious");
    let said = desk.complaint(1, &["embed", "latin.txt", "-o", "out.npy"]);
    assert!(said.contains("latin.txt") && said.contains("line 2"), "{said}");
    let said = desk.complaint(1, &["embed", "nothing.txt", "-o", "out.npy"]);
    assert!(said.contains("nothing.txt"), "{said}");
    let said = desk.complaint(1, &["embed", "de.txt", "-o", "there.npy"]);
    assert!(said.contains("there.npy") && said.contains("exists"), "{said}");
    assert!(!desk.path("out.npy").exists());
    desk.said(&["embed", "de.txt", "-o", "there.npy", "--force"]);
    assert!(fs::read(desk.path("there.npy")).unwrap().starts_with(b"\x93NUMPY"));
}

#[test]
fn a_pair_aligned_again_is_the_same_and_the_cache_can_be_seen_and_cleared() {
    let desk = Desk::new();
    let model = tiny();
    let arguments = ["align", "de.txt", "en.txt", "--sentences", "--model", &model];
    assert!(desk.said(&["cache"]).contains("holds 0 B"));
    desk.said(&[&arguments[..], &["--no-cache"]].concat());
    assert!(desk.said(&["cache"]).contains("holds 0 B"));
    let first = desk.said(&arguments);
    let listing = desk.said(&["cache"]);
    assert!(
        listing.contains("labse-like") && listing.contains(" vectors, "),
        "{listing}"
    );
    assert_eq!(desk.said(&arguments), first);
    assert_eq!(desk.said(&["cache"]), listing);
    assert!(desk.said(&["cache", "clear"]).contains("deleted"));
    assert!(desk.said(&["cache"]).contains("holds 0 B"));
}

#[test]
fn the_bundled_model_leaves_nothing_on_disk() {
    let desk = Desk::new();
    desk.said(&["align", "de.txt", "en.txt"]);
    assert!(!desk.path("cache").exists());
}

#[test]
fn a_model_that_is_not_here_or_unknown_is_said_to_be_so() {
    let desk = Desk::new();
    let said = desk.complaint(1, &["align", "de.txt", "en.txt", "--model", "labse"]);
    assert!(said.contains("labse") && said.contains("not on this machine"), "{said}");
    let said = desk.complaint(2, &["align", "de.txt", "en.txt", "--model", "labsy"]);
    assert!(said.contains("labsy") && said.contains("e5-small"), "{said}");
}

#[test]
fn models_are_listed_with_languages_and_licences() {
    let listing = Desk::new().said(&["models"]);
    for expected in [
        "use-multilingual",
        "in the program",
        "labse",
        "not on this machine",
        "Apache-2.0",
        "MIT",
        " sw ",
    ] {
        assert!(listing.contains(expected), "{expected}: {listing}");
    }
}

#[test]
fn a_language_that_the_model_does_not_know_is_told() {
    let desk = Desk::new();
    let warned = desk.run(&["align", "de.txt", "en.txt", "--from", "sw"], "");
    let said = String::from_utf8(warned.stderr).unwrap();
    assert_eq!(warned.status.code(), Some(0));
    assert_eq!(said.lines().count(), 1);
    assert!(
        ["de.txt", "\"sw\"", "use-multilingual", "labse"]
            .iter()
            .all(|part| said.contains(part)),
        "{said}"
    );
    let content = desk.run(&["align", "de.txt", "en.txt", "--from", "de-AT"], "");
    assert!(content.stderr.is_empty());
}

#[test]
fn a_test_set_is_scored() {
    let desk = Desk::new();
    for (name, copy) in [("de.txt", "tatoeba.deu-eng.deu"), ("en.txt", "tatoeba.deu-eng.eng")] {
        fs::copy(desk.path(name), desk.path(copy)).unwrap();
    }
    let table = desk.said(&["bench", "tatoeba", "."]);
    let numbers = |start: &str| -> Vec<f64> {
        let line = table.lines().find(|line| line.starts_with(start)).unwrap();
        line[18..]
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect()
    };
    assert_eq!(numbers("deu"), [3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(numbers("m-USE 1/14"), numbers("deu"));
    let said = desk.complaint(1, &["bench", "tatoeba", ".", "--langs", "deu,fra"]);
    assert!(said.contains("fra") && said.contains("deu"), "{said}");
    let said = desk.complaint(1, &["bench", "tatoeba", "cache"]);
    assert!(said.contains("cache"), "{said}");
}

#[test]
fn two_processes_share_a_cache() {
    let desk = Desk::new();
    let model = tiny();
    let align = || desk.said(&["align", "de.txt", "en.txt", "--sentences", "--model", &model]);
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(align);
        (align(), one.join().unwrap())
    });
    assert_eq!(one, other);
    assert_eq!(align(), one);
}

#[test]
fn a_model_is_quantised_once_and_used_by_name() {
    let desk = Desk::new();
    let model = tiny();
    let said = desk.complaint(2, &["embed", "de.txt", "--model", "labse:q8", "-o", "out.npy"]);
    assert!(said.contains("enface models quantize labse --bits 8"), "{said}");
    let said = desk.said(&["models", "quantize", &model, "--bits", "8"]);
    assert!(said.contains("labse-like-q8") && said.contains(":q8"), "{said}");
    let compact = format!("{model}:q8");
    desk.said(&["embed", "de.txt", "--model", &compact, "--raw", "-o", "compact.f32"]);
    desk.said(&["embed", "de.txt", "--model", &model, "--raw", "-o", "full.f32"]);
    let [compact, full] = ["compact.f32", "full.f32"].map(|name| floats(&fs::read(desk.path(name)).unwrap()));
    let dot: f32 = compact.iter().zip(&full).map(|(a, b)| a * b).sum();
    assert!(dot / 3.0 > 0.995 && dot / 3.0 < 1.001, "{dot}");
    let said = desk.complaint(1, &["models", "quantize", &model]);
    assert!(said.contains("already"), "{said}");
    let said = desk.complaint(1, &["models", "quantize", "use-multilingual"]);
    assert!(said.contains("compact"), "{said}");
}

#[test]
fn laser2_is_used_where_its_files_lie() {
    let desk = Desk::new();
    let said = desk.complaint(2, &["embed", "de.txt", "--model", "laser2", "-o", "out.npy"]);
    assert!(said.contains("laser2.pt") && said.contains("models"), "{said}");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/laser");
    fs::create_dir_all(desk.path("models/laser2")).unwrap();
    for name in ["laser2.pt", "laser2.spm"] {
        fs::copy(fixture.join(name), desk.path("models/laser2").join(name)).unwrap();
    }
    desk.said(&["embed", "de.txt", "--model", "laser2", "--raw", "-o", "out.f32"]);
    assert_eq!(fs::read(desk.path("out.f32")).unwrap().len(), 3 * 32 * 4);
}

#[test]
fn a_device_that_was_not_built_in_is_said_to_be_so() {
    let desk = Desk::new();
    let model = tiny();
    let refuse = |device| {
        let code = if device == "gpu" { 2 } else { 1 };
        desk.complaint(
            code,
            &[
                "embed", "de.txt", "--model", &model, "--device", device, "-o", "out.npy",
            ],
        )
    };
    assert!(refuse("gpu").contains("cuda, metal"));
    if !cfg!(feature = "cuda") {
        assert!(refuse("cuda").contains("--features cuda"));
    }
}

#[test]
fn lines_that_the_model_does_not_read_to_the_end_are_told() {
    let desk = Desk::new();
    desk.file("long.txt", format!("short\n{}\n", "long ".repeat(1000)));
    let output = desk.run(&["embed", "long.txt", "--model", &tiny(), "-o", "out.npy"], "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("1 segment is longer than the 48 tokens"), "{said}");
}
