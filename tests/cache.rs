//! The cache of vectors as one would meet it: pairs opened again, two windows at once, a disk with bad spots.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use enface::embed::cache::{Cache, Cached, Identity, LIMIT};
use enface::embed::{EmbedError, Embedder, Transformer, TransformerOptions, Vectors};
use proptest::prelude::*;
use tempfile::TempDir;

/// A real model that counts the texts it embeds.
struct Counted {
    model: Transformer,
    texts: Arc<AtomicUsize>,
}

impl Embedder for Counted {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn dimension(&self) -> usize {
        self.model.dimension()
    }

    fn max_tokens(&self) -> Option<usize> {
        self.model.max_tokens()
    }

    fn languages(&self) -> &[&str] {
        self.model.languages()
    }

    fn encode(&self, texts: &[&str]) -> Result<Vectors, EmbedError> {
        self.texts.fetch_add(texts.len(), Ordering::Relaxed);
        self.model.encode(texts)
    }
}

/// A folder of caches.
struct Disk {
    folder: TempDir,
}

/// The cache opened in front of a model.
struct Window {
    cached: Cached,
    texts: Arc<AtomicUsize>,
}

impl Window {
    /// Vectors of texts, and how many of them the model had to embed.
    fn embed(&self, texts: &[String]) -> (Vectors, usize) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let before = self.texts.load(Ordering::Relaxed);
        let vectors = self.cached.encode(&texts).unwrap();
        (vectors, self.texts.load(Ordering::Relaxed) - before)
    }
}

fn model(prompt: &str) -> Transformer {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/transformers/labse-like");
    let options = TransformerOptions {
        prompt: Some(prompt.to_owned()),
        ..TransformerOptions::default()
    };
    Transformer::load("tiny", &folder, options).unwrap()
}

impl Disk {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn cache(&self, limit: u64) -> Cache {
        Cache::new(self.folder.path(), limit, SystemTime::now())
    }

    fn open_with(cache: &Cache, prompt: &str) -> Window {
        let texts = Arc::<AtomicUsize>::default();
        let counted = Counted {
            model: model(prompt),
            texts: Arc::clone(&texts),
        };
        let identity = Identity::new("tiny").with("prompt", prompt);
        Window {
            cached: Cached::new(Box::new(counted), &identity, cache),
            texts,
        }
    }

    fn open(&self) -> Window {
        Self::open_with(&self.cache(LIMIT), "")
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.folder.path().join("vectors")).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }
}

