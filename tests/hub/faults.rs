//! What goes wrong, and what is said about it.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::desk::{Desk, complaint, said, same};
use crate::stand_in::tiny;

const PULL: &[&str] = &["models", "pull", "owner/tiny", "--yes"];

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.breaks = vec![50_000, 0, 70_000]);
    desk.said(PULL);
    let ranges: Vec<_> = desk
        .hub
        .stored()
        .iter()
        .map(|request| request.headers.get("range").cloned())
        .collect();
    assert_eq!(ranges[..2], [None, Some("bytes=50000-".into())]);
    assert_eq!(
        ranges[2..4],
        [Some("bytes=50000-".into()), Some("bytes=120000-".into())]
    );
    assert!(same(
        &desk.snapshot().join("model.safetensors"),
        &tiny("labse-like")["model.safetensors"]
    ));
}

#[test]
fn one_that_stays_broken_is_told_and_what_came_is_kept() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.breaks = vec![50_000, 0, 0, 0]);
    let said = desk.complaint(PULL);
    assert!(
        said.contains("broke off") && said.contains("goes on from there"),
        "{said}"
    );
    assert_eq!(fs::metadata(desk.part().unwrap()).unwrap().len(), 50_000);
    let said = desk.complaint(&["align", "de.txt", "en.txt", "--model", "owner/tiny"]);
    assert!(said.contains("not on this machine"), "a part is no model: {said}");
    desk.said(PULL);
    assert!(same(
        &desk.snapshot().join("model.safetensors"),
        &tiny("labse-like")["model.safetensors"]
    ));
}

#[test]
fn a_hub_that_cannot_continue_files_starts_them_again() {
    let desk = Desk::new();
    desk.hub.set(|quirks| {
        quirks.breaks = vec![50_000];
        quirks.no_ranges = true;
    });
    desk.said(PULL);
    assert!(same(
        &desk.snapshot().join("model.safetensors"),
        &tiny("labse-like")["model.safetensors"]
    ));
}

#[test]
fn a_hub_that_starts_again_and_again_without_getting_anywhere_is_given_up() {
    let desk = Desk::new();
    desk.hub.set(|quirks| {
        quirks.breaks = vec![1000; 20];
        quirks.no_ranges = true;
    });
    let said = desk.complaint(PULL);
    assert!(said.contains("broke off"), "{said}");
    assert_eq!(desk.hub.stored().len(), 4);
}

#[test]
fn two_at_once_do_not_get_into_each_others_way() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.pace = Duration::from_millis(20));
    let mut first = desk.command(PULL).stdout(Stdio::null()).spawn().unwrap();
    while desk.part().is_none() {
        thread::sleep(Duration::from_millis(2));
    }
    let said = desk.complaint(PULL);
    assert!(said.contains("another program is downloading"), "{said}");
    assert!(first.wait().unwrap().success());
    assert!(same(
        &desk.snapshot().join("model.safetensors"),
        &tiny("labse-like")["model.safetensors"]
    ));
}

#[test]
fn other_bytes_than_announced_are_thrown_away() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.corrupt = true);
    let said = desk.complaint(PULL);
    assert!(said.contains("model.safetensors") && said.contains("SHA-256"), "{said}");
    assert!(desk.part().is_none() && !desk.snapshot().join("model.safetensors").exists());
    assert!(!desk.model().join("refs/main").exists());
    desk.hub.set(|quirks| quirks.corrupt = false);
    desk.said(PULL);
}

#[test]
fn a_hub_that_lists_no_sizes_is_asked_for_each() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.bare_list = true);
    desk.said(PULL);
    assert!(desk.hub.asked().iter().any(|request| request.method == "HEAD"));
    assert!(same(
        &desk.snapshot().join("model.safetensors"),
        &tiny("labse-like")["model.safetensors"]
    ));
}

#[test]
fn offline_means_that_nobody_is_asked() {
    let desk = Desk::new();
    let said = complaint(&desk.command(PULL).env("HF_HUB_OFFLINE", "1").output().unwrap());
    assert!(said.contains("HF_HUB_OFFLINE"), "{said}");
    assert!(desk.hub.asked().is_empty());
    let said = complaint(
        &desk
            .command(PULL)
            .env("HF_ENDPOINT", "http://127.0.0.1:9")
            .output()
            .unwrap(),
    );
    assert!(said.contains("127.0.0.1:9 cannot be reached"), "{said}");
    let said = complaint(&desk.command(PULL).env("HF_ENDPOINT", "file:///etc").output().unwrap());
    assert!(said.contains("HF_ENDPOINT"), "{said}");
}

