//! What works: getting a model, going on with one, using it, deleting it.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use crate::desk::{Desk, complaint, said, same};
use crate::stand_in::{COMMIT, tiny};

const PULL: &[&str] = &["models", "pull", "owner/tiny", "--yes"];

#[test]
fn a_model_is_downloaded_and_aligns() {
    let desk = Desk::new();
    let align = ["align", "de.txt", "en.txt", "--sentences", "--model", "owner/tiny"];
    let said = desk.complaint(&align);
    assert!(said.contains("enface models pull owner/tiny"), "{said}");
    assert!(desk.hub.asked().is_empty(), "nothing is asked of the hub unasked");
    assert!(desk.said(PULL).contains("owner/tiny is on this machine now"));
    for (name, content) in tiny("labse-like") {
        let here = desk.snapshot().join(&name);
        assert!(
            name == "reference.json" && !here.exists() || same(&here, &content),
            "{name}"
        );
    }
    assert_eq!(fs::read_to_string(desk.model().join("refs/main")).unwrap(), COMMIT);
    assert!(desk.part().is_none());
    let asked = desk.hub.asked().len() + desk.hub.stored().len();
    assert_eq!(desk.said(&align).lines().count(), 3);
    assert_eq!(desk.hub.asked().len() + desk.hub.stored().len(), asked);
    assert!(desk.said(&["models"]).contains("owner/tiny"));
}

#[cfg(unix)]
#[test]
fn the_cache_is_laid_out_as_the_hubs_own_tools_do() {
    let desk = Desk::new();
    desk.said(PULL);
    for (name, up) in [
        ("model.safetensors", "../../blobs"),
        ("2_Dense/model.safetensors", "../../../blobs"),
    ] {
        let link = fs::read_link(desk.snapshot().join(name)).unwrap();
        let (folder, blob) = (link.parent().unwrap(), link.file_name().unwrap().to_str().unwrap());
        assert_eq!((folder.to_str(), blob.len()), (Some(up), 64), "{name}");
    }
    let small = fs::read_link(desk.snapshot().join("config.json")).unwrap();
    assert_eq!(small.file_name().unwrap().len(), 40);
}

#[test]
fn pickled_weights_come_only_where_there_are_no_others() {
    let desk = Desk::with(tiny("minilm-like"));
    desk.said(PULL);
    assert!(desk.snapshot().join("pytorch_model.bin").exists());
    let mut files = tiny("labse-like");
    files.insert("pytorch_model.bin".into(), vec![0; 1000]);
    let desk = Desk::with(files);
    desk.said(PULL);
    assert!(!desk.snapshot().join("pytorch_model.bin").exists());
}

#[test]
fn weights_in_parts_come_with_all_of_them() {
    let mut files = tiny("labse-like");
    let weights = files.remove("model.safetensors").unwrap();
    files.insert("pytorch_model.bin".into(), vec![0; 1000]);
    let parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    let index = serde_json::json!({ "weight_map": { "a": parts[0], "b": parts[1], "c": parts[0] } });
    files.insert("model.safetensors.index.json".into(), index.to_string().into_bytes());
    for part in parts {
        files.insert(part.into(), weights.clone());
    }
    let desk = Desk::with(files);
    desk.said(PULL);
    assert!(parts.iter().all(|part| same(&desk.snapshot().join(part), &weights)));
    assert!(desk.snapshot().join("model.safetensors.index.json").exists());
    assert!(!desk.snapshot().join("pytorch_model.bin").exists());
}

