//! Models that the Hugging Face hub's own tools have put on this machine.
//!
//! The cache's layout is theirs: `models--OWNER--NAME/refs/REVISION` holds the commit that a revision stands for, and
//! `snapshots/COMMIT` the files. Nothing here opens a connection.

use std::fs;
use std::path::{Path, PathBuf};

/// The hub's cache on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hub {
    root: PathBuf,
}

/// A model in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedModel {
    /// `OWNER/NAME`.
    pub repository: String,
    /// Where its newest files lie.
    pub snapshot: PathBuf,
    /// Size of these files in bytes.
    pub bytes: u64,
}

impl Hub {
    /// The cache whose folders of models lie in `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The cache that the hub's own tools would use, by the value that `variable` gives for the name of an environment
    /// variable: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or in `huggingface` in the user's folder of caches.
    pub fn from_environment(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<Self> {
        let home = || {
            variable("HOME")
                .or_else(|| variable("USERPROFILE"))
                .map(|home| home.join(".cache"))
        };
        let caches = || variable("XDG_CACHE_HOME").or_else(home);
        let own = || variable("HF_HOME").or_else(|| Some(caches()?.join("huggingface")));
        variable("HF_HUB_CACHE")
            .or_else(|| Some(own()?.join("hub")))
            .map(Self::new)
    }

    /// Folder of a model's files at a branch, tag or commit, if it is there.
    pub fn snapshot(&self, repository: &str, revision: &str) -> Option<PathBuf> {
        let model = self.root.join(format!("models--{}", repository.replace('/', "--")));
        let named = fs::read_to_string(model.join("refs").join(revision)).ok();
        let commit = named.as_deref().map_or(revision, str::trim);
        // A commit is one plain name; anything else in the file would lead elsewhere.
        let plain = !commit.is_empty() && commit.chars().all(|character| character.is_ascii_alphanumeric());
        Some(model.join("snapshots").join(commit)).filter(|folder| plain && folder.is_dir())
    }

    /// The models in the cache whose main branch is there, by name.
    pub fn models(&self) -> Vec<CachedModel> {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return Vec::new();
        };
        let names = entries
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok());
        let mut models: Vec<CachedModel> = names
            .filter_map(|name| {
                let repository = name.strip_prefix("models--")?.replacen("--", "/", 1);
                let snapshot = self.snapshot(&repository, "main")?;
                Some(CachedModel {
                    repository,
                    bytes: size(&snapshot),
                    snapshot,
                })
            })
            .collect();
        models.sort_by(|a, b| a.repository.cmp(&b.repository));
        models
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
        assert!(Hub::new(root.path().join("nothing")).models().is_empty());
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
        assert_eq!(hub(&[]), None);
    }
}
