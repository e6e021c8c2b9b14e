//! Models of the Hugging Face hub: what of them lies on this machine, and how they get here.
//!
//! The cache's layout is that of the hub's own tools, so that each finds what the other has downloaded:
//! `models--OWNER--NAME/refs/REVISION` holds the commit that a revision stands for, `snapshots/COMMIT` the files. Only
//! [`Hub::offer`] and [`Hub::pull`] open connections.

mod download;
mod error;
mod listing;
mod pull;
mod remote;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use error::HubError;
pub use pull::{Fitness, Offer};
pub use remote::Remote;

/// The branch that is meant when no revision is given.
pub const MAIN: &str = "main";

/// The hub's cache on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    root: PathBuf,
}

/// A model in the cache, at one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedModel {
    /// `OWNER/NAME`.
    pub repository: String,
    /// Branch, tag or commit.
    pub revision: String,
    /// Size of its files in bytes.
    pub bytes: u64,
    /// Whether its download has ended; otherwise it can be continued.
    pub whole: bool,
}

/// The folder of all that the hub's tools keep: `HF_HOME`, or `huggingface` in the user's folder of caches.
pub fn home(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let user = || variable("HOME").or_else(|| variable("USERPROFILE"));
    let caches = || variable("XDG_CACHE_HOME").or_else(|| Some(user()?.join(".cache")));
    variable("HF_HOME").or_else(|| Some(caches()?.join("huggingface")))
}

impl Hub {
    /// The cache whose folders of models lie in `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The cache that the hub's own tools would use, by the value that `variable` gives for the name of an environment
    /// variable: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE` as it was once called, or `hub` in the [`home`].
    pub fn from_environment(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<Self> {
        variable("HF_HUB_CACHE")
            .or_else(|| variable("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(home(variable)?.join("hub")))
            .map(Self::new)
    }

    /// Folder of all that is kept of a model.
    fn folder(&self, repository: &str) -> PathBuf {
        self.root.join(format!("models--{}", repository.replace('/', "--")))
    }

    /// Folder of a model's files at a branch, tag or commit, if it is there.
    pub fn snapshot(&self, repository: &str, revision: &str) -> Option<PathBuf> {
        let model = self.folder(repository);
        let named = fs::read_to_string(model.join("refs").join(revision)).ok();
        let commit = named.as_deref().map_or(revision, str::trim);
        // A commit is one plain name; anything else in the file would lead elsewhere.
        let plain = !commit.is_empty() && commit.chars().all(|character| character.is_ascii_alphanumeric());
        Some(model.join("snapshots").join(commit)).filter(|folder| plain && folder.is_dir())
    }

    /// All that is in the cache, by name: every revision of a model that has one, and models whose download has not
    /// ended.
    pub fn models(&self) -> Vec<CachedModel> {
        let mut models: Vec<CachedModel> = names(&self.root)
            .iter()
            .filter_map(|name| Some(name.strip_prefix("models--")?.replacen("--", "/", 1)))
            .flat_map(|repository| self.revisions(&repository))
            .collect();
        models.sort_by(|a, b| (&a.repository, &a.revision).cmp(&(&b.repository, &b.revision)));
        models
    }

    fn revisions(&self, repository: &str) -> Vec<CachedModel> {
        let folder = self.folder(repository);
        let unfinished = names(&folder.join("blobs"))
            .iter()
            .any(|blob| blob.ends_with(".incomplete"));
        let mut named = Vec::new();
        references(&folder.join("refs"), "", &mut named);
        let commits: Vec<PathBuf> = named
            .iter()
            .filter_map(|name| self.snapshot(repository, name))
            .collect();
        let unnamed = names(&folder.join("snapshots"))
            .into_iter()
            .filter(|commit| !commits.contains(&folder.join("snapshots").join(commit)));
        let mut found: Vec<CachedModel> = named
            .iter()
            .cloned()
            .chain(unnamed)
            .filter_map(|revision| {
                let snapshot = self.snapshot(repository, &revision)?;
                let has_weights = names(&snapshot).iter().any(|name| listing::is_weights(name));
                Some(CachedModel {
                    repository: repository.to_owned(),
                    bytes: size(&snapshot),
                    whole: has_weights || !unfinished && named.contains(&revision),
                    revision,
                })
            })
            .filter(|model| model.whole)
            .collect();
        if found.is_empty() && (unfinished || folder.join("snapshots").is_dir()) {
            found.push(CachedModel {
                repository: repository.to_owned(),
                revision: MAIN.to_owned(),
                bytes: size(&folder.join("blobs")),
                whole: false,
            });
        }
        found
    }

    /// Deletes all that is kept of a model, `OWNER/NAME`, and returns the bytes that this frees.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn remove(&self, repository: &str) -> Result<u64, HubError> {
        let folder = self.folder(repository);
        let freed = size(&folder.join("blobs"));
        let locks = self.root.join(".locks").join(folder.file_name().unwrap_or_default());
        for folder in [folder, locks] {
            // What is a link is deleted, never what it leads to.
            match fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error::disk(&folder)(error)),
                _ => {}
            }
        }
        Ok(freed)
    }
}