#[test]
fn the_size_is_told_and_nothing_comes_before_yes() {
    let desk = Desk::new();
    let ask = |answer: &str| {
        let mut child = desk
            .command(&["models", "pull", "owner/tiny"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    for answer in ["", "\n", "n\n", "what?\n"] {
        let said = complaint(&ask(answer));
        let host = desk.hub.endpoint.trim_start_matches("http://");
        assert!(
            said.contains("KiB") && said.contains(host) && said.contains("nothing was downloaded"),
            "{said}"
        );
        assert!(!desk.model().exists() && desk.hub.stored().is_empty(), "{answer:?}");
    }
    assert!(said(&ask("yes\n")).contains("on this machine now"));
    assert!(desk.snapshot().join("model.safetensors").exists());
    let stored = desk.hub.stored().len();
    assert!(
        said(&ask("")).contains("on this machine now"),
        "what is here needs no question"
    );
    assert_eq!(desk.hub.stored().len(), stored);
}

#[test]
fn a_revision_is_kept_beside_the_others() {
    let desk = Desk::new();
    for revision in ["v1", "refs/pr/7", COMMIT] {
        let name = format!("owner/tiny@{revision}");
        desk.said(&["models", "pull", &name, "--yes"]);
        desk.said(&["align", "de.txt", "en.txt", "--sentences", "--model", &name]);
    }
    assert_eq!(fs::read_to_string(desk.model().join("refs/refs/pr/7")).unwrap(), COMMIT);
    let listing = desk.said(&["models"]);
    assert!(
        listing.contains("owner/tiny@v1") && listing.contains("owner/tiny@refs/pr/7"),
        "{listing}"
    );
    assert_eq!(desk.hub.stored().len(), 2, "the same content comes once");
}

#[test]
fn a_model_that_was_renamed_is_found() {
    let desk = Desk::new();
    desk.said(&["models", "pull", "owner/moved", "--yes"]);
    desk.said(&["align", "de.txt", "en.txt", "--sentences", "--model", "owner/moved"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_came_and_the_next_time_goes_on() {
    let desk = Desk::new();
    desk.hub.set(|quirks| quirks.pace = Duration::from_millis(30));
    let child = desk
        .command(PULL)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A small file may be whole, and its part gone, between the two looks.
    let length = |part| fs::metadata(part).map_or(0, |found| found.len());
    while desk.part().is_none_or(|part| length(part) <= 20_000) {
        std::thread::sleep(Duration::from_millis(5));
    }
    let kill = format!("kill -INT {}", child.id());
    assert!(
        std::process::Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
    let said = complaint(&child.wait_with_output().unwrap());
    assert!(
        said.contains("stopped") && said.contains("the same command goes on"),
        "{said}"
    );
    let had = fs::metadata(desk.part().unwrap()).unwrap().len();
    let listing = desk.said(&["models"]);
    let line = listing.lines().find(|line| line.starts_with("owner/tiny")).unwrap();
    assert!(line.contains("not all of it"), "{listing}");
    desk.hub.set(|quirks| quirks.pace = Duration::ZERO);
    desk.said(PULL);
    let stored = desk.hub.stored();
    let continued = stored.iter().find_map(|request| request.headers.get("range"));
    assert_eq!(continued, Some(&format!("bytes={had}-")));
    assert!(same(
        &desk.snapshot().join("model.safetensors"),
        &tiny("labse-like")["model.safetensors"]
    ));
}

#[test]
fn a_model_is_deleted_after_a_question_and_nothing_else_is() {
    let desk = Desk::new();
    let said = desk.complaint(&["models", "remove", "owner/tiny"]);
    assert!(said.contains("not on this machine"), "{said}");
    desk.said(PULL);
    fs::create_dir_all(desk.path("hub/models--owner--tiny2/blobs")).unwrap();
    let said = desk.complaint(&["models", "remove", "owner/tiny"]);
    assert!(
        said.contains("Delete owner/tiny") && said.contains("nothing was deleted"),
        "{said}"
    );
    assert!(desk.snapshot().exists());
    assert!(
        desk.said(&["models", "remove", "owner/tiny", "--yes"])
            .contains("that frees")
    );
    assert!(!desk.model().exists() && desk.path("hub/models--owner--tiny2/blobs").exists());
    let said = desk.complaint(&["models", "remove", "use-multilingual", "--yes"]);
    assert!(said.contains("in the program"), "{said}");
}