fn novel(sentences: Range<usize>) -> Vec<String> {
    sentences
        .map(|number| format!("Sentence {number} of a long story."))
        .collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn a_pair_opened_again_needs_no_embedding_and_looks_the_same() {
    let disk = Disk::new();
    let (first, embedded) = disk.open().embed(&novel(0..700));
    assert_eq!(embedded, 700);
    let (again, embedded) = disk.open().embed(&novel(0..700));
    assert_eq!((embedded, &again), (0, &first));
    // Two new sentences are two sentences of work, wherever they stand.
    let mut edited = novel(0..700);
    edited.insert(0, "A new beginning.".into());
    edited.insert(300, "Something happens.".into());
    let (vectors, embedded) = disk.open().embed(&edited);
    assert_eq!(embedded, 2);
    assert_eq!(vectors.row(1), first.row(0));
}

#[test]
fn kept_vectors_are_the_model_s_and_of_length_1() {
    let disk = Disk::new();
    let texts = novel(0..50);
    let kept = disk.open().embed(&texts).0;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let original = model("").encode(&texts).unwrap();
    for row in 0..50 {
        assert!(cosine(kept.row(row), original.row(row)) > 0.999_999);
        assert!((cosine(kept.row(row), kept.row(row)) - 1.0).abs() < 1e-6);
    }
}

#[test]
fn joined_sentences_are_kept_as_the_text_that_they_make() {
    let disk = Disk::new();
    let texts = ["One.", "Two.", "Three."];
    let window = disk.open();
    let runs = window.cached.encode_runs(&texts, &[0..2, 1..3, 2..3]).unwrap();
    let (alone, embedded) = window.embed(&["Three.".into(), "One. Two.".into(), "Two. Three.".into()]);
    assert_eq!(embedded, 0);
    assert_eq!((alone.row(0), alone.row(1)), (runs.row(2), runs.row(0)));
}

#[test]
fn models_and_settings_never_mix() {
    let disk = Disk::new();
    let texts = novel(0..5);
    let cache = disk.cache(LIMIT);
    let plain = Disk::open_with(&cache, "").embed(&texts).0;
    let (prompted, embedded) = Disk::open_with(&cache, "query: ").embed(&texts);
    assert_eq!(embedded, 5);
    assert!(cosine(plain.row(0), prompted.row(0)) < 0.999);
    assert_eq!(Disk::open_with(&cache, "").embed(&texts), (plain, 0));
    assert_eq!(cache.holdings()[0].vectors, 10);
}

#[test]
fn another_revision_of_the_files_is_another_model() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    let settings = folder.path().join("1_Pooling/config.json");
    let weights = folder.path().join("model.safetensors");
    let disk = Disk::new();
    let embedded = || {
        let texts = Arc::<AtomicUsize>::default();
        let counted = Counted {
            model: model(""),
            texts: Arc::clone(&texts),
        };
        let identity = Identity::new("tiny").with_files(folder.path()).unwrap();
        let cached = Cached::new(Box::new(counted), &identity, &disk.cache(LIMIT));
        cached.encode(&["Guten Tag."]).unwrap();
        texts.load(Ordering::Relaxed)
    };
    fs::write(&settings, r#"{"pooling_mode": "cls"}"#).unwrap();
    fs::write(&weights, vec![1; 100_000]).unwrap();
    assert_eq!((embedded(), embedded()), (1, 0));
    fs::write(&settings, r#"{"pooling_mode": "max"}"#).unwrap();
    assert_eq!((embedded(), embedded()), (1, 0));
    fs::write(&weights, vec![2; 100_001]).unwrap();
    assert_eq!((embedded(), embedded()), (1, 0));
}

#[test]
fn a_damaged_file_is_built_anew() {
    let texts = novel(0..40);
    let healthy = Disk::new();
    let expected = healthy.open().embed(&texts).0;
    let bytes = fs::read(&healthy.files()[0]).unwrap();
    let name = healthy.files()[0].file_name().unwrap().to_owned();
    // In the magic, the counts, the name, the keys, the checksums and the rows; and cut short anywhere.
    let flipped = [0, 33, 37, 41, 45, 60, 800, 1_100, bytes.len() / 2, bytes.len() - 1].map(|place| {
        let mut bytes = bytes.clone();
        bytes[place] ^= 0x10;
        bytes
    });
    let cut = [0, 1, 16, 43, 500, 2_000, bytes.len() - 1].map(|length| bytes[..length].to_vec());
    for damaged in flipped.into_iter().chain(cut) {
        let disk = Disk::new();
        fs::create_dir(disk.folder.path().join("vectors")).unwrap();
        fs::write(disk.folder.path().join("vectors").join(&name), damaged).unwrap();
        let (vectors, embedded) = disk.open().embed(&texts);
        assert!(embedded > 0);
        assert!((0..40).all(|row| cosine(vectors.row(row), expected.row(row)) > 0.999_99));
        // A file with one bad row is dropped as a whole, so that the next sitting may have to fill it up.
        disk.open().embed(&texts);
        assert_eq!(disk.open().embed(&texts).1, 0);
    }
}

#[test]
fn files_of_others_are_neither_read_nor_deleted() {
    let disk = Disk::new();
    let cache = disk.cache(LIMIT);
    disk.open().embed(&novel(0..3));
    let folder = disk.folder.path().join("vectors");
    for name in ["thesis.txt", "-.vectors", "my-photo.vectors", "f-.part"] {
        fs::write(folder.join(name), "precious").unwrap();
    }
    fs::create_dir(folder.join("0123456789abcdef0123456789abcdef-x.vectors")).unwrap();
    assert_eq!(disk.open().embed(&novel(0..3)).1, 0);
    assert!(cache.clear().unwrap() > 0);
    assert_eq!(disk.files().len(), 5);
    assert_eq!(disk.open().embed(&novel(0..3)).1, 3);
}

#[test]
fn windows_open_at_once_do_not_disturb_each_other() {
    let disk = Disk::new();
    let expected = disk.open().embed(&novel(0..900)).0;
    disk.cache(LIMIT).clear().unwrap();
    thread::scope(|scope| {
        for window in 0..4 {
            let (disk, expected) = (&disk, &expected);
            scope.spawn(move || {
                for round in 0..6 {
                    let start = (window * 131 + round * 57) % 600;
                    let vectors = disk.open().embed(&novel(start..start + 300)).0;
                    for row in 0..300 {
                        assert!(cosine(vectors.row(row), expected.row(start + row)) > 0.999_99);
                    }
                    if window == 0 && round % 2 == 0 {
                        disk.cache(LIMIT).clear().unwrap();
                    }
                }
            });
        }
    });
    disk.open().embed(&novel(0..900));
    assert_eq!(disk.open().embed(&novel(0..900)).1, 0);
}

#[test]
fn what_was_not_used_for_longest_goes_first() {
    let disk = Disk::new();
    let hour = |hours: u64| SystemTime::now() - Duration::from_secs(100_000) + Duration::from_secs(3_600 * hours);
    let sitting = |hours: u64, limit: u64, texts: Range<usize>| {
        let cache = Cache::new(disk.folder.path(), limit, hour(hours));
        let embedded = Disk::open_with(&cache, "").embed(&novel(texts)).1;
        // What was written now was written at that hour.
        for file in disk.files() {
            let file = fs::File::options().write(true).open(file).unwrap();
            if file.metadata().unwrap().modified().unwrap() > hour(20) {
                file.set_modified(hour(hours)).unwrap();
            }
        }
        embedded
    };
    sitting(1, LIMIT, 0..100);
    let size = fs::metadata(&disk.files()[0]).unwrap().len();
    sitting(2, LIMIT, 100..200);
    sitting(3, LIMIT, 200..300);
    assert_eq!(sitting(4, LIMIT, 0..100), 0);
    // There is room for three books. The fourth drives out the one last read at two o'clock.
    sitting(5, 3 * size + size / 2, 300..400);
    assert_eq!(disk.files().len(), 3);
    assert_eq!(sitting(6, LIMIT, 0..100), 0);
    assert_eq!(sitting(7, LIMIT, 200..400), 0);
    assert_eq!(sitting(8, LIMIT, 100..200), 100);
}

#[test]
fn a_file_that_a_killed_process_left_goes_after_a_day() {
    let disk = Disk::new();
    disk.open().embed(&novel(0..3));
    let folder = disk.folder.path().join("vectors");
    let abandoned = folder.join("0123456789abcdef0123456789abcdef-x.part");
    fs::write(&abandoned, "half a file").unwrap();
    disk.open().embed(&novel(3..6));
    assert!(abandoned.exists());
    let later = SystemTime::now() + Duration::from_secs(2 * 24 * 60 * 60);
    let cache = Cache::new(disk.folder.path(), LIMIT, later);
    Disk::open_with(&cache, "").embed(&novel(6..9));
    assert!(!abandoned.exists());
}

#[test]
fn a_folder_that_cannot_be_written_to_keeps_nothing_and_harms_nothing() {
    let disk = Disk::new();
    fs::write(disk.folder.path().join("vectors"), "a file where the folder should be").unwrap();
    assert_eq!(disk.open().embed(&novel(0..1_100)).1, 1_100);
    assert_eq!(disk.open().embed(&novel(0..3)).1, 3);
    assert!(disk.cache(LIMIT).holdings().is_empty());
}

#[test]
fn no_text_is_on_disk() {
    let disk = Disk::new();
    disk.open().embed(&["The confidential merger is tomorrow.".into()]);
    for file in disk.files() {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"confidential"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever was asked before, and in however many sittings, a text has the same vector.
    #[test]
    fn a_text_has_one_vector(sittings in prop::collection::vec(prop::collection::vec(".{0,12}", 0..12), 1..5)) {
        let disk = Disk::new();
        let all: Vec<String> = sittings.concat();
        let mut seen = std::collections::HashMap::new();
        for texts in &sittings {
            let (vectors, _) = disk.open().embed(texts);
            for (row, text) in texts.iter().enumerate() {
                let vector = vectors.row(row).to_vec();
                prop_assert!(cosine(seen.entry(text.clone()).or_insert(vector.clone()), &vector) > 0.999_99);
            }
        }
        prop_assert_eq!(disk.open().embed(&all).1, 0);
    }
}
