//! What makes two models the same for the cache.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use blake3::Hasher;

use super::segment::Key;

/// Separates these hashes from all others made with BLAKE3.
const CONTEXT: &str = "enface vector cache 1: model, revision and settings";

/// Files up to this size (settings, not weights) are told apart by their content, larger ones by size and date alone:
/// reading gigabytes again would take longer than many a document.
const SMALL: u64 = 1 << 16;

/// Everything that a model's vectors depend on but the text. The program's own version is part of it, because a new
/// one may compute better.
#[derive(Debug, Clone)]
pub struct Identity {
    model: String,
    hasher: Hasher,
}

impl Identity {
    /// A model of this name, and nothing known of it beyond.
    pub fn new(model: &str) -> Self {
        let identity = Self {
            model: model.to_owned(),
            hasher: Hasher::new_derive_key(CONTEXT),
        };
        identity.with("program", env!("CARGO_PKG_VERSION")).with("model", model)
    }

    /// Adds a setting. The order of calls counts.
    #[must_use]
    pub fn with(mut self, setting: &str, value: impl AsRef<[u8]>) -> Self {
        for part in [setting.as_bytes(), value.as_ref()] {
            self.hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        self
    }

    /// Adds the files in `folder`, by which one revision of a model differs from another.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn with_files(mut self, folder: &Path) -> io::Result<Self> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let metadata = fs::metadata(&path)?;
            let name = entry.file_name();
            if metadata.is_file() {
                self = self
                    .with("file", name.as_encoded_bytes())
                    .with("stamp", stamp(&path, &metadata)?);
            } else if entry.file_type()?.is_dir() {
                // Links to folders are not followed: they could lead back here.
                self = self.with("folder", name.as_encoded_bytes()).with_files(&path)?;
            }
        }
        Ok(self.with("end", ""))
    }

    /// Name of the model.
    pub(super) fn model(&self) -> &str {
        &self.model
    }

    /// Key of all hashes of this model's texts.
    pub(super) fn secret(&self) -> [u8; 32] {
        *self.hasher.finalize().as_bytes()
    }

    /// By this a segment knows its model.
    pub(super) fn fingerprint(&self) -> Key {
        super::segment::shorten(&blake3::hash(&self.secret()))
    }
}

fn stamp(path: &Path, metadata: &Metadata) -> io::Result<Vec<u8>> {
    if metadata.len() <= SMALL {
        return fs::read(path);
    }
    let date = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    let date = date.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Ok([metadata.len().to_le_bytes().as_slice(), &date.as_nanos().to_le_bytes()].concat())
}
