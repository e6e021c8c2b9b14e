//! Vectors on disk, so that a pair of documents that is opened again needs no embedding.
//!
//! ```text
//! FOLDER/vectors/MODEL-RANDOM.vectors    one segment: an index of hashes, then the rows   (segment)
//! ```
//!
//! A segment is written under a temporary name, takes its name when it is complete, and never changes: any number of
//! processes may read, write and delete at once without locks, and the worst that a race costs is to embed again.
//! Everything in a segment is guarded by checksums; what is damaged is deleted and built anew, what is not of this
//! program is left alone. Nothing here ever makes embedding fail: a disk that cannot be written to keeps nothing.
//!
//! No text is stored. A text is found by its BLAKE3 hash, keyed by the model's [`Identity`], so that models and settings
//! never mix. This hides texts from view, not from an adversary: vectors tell what a text is about, and a guess of
//! a text can be checked. Files are therefore readable by their owner alone.

mod cached;
mod identity;
mod segment;
mod store;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub use cached::Cached;
pub use identity::Identity;

use self::segment::{ENDING, Head, TEMPORARY};

/// The most that the cache holds unless told otherwise, in bytes: more than a million vectors of LaBSE.
pub const LIMIT: u64 = 2 << 30;

/// A temporary file of this age belongs to a process that is gone.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder of vectors.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
    limit: u64,
    now: SystemTime,
}

/// What the cache holds of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Name of the model.
    pub model: String,
    /// Number of vectors.
    pub vectors: u64,
    /// Size on disk in bytes.
    pub bytes: u64,
}

impl Cache {
    /// A cache in `folder`, which need not exist, of at most `limit` bytes. What is used is marked as used at `now`; when
    /// there is no room, what was not used for longest is dropped.
    pub fn new(folder: &Path, limit: u64, now: SystemTime) -> Self {
        Self {
            folder: folder.join("vectors"),
            limit,
            now,
        }
    }

    /// Where the vectors lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The most that it holds, in bytes.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// What it holds, by model.
    pub fn holdings(&self) -> Vec<Holding> {
        let mut holdings: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for file in self.files().into_iter().filter(File::is_complete) {
            if let Ok(head) = Head::read(&file.path) {
                let (vectors, bytes) = holdings.entry(head.model).or_default();
                *vectors += head.keys.len() as u64;
                *bytes += file.bytes;
            }
        }
        holdings
            .into_iter()
            .map(|(model, (vectors, bytes))| Holding { model, vectors, bytes })
            .collect()
    }

    /// Deletes everything, and gives back how many bytes that were. Files of others in the folder stay.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn clear(&self) -> io::Result<u64> {
        let mut bytes = 0;
        for file in self.files() {
            match fs::remove_file(&file.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => bytes += file.bytes,
            }
        }
        Ok(bytes)
    }

    /// Deletes the files not used for longest until the rest is within the limit.
    fn evict(&self) {
        let mut files = self.files();
        let is_abandoned = |file: &File| {
            let age = self.now.duration_since(file.used).unwrap_or_default();
            !file.is_complete() && age > ABANDONED
        };
        files
            .extract_if(.., |file| is_abandoned(file))
            .for_each(|file| drop(fs::remove_file(file.path)));
        files.retain(File::is_complete);
        files.sort_by_key(|file| file.used);
        let mut total: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files {
            if total <= self.limit {
                break;
            }
            // Another process may have been quicker; on Windows it may hold the file open.
            let _ = fs::remove_file(file.path);
            total -= file.bytes;
        }
    }

    /// The files of the cache, and no others.
    fn files(&self) -> Vec<File> {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return Vec::new();
        };
        entries
            .flatten()
            .filter_map(|entry| File::new(entry.path(), &entry.metadata().ok()?))
            .collect()
    }
}

/// A file of the cache.
#[derive(Debug)]
struct File {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

impl File {
    /// `None` when the name is none that the cache would give.
    fn new(path: PathBuf, metadata: &fs::Metadata) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let stem = name.strip_suffix(ENDING).or_else(|| name.strip_suffix(TEMPORARY))?;
        let (model, _) = stem.split_once('-')?;
        let ours = model.len() == 32 && model.bytes().all(|byte| byte.is_ascii_hexdigit());
        (ours && metadata.is_file()).then_some(())?;
        Some(Self {
            bytes: metadata.len(),
            used: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            path,
        })
    }

    fn is_complete(&self) -> bool {
        self.path.extension().is_some_and(|ending| ENDING[1..] == *ending)
    }
}
