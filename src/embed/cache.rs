//! Vectors kept on disk, so that opening the same documents again embeds nothing.
//!
//! A [`CachedEmbedder`] looks every text up before it asks its model, and writes what was new as one more file when it
//! is saved or dropped. Files are written whole under another name and never changed afterwards, so two processes that
//! share a folder cannot damage it; a file that is cut short, changed or foreign is ignored.

mod file;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use half::f16;

use self::file::VectorFile;
use super::{EmbedError, Embedder, Vectors};

/// An encoder that remembers.
#[derive(Debug)]
pub struct CachedEmbedder<E> {
    inner: E,
    cache: Mutex<VectorCache>,
}

impl<E: Embedder> CachedEmbedder<E> {
    /// Puts the vectors in `folder`, made if need be, before `inner`. `identity` tells apart whatever makes vectors
    /// differ: model, revision, prompt, precision. Old files are removed when all together exceed `limit` bytes.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(inner: E, folder: &Path, identity: &str, limit: u64) -> io::Result<Self> {
        let cache = Mutex::new(VectorCache::open(folder, identity, inner.dimension(), limit)?);
        Ok(Self { inner, cache })
    }

    /// Writes what is not on disk yet.
    ///
    /// # Errors
    /// When the disk refuses; the vectors stay in memory.
    pub fn save(&self) -> io::Result<()> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).save()
    }
}

impl<E> Drop for CachedEmbedder<E> {
    fn drop(&mut self) {
        // Nobody is left to tell, and a cache that was not written costs time only.
        let _ = self.cache.get_mut().unwrap_or_else(PoisonError::into_inner).save();
    }
}

impl<E: Embedder> Embedder for CachedEmbedder<E> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn max_tokens(&self) -> Option<usize> {
        self.inner.max_tokens()
    }

    fn languages(&self) -> &[&str] {
        self.inner.languages()
    }

    /// Vectors pass through 16 bits, new ones too: a text has the same vector whether it was known or not.
    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        let locked = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rows = locked().look_up(texts);
        let new: Vec<usize> = (0..texts.len()).filter(|&text| rows[text].is_none()).collect();
        if !new.is_empty() {
            let new_texts: Vec<&str> = new.iter().map(|&text| texts[text]).collect();
            let vectors = self.inner.encode(&new_texts)?;
            let mut cache = locked();
            for (row, &text) in new.iter().enumerate() {
                rows[text] = Some(cache.add(texts[text], vectors.row(row)));
            }
        }
        let values = rows.into_iter().flatten().flatten().map(f16::to_f32).collect();
        Ok(Vectors::new(self.dimension(), values))
    }
}

/// All vectors of one model in a folder.
#[derive(Debug)]
struct VectorCache {
    folder: PathBuf,
    identity: String,
    dimension: usize,
    limit: u64,
    files: Vec<VectorFile>,
    /// File and row of each text, by [`fingerprint`].
    known: HashMap<u128, (usize, usize)>,
    /// Not yet on disk.
    new: HashMap<u128, Vec<f16>>,
}

impl VectorCache {
    fn open(folder: &Path, identity: &str, dimension: usize, limit: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let mut cache = Self {
            folder: folder.to_owned(),
            identity: identity.to_owned(),
            dimension,
            limit,
            files: Vec::new(),
            known: HashMap::new(),
            new: HashMap::new(),
        };
        for path in vector_files(folder)?.into_iter().map(|(path, ..)| path) {
            let Ok(Some((file, fingerprints))) = VectorFile::open(&path, identity, dimension) else {
                continue;
            };
            let index = cache.files.len();
            cache.files.push(file);
            cache.known.extend(
                fingerprints
                    .into_iter()
                    .enumerate()
                    .map(|(row, text)| (text, (index, row))),
            );
        }
        Ok(cache)
    }

    fn look_up(&mut self, texts: &[&str]) -> Vec<Option<Vec<f16>>> {
        let find = |text: &&str| {
            let text = fingerprint(text.as_bytes());
            if let Some(row) = self.new.get(&text) {
                return Some(row.clone());
            }
            let &(file, row) = self.known.get(&text)?;
            self.files[file].read(row).ok()
        };
        texts.iter().map(find).collect()
    }

    fn add(&mut self, text: &str, vector: &[f32]) -> Vec<f16> {
        let row: Vec<f16> = vector.iter().copied().map(f16::from_f32).collect();
        self.new.insert(fingerprint(text.as_bytes()), row.clone());
        row
    }

    fn save(&mut self) -> io::Result<()> {
        if self.new.is_empty() {
            return Ok(());
        }
        let path = file::write(&self.folder, &self.identity, self.dimension, &self.new)?;
        if let Some((file, fingerprints)) = VectorFile::open(&path, &self.identity, self.dimension)? {
            let index = self.files.len();
            self.files.push(file);
            self.known.extend(
                fingerprints
                    .into_iter()
                    .enumerate()
                    .map(|(row, text)| (text, (index, row))),
            );
            self.new.clear();
        }
        shrink(&self.folder, self.limit)
    }
}

/// Bytes that the vectors in `folder` take, whatever the model.
///
/// # Errors
/// When the folder cannot be read.
pub fn size(folder: &Path) -> io::Result<u64> {
    Ok(vector_files(folder)?.iter().map(|(_, _, bytes)| bytes).sum())
}