/// Names in a folder; none when it cannot be read.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Collects the names of revisions, which may hold slashes.
fn references(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for name in names(folder) {
        let path = folder.join(&name);
        if fs::symlink_metadata(&path).is_ok_and(|data| data.is_dir()) {
            references(&path, &format!("{prefix}{name}/"), found);
        } else {
            found.push(format!("{prefix}{name}"));
        }
    }
}

/// Size of all files below `folder`. Files of a snapshot are links to where the data lies.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match fs::metadata(entry.path()) {
        // A link to a folder could lead back to this one.
        Ok(data) if data.is_dir() && entry.file_type().is_ok_and(|kind| kind.is_dir()) => size(&entry.path()),
        Ok(data) if data.is_file() => data.len(),
        _ => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn cache() -> TempDir {
        let root = tempfile::tempdir().unwrap();
        let model = root.path().join("models--owner--model");
        fs::create_dir_all(model.join("snapshots/abc123/1_Pooling")).unwrap();
        fs::create_dir_all(model.join("refs")).unwrap();
        fs::write(model.join("refs/main"), "abc123\n").unwrap();
        fs::write(model.join("refs/bad"), "../../..").unwrap();
        fs::write(model.join("snapshots/abc123/config.json"), "12345").unwrap();
        fs::write(model.join("snapshots/abc123/1_Pooling/config.json"), "678").unwrap();
        root
    }

    #[test]
    fn a_revision_or_a_commit_leads_to_the_files() {
        let root = cache();
        let hub = Hub::new(root.path());
        let snapshot = hub.snapshot("owner/model", "main").unwrap();
        assert!(snapshot.join("config.json").exists());
        assert_eq!(hub.snapshot("owner/model", "abc123"), Some(snapshot));
        assert_eq!(hub.snapshot("owner/model", "v2"), None);
        assert_eq!(hub.snapshot("owner/other", "main"), None);
    }

    #[test]
    fn a_revision_cannot_lead_out_of_the_cache() {
        let root = cache();
        assert_eq!(Hub::new(root.path()).snapshot("owner/model", "bad"), None);
    }

    #[test]
    fn models_are_listed_with_their_size() {
        let root = cache();
        let models = Hub::new(root.path()).models();
        assert_eq!(models.len(), 1);
        assert_eq!((models[0].repository.as_str(), models[0].bytes), ("owner/model", 8));
        assert!(models[0].whole);
        assert!(Hub::new(root.path().join("nothing")).models().is_empty());
    }

    #[test]
    fn what_has_not_all_arrived_is_told_from_what_has() {
        let root = cache();
        let model = root.path().join("models--owner--model");
        fs::create_dir_all(model.join("blobs")).unwrap();
        fs::write(model.join("blobs/0123.incomplete"), "half").unwrap();
        fs::remove_dir_all(model.join("refs")).unwrap();
        let hub = Hub::new(root.path());
        let models = hub.models();
        assert_eq!((models.len(), models[0].bytes, models[0].whole), (1, 4, false));
        fs::write(model.join("snapshots/abc123/model.safetensors"), "12").unwrap();
        let models = hub.models();
        assert_eq!((models[0].revision.as_str(), models[0].whole), ("abc123", true));
    }

    #[cfg(unix)]
    #[test]
    fn removing_a_model_deletes_nothing_else() {
        let root = cache();
        let (hub, other) = (Hub::new(root.path()), root.path().join("models--owner--other"));
        fs::create_dir(&other).unwrap();
        fs::create_dir_all(root.path().join("precious")).unwrap();
        let snapshots = root.path().join("models--owner--model/snapshots");
        std::os::unix::fs::symlink(root.path().join("precious"), snapshots.join("link")).unwrap();
        hub.remove("owner/model").unwrap();
        assert!(!root.path().join("models--owner--model").exists());
        assert!(other.exists() && root.path().join("precious").exists());
        hub.remove("owner/model").unwrap();
    }

    #[test]
    fn the_environment_says_where_the_cache_is() {
        let hub = |set: &[(&str, &str)]| {
            let find = |name: &str| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| PathBuf::from(value))
            };
            Hub::from_environment(find).map(|hub| hub.root.to_str().unwrap().replace('\\', "/"))
        };
        assert_eq!(hub(&[("HOME", "/h")]).unwrap(), "/h/.cache/huggingface/hub");
        assert_eq!(
            hub(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]).unwrap(),
            "/x/huggingface/hub"
        );
        assert_eq!(hub(&[("HOME", "/h"), ("HF_HOME", "/hf")]).unwrap(), "/hf/hub");
        assert_eq!(hub(&[("HF_HOME", "/hf"), ("HF_HUB_CACHE", "/c")]).unwrap(), "/c");
        assert_eq!(
            hub(&[("HF_HOME", "/hf"), ("HUGGINGFACE_HUB_CACHE", "/o")]).unwrap(),
            "/o"
        );
        assert_eq!(hub(&[]), None);
    }
}
