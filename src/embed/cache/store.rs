//! The vectors of one model: what the segments hold, and what is yet to be written.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::segment::{Head, Key, Reader, Rows, SegmentError};
use super::{Cache, Identity};

/// Rows that make a segment: some seconds of a large model's work, which is what a killed process loses.
const BATCH: usize = 512;

/// Vectors of one model.
#[derive(Debug)]
pub(super) struct Store {
    cache: Cache,
    model: String,
    fingerprint: Key,
    secret: [u8; 32],
    dimension: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    segments: Vec<Arc<Segment>>,
    places: HashMap<Key, Place>,
    pending: Rows,
    /// Segments already marked as used.
    marked: Vec<bool>,
}

#[derive(Debug)]
struct Segment {
    path: PathBuf,
    head: Head,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// Row of a segment.
    Disk(u32, u32),
    /// Row not yet written.
    Pending(u32),
}

impl Store {
    /// Reads the heads of all segments of this model.
    pub(super) fn open(cache: Cache, identity: &Identity, dimension: usize) -> Self {
        let mut store = Self {
            cache,
            model: identity.model().to_owned(),
            fingerprint: identity.fingerprint(),
            secret: identity.secret(),
            dimension,
            state: Mutex::default(),
        };
        let prefix = format!("{:032x}-", u128::from_be_bytes(store.fingerprint));
        let mut state = State::default();
        for file in store.cache.files() {
            let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned());
            if !file.is_complete() || !name.is_some_and(|name| name.starts_with(&prefix)) {
                continue;
            }
            match Head::read(&file.path) {
                Ok(head) if head.fingerprint == store.fingerprint && head.dimension == dimension => {
                    state.add(file.path, head);
                }
                Err(SegmentError::Damaged) => drop(fs::remove_file(file.path)),
                _ => {}
            }
        }
        store.state = Mutex::new(state);
        store
    }

    /// By this the vector of a text is found.
    pub(super) fn key(&self, text: &str) -> Key {
        super::segment::shorten(&blake3::keyed_hash(&self.secret, text.as_bytes()))
    }

    /// Writes the vectors of `keys` that there are into the rows of `out`, and gives back the indexes of the others, in
    /// order.
    pub(super) fn read(&self, keys: &[Key], out: &mut [f32]) -> Vec<usize> {
        let (mut found, segments, mut missing) = self.find(keys, out);
        found.sort_unstable();
        for of_segment in found.chunk_by(|a, b| a.0 == b.0) {
            let segment = &segments[of_segment[0].0 as usize];
            let mut reader = Reader::open(&segment.path, &segment.head);
            for &(_, row, index) in of_segment {
                let out = &mut out[index * self.dimension..(index + 1) * self.dimension];
                let outcome = match &mut reader {
                    Ok(reader) => reader.get(row as usize, out),
                    // Cleared by another process, perhaps.
                    Err(_) => Err(SegmentError::Foreign),
                };
                if let Err(error) = outcome {
                    missing.push(index);
                    if matches!(error, SegmentError::Damaged) {
                        let _ = fs::remove_file(&segment.path);
                    }
                }
            }
        }
        missing.sort_unstable();
        missing
    }

    /// Looks up `keys`: rows on disk as (segment, row, index of the key), the segments, and the indexes not found. Rows
    /// not yet written are copied into `out`.
    #[allow(clippy::type_complexity, reason = "named in the sentence above, and used once")]
    fn find(&self, keys: &[Key], out: &mut [f32]) -> (Vec<(u32, u32, usize)>, Vec<Arc<Segment>>, Vec<usize>) {
        let mut state = self.lock();
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for (index, key) in keys.iter().enumerate() {
            match state.places.get(key) {
                Some(&Place::Disk(segment, row)) => found.push((segment, row, index)),
                Some(&Place::Pending(row)) => state.pending.get(
                    row as usize,
                    &mut out[index * self.dimension..(index + 1) * self.dimension],
                ),
                None => missing.push(index),
            }
        }
        for &(segment, ..) in &found {
            if !std::mem::replace(&mut state.marked[segment as usize], true) {
                self.mark(&state.segments[segment as usize]);
            }
        }
        (found, state.segments.clone(), missing)
    }

    /// Says to the file system that a segment was used, by which [`Cache::evict`] goes.
    fn mark(&self, segment: &Segment) {
        let file = OpenOptions::new().write(true).open(&segment.path);
        let _ = file.and_then(|file| file.set_modified(self.cache.now));
    }

    /// Keeps a row, and gives it back as it will be read.
    pub(super) fn keep(&self, key: Key, row: &mut [f32]) {
        let mut state = self.lock();
        let place = state.pending.keys.len();
        state.pending.push(key, row);
        state.pending.get(place, row);
        state.places.insert(key, Place::Pending(place as u32));
        if place + 1 >= BATCH {
            self.write(&mut state);
        }
    }

    /// Writes what is pending.
    fn write(&self, state: &mut State) {
        let rows = std::mem::take(&mut state.pending);
        if rows.keys.is_empty() {
            return;
        }
        let written = rows.write(&self.cache.folder, &self.model, &self.fingerprint);
        match written.map(|path| Head::read(&path).map(|head| (path, head))) {
            Ok(Ok((path, head))) => {
                state.add(path, head);
                self.cache.evict();
            }
            // A disk that is full or not ours to write to keeps nothing.
            _ => state.places.retain(|_, place| matches!(place, Place::Disk(..))),
        }
    }

    /// A thread that panicked leaves at worst a row that is not found.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let mut state = std::mem::take(&mut *self.lock());
        self.write(&mut state);
    }
}

impl State {
    fn add(&mut self, path: PathBuf, head: Head) {
        let segment = self.segments.len() as u32;
        for (row, key) in (0..).zip(&head.keys) {
            self.places.insert(*key, Place::Disk(segment, row));
        }
        self.segments.push(Arc::new(Segment { path, head }));
        self.marked.push(false);
    }
}