/// Removes all vectors in `folder`, and nothing else.
///
/// # Errors
/// When the disk refuses.
pub fn clear(folder: &Path) -> io::Result<()> {
    shrink(folder, 0)
}

/// Removes the oldest files until the rest fits in `limit` bytes.
fn shrink(folder: &Path, limit: u64) -> io::Result<()> {
    let mut files = vector_files(folder)?;
    files.sort_by_key(|(_, written, _)| *written);
    let mut total: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
    for (path, _, bytes) in files {
        if total <= limit {
            break;
        }
        match fs::remove_file(path) {
            // Another process was faster.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => total -= bytes,
        }
    }
    Ok(())
}

/// Path, time of writing and size of each file of vectors.
fn vector_files(folder: &Path) -> io::Result<Vec<(PathBuf, SystemTime, u64)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == file::EXTENSION));
    // A file that vanishes meanwhile was another process's to remove.
    let described = files.filter_map(|path| {
        let data = fs::metadata(&path).ok()?;
        Some((path, data.modified().ok()?, data.len()))
    });
    Ok(described.collect())
}

/// The 128-bit FNV-1a hash: stable over versions and machines.
fn fingerprint(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes
        .iter()
        .fold(BASIS, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tempfile::TempDir;

    use super::*;

    /// Counts what it is asked; a text's vector points to its length.
    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl Embedder for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        fn dimension(&self) -> usize {
            2
        }

        fn max_tokens(&self) -> Option<usize> {
            None
        }

        fn languages(&self) -> &[&str] {
            &[]
        }

        fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
            self.0.fetch_add(texts.len(), Ordering::Relaxed);
            let angles = texts.iter().map(|text| text.len() as f32 / 10.0);
            Ok(Vectors::new(
                2,
                angles.flat_map(|angle| [angle.cos(), angle.sin()]).collect(),
            ))
        }
    }

    const TEXTS: [&str; 4] = ["one", "three", "", "one"];

    fn open(folder: &TempDir, identity: &str, limit: u64) -> CachedEmbedder<Counting> {
        CachedEmbedder::new(Counting::default(), folder.path(), identity, limit).unwrap()
    }

    fn asked(embedder: &CachedEmbedder<Counting>) -> usize {
        embedder.inner.0.load(Ordering::Relaxed)
    }

    #[test]
    fn opening_again_embeds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let first = open(&folder, "model", u64::MAX);
        let vectors = first.encode(&TEXTS).unwrap();
        drop(first);
        let second = open(&folder, "model", u64::MAX);
        assert_eq!(second.encode(&TEXTS).unwrap(), vectors);
        assert_eq!(asked(&second), 0);
        second.encode(&["one", "new"]).unwrap();
        assert_eq!(asked(&second), 1);
    }

    #[test]
    fn runs_are_remembered_too() {
        let folder = tempfile::tempdir().unwrap();
        let runs = [0..2, 1..3];
        let vectors = open(&folder, "model", u64::MAX).encode_runs(&TEXTS, &runs).unwrap();
        let again = open(&folder, "model", u64::MAX);
        assert_eq!((again.encode_runs(&TEXTS, &runs).unwrap(), asked(&again)), (vectors, 0));
    }

    #[test]
    fn another_model_finds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder, "model", u64::MAX).encode(&TEXTS).unwrap();
        let other = open(&folder, "model, other prompt", u64::MAX);
        other.encode(&TEXTS).unwrap();
        assert_eq!(asked(&other), TEXTS.len());
    }

    #[test]
    fn damaged_and_foreign_files_are_ignored_and_made_good() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder, "model", u64::MAX).encode(&TEXTS).unwrap();
        let path = vector_files(folder.path()).unwrap().remove(0).0;
        let whole = fs::read(&path).unwrap();
        fs::write(folder.path().join("foreign.vectors"), "not vectors").unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert!(
                VectorCache::open(folder.path(), "model", 2, 0)
                    .unwrap()
                    .known
                    .is_empty(),
                "{length} bytes"
            );
        }
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert!(
                VectorCache::open(folder.path(), "model", 2, 0)
                    .unwrap()
                    .known
                    .is_empty(),
                "byte {place}"
            );
        }
        open(&folder, "model", u64::MAX).encode(&TEXTS).unwrap();
        let healed = open(&folder, "model", u64::MAX);
        healed.encode(&TEXTS).unwrap();
        assert_eq!(asked(&healed), 0);
    }

    #[test]
    fn two_at_once_keep_what_both_found() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (open(&folder, "model", u64::MAX), open(&folder, "model", u64::MAX));
        one.encode(&["left", "both"]).unwrap();
        two.encode(&["right", "both"]).unwrap();
        one.save().unwrap();
        two.save().unwrap();
        let third = open(&folder, "model", u64::MAX);
        third.encode(&["left", "right", "both"]).unwrap();
        assert_eq!(asked(&third), 0);
    }

    #[test]
    fn the_folder_stays_within_its_limit_and_can_be_cleared() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        open(&folder, "model", u64::MAX).encode(&["first"]).unwrap();
        let one = size(folder.path()).unwrap();
        open(&folder, "model", one).encode(&["later"]).unwrap();
        assert_eq!(size(folder.path()).unwrap(), one);
        clear(folder.path()).unwrap();
        assert_eq!(size(folder.path()).unwrap(), 0);
        assert!(folder.path().join("notes.txt").exists());
    }
}
