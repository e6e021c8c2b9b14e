//! Somebody at the command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::stand_in::{COMMIT, StandIn, tiny};

/// A folder to work in, with a hub's cache of its own, and the hub.
pub(crate) struct Desk {
    pub(crate) hub: StandIn,
    folder: TempDir,
}

impl Desk {
    /// A desk whose hub has a tiny model, `owner/tiny`.
    pub(crate) fn new() -> Self {
        Self::with(tiny("labse-like"))
    }

    pub(crate) fn with(files: std::collections::BTreeMap<String, Vec<u8>>) -> Self {
        let desk = Self {
            hub: StandIn::open(files),
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(desk.path("de.txt"), "Guten Morgen.\nEs regnet seit drei Tagen.\n").unwrap();
        fs::write(
            desk.path("en.txt"),
            "Good morning.\nIt has been raining for three days.\n",
        )
        .unwrap();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of the model in the cache.
    pub(crate) fn model(&self) -> PathBuf {
        self.path("hub/models--owner--tiny")
    }

    pub(crate) fn snapshot(&self) -> PathBuf {
        self.model().join("snapshots").join(COMMIT)
    }

    /// The part of the weights that has arrived.
    pub(crate) fn part(&self) -> Option<PathBuf> {
        let blobs = fs::read_dir(self.model().join("blobs")).ok()?;
        let mut paths = blobs.map(|entry| entry.unwrap().path());
        paths.find(|path| path.extension().is_some_and(|ending| ending == "incomplete"))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_enface"));
        command
            .current_dir(self.folder.path())
            .env("ENFACE_CACHE", self.path("vectors"))
            .env("HF_HUB_CACHE", self.path("hub"))
            .env("HF_HOME", self.path("home"))
            .env("HF_ENDPOINT", &self.hub.endpoint)
            .env("NO_PROXY", "127.0.0.1")
            .args(arguments)
            .stdin(Stdio::null());
        for variable in [
            "HF_TOKEN",
            "HF_TOKEN_PATH",
            "HUGGING_FACE_HUB_TOKEN",
            "HF_HUB_OFFLINE",
            "TRANSFORMERS_OFFLINE",
        ] {
            command.env_remove(variable);
        }
        command
    }

    /// What is said by a command that succeeds.
    pub(crate) fn said(&self, arguments: &[&str]) -> String {
        said(&self.command(arguments).output().unwrap())
    }

    /// What is said by one that fails.
    pub(crate) fn complaint(&self, arguments: &[&str]) -> String {
        complaint(&self.command(arguments).output().unwrap())
    }
}

pub(crate) fn said(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn complaint(output: &Output) -> String {
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Whether two files hold the same.
pub(crate) fn same(here: &Path, there: &[u8]) -> bool {
    fs::read(here).unwrap() == there
}
