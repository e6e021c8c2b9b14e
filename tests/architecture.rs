//! What the crate's documentation promises about its modules.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

/// The core, each module after those that it may import; the order in `src/lib.rs`.
const CORE: [&str; 11] = [
    "monitor", "document", "embed", "rank", "space", "align", "learn", "export", "review", "eval", "pipeline",
];

/// What belongs to the shell: the terminal, threads and the clock.
const SHELL: [&str; 6] = [
    "ratatui",
    "crossterm",
    "thread::spawn",
    "thread::Builder",
    "Instant::now",
    "SystemTime::now",
];

/// Path and text of every file of a module.
fn files(module: &str) -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![source.join(module).with_extension("rs")];
    let mut folders = vec![source.join(module)];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten();
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    let read = |path: std::path::PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
    files.into_iter().map(read).collect()
}

/// Modules of this crate that a file names in its code.
fn imports(text: &str) -> Vec<&str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let after = code.flat_map(|line| line.split("crate::").skip(1));
    let name = |rest: &'_ str| {
        rest.find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len())
    };
    after.map(|rest| &rest[..name(rest)]).collect()
}

#[test]
fn the_core_imports_only_what_stands_before_it() {
    for (index, module) in CORE.iter().enumerate() {
        for (path, text) in files(module) {
            for import in imports(&text) {
                assert!(CORE[..=index].contains(&import), "{path} imports {import}");
            }
        }
    }
}

#[test]
fn the_core_knows_no_terminal_no_thread_and_no_clock() {
    for (path, text) in CORE.iter().flat_map(|module| files(module)) {
        for word in SHELL {
            assert!(!text.contains(word), "{path} names {word}");
        }
    }
}

#[test]
fn only_the_run_loop_draws() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()) {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        // The command line chooses how the screen looks, and opens it.
        if path.is_dir() || matches!(module.as_str(), "ui" | "run" | "cli") {
            continue;
        }
        for (file, text) in files(&module) {
            assert!(!imports(&text).contains(&"ui"), "{file} imports ui");
        }
    }
}

#[test]
fn the_crate_documentation_names_every_module() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in declared {
        assert!(text.contains(&format!("[`{module}`]")), "{module}");
    }
    let places: Vec<usize> = CORE
        .iter()
        .map(|module| text.find(&format!("[`{module}`]")).unwrap())
        .collect();
    assert!(places.is_sorted(), "the documentation lists the core in another order");
}