#[test]
fn the_token_is_shown_to_the_hub_and_to_nobody_else() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.token = Some("hf_secret".into()));
    let refusal = desk.complaint(PULL);
    assert!(
        refusal.contains("accept its conditions") && refusal.contains("HF_TOKEN"),
        "{refusal}"
    );
    let refusal = complaint(&desk.command(PULL).env("HF_TOKEN", "hf_other").output().unwrap());
    assert!(!refusal.contains("hf_other"), "{refusal}");
    said(&desk.command(PULL).env("HF_TOKEN", "hf_secret\n").output().unwrap());
    assert!(!desk.hub.stored().is_empty());
    for request in desk.hub.stored() {
        assert!(!format!("{request:?}").contains("hf_secret"), "{request:?}");
    }
    desk.said(&["models", "remove", "owner/tiny", "--yes"]);
    fs::create_dir_all(desk.path("home")).unwrap();
    fs::write(desk.path("home/token"), "hf_secret\n").unwrap();
    let silent = desk
        .command(PULL)
        .env("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
        .output()
        .unwrap();
    complaint(&silent);
    desk.said(PULL);
}

#[test]
fn requests_tell_nothing_but_what_is_wanted() {
    let desk = Desk::new();
    desk.said(PULL);
    let expected = ["accept", "accept-encoding", "host", "user-agent"];
    for request in desk.hub.asked().iter().chain(&desk.hub.stored()) {
        let names: Vec<_> = request.headers.keys().collect();
        assert!(
            names.iter().all(|name| expected.contains(&name.as_str())),
            "{request:?}"
        );
        assert!(request.headers["user-agent"].starts_with("enface/"));
    }
}

#[test]
fn file_names_that_lead_elsewhere_are_refused() {
    for name in ["../../../x", "/etc/x", "a\\..\\x", "C:x", "1_Pooling/../../x"] {
        let mut files = tiny("labse-like");
        files.insert(name.into(), b"evil".to_vec());
        let desk = Desk::with(files);
        let said = desk.complaint(PULL);
        assert!(said.contains("outside its folder"), "{name}: {said}");
        assert!(!desk.path("hub").exists() && desk.hub.stored().is_empty());
    }
    for path in ["../../x", "/tmp/x", "a\\\\b", ".git", "x y"] {
        let mut files = tiny("labse-like");
        let modules = String::from_utf8(files["modules.json"].clone()).unwrap();
        files.insert("modules.json".into(), modules.replace("1_Pooling", path).into_bytes());
        let desk = Desk::with(files);
        let said = desk.complaint(PULL);
        assert!(said.contains("outside its folder"), "{path}: {said}");
        assert!(!desk.path("hub").exists());
    }
}

#[test]
fn what_the_program_could_not_use_is_told_before_the_weights_come() {
    let without = |name: &str| {
        let mut files = tiny("labse-like");
        files.remove(name);
        files
    };
    let with = |name: &str, content: &str| {
        let mut files = tiny("labse-like");
        files.insert(name.into(), content.as_bytes().to_vec());
        files
    };
    let config = String::from_utf8(tiny("labse-like")["config.json"].clone()).unwrap();
    for (files, reason) in [
        (without("modules.json"), "no modules.json"),
        (without("tokenizer.json"), "no tokenizer.json"),
        (without("model.safetensors"), "its weights"),
        (with("modules.json", "{"), "modules.json is not understood"),
        (with("config.json", &config.replace("\"bert\"", "\"mamba\"")), "mamba"),
        (
            with("config.json", &config.replace("\"gelu\"", "\"\\u001b[31m\"")),
            "\\u{1b}[31m",
        ),
    ] {
        let desk = Desk::with(files);
        let said = desk.complaint(PULL);
        assert!(
            said.contains(reason) && said.contains("owner/tiny cannot be used") && !said.contains('\u{1b}'),
            "{said}"
        );
        assert!(desk.hub.stored().is_empty());
    }
}

#[test]
fn models_and_revisions_that_do_not_exist_are_said_to_be_so() {
    let desk = Desk::new();
    let said = desk.complaint(&["models", "pull", "owner/nothing", "--yes"]);
    assert!(said.contains("no model owner/nothing"), "{said}");
    let said = desk.complaint(&["models", "pull", "owner/tiny@v9", "--yes"]);
    assert!(said.contains("no revision v9"), "{said}");
    let said = desk.complaint(&["models", "pull", "use-multilingual"]);
    assert!(said.contains("in the program"), "{said}");
}
