//! The file format: an index at the head, then rows of 16-bit floats. All numbers are little-endian.
//!
//! ```text
//! magic (16) | fingerprint of the model (16) | dimension u32 | rows u32 | length of the name u32 | name of the model
//! rows x key of the text (16) | rows x checksum of the row (8) | checksum of all this (16)
//! rows x dimension x f16
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use half::f16;
use half::slice::HalfFloatSliceExt;

/// Ending of a segment's name.
pub(super) const ENDING: &str = ".vectors";
/// Ending of its name while it is written.
pub(super) const TEMPORARY: &str = ".part";

const MAGIC: [u8; 16] = *b"enface vectors 1";
/// Bytes before the name of the model.
const FIXED: usize = 16 + 16 + 4 + 4 + 4;
/// Longest name and most rows of a segment: bounds of what a damaged file can make us read.
const LONGEST_NAME: usize = 4096;
const MOST_ROWS: usize = 1 << 20;

/// Hash of a text under the key of a model.
pub(super) type Key = [u8; 16];
type Checksum = [u8; 8];

/// The first bytes of a hash.
pub(super) fn shorten<const N: usize>(hash: &blake3::Hash) -> [u8; N] {
    std::array::from_fn(|byte| hash.as_bytes()[byte])
}

fn checksum(key: &Key, row: &[u8]) -> Checksum {
    shorten(&blake3::Hasher::new().update(key).update(row).finalize())
}

/// Why a segment cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SegmentError {
    /// It is not ours to touch.
    #[error("not a file of vectors of this version")]
    Foreign,
    /// It is ours, but broken.
    #[error("damaged")]
    Damaged,
    /// The system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Head of a segment.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) model: String,
    pub(super) fingerprint: Key,
    pub(super) dimension: usize,
    pub(super) keys: Vec<Key>,
    checksums: Vec<Checksum>,
    /// Where the rows start.
    start: u64,
}

impl Head {
    /// Reads and checks a head.
    pub(super) fn read(path: &Path) -> Result<Self, SegmentError> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut fixed = [0; FIXED];
        read(&mut file, &mut fixed).map_err(|_| SegmentError::Foreign)?;
        if fixed[..16] != MAGIC {
            return Err(SegmentError::Foreign);
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|byte| fixed[at + byte])) as usize;
        let (dimension, rows, name) = (number(32), number(36), number(40));
        if name > LONGEST_NAME || rows > MOST_ROWS {
            return Err(SegmentError::Damaged);
        }
        let index = rows * (size_of::<Key>() + size_of::<Checksum>());
        let start = (FIXED + name + index + size_of::<Key>()) as u64;
        if length != start + (rows * dimension * 2) as u64 {
            return Err(SegmentError::Damaged);
        }
        let mut rest = vec![0; name + index + size_of::<Key>()];
        read(&mut file, &mut rest)?;
        let (body, sum) = rest.split_at(name + index);
        let expected: Key = shorten(&blake3::Hasher::new().update(&fixed).update(body).finalize());
        if sum != expected {
            return Err(SegmentError::Damaged);
        }
        let (keys, checksums) = body[name..].split_at(rows * size_of::<Key>());
        Ok(Self {
            model: String::from_utf8_lossy(&body[..name]).into_owned(),
            fingerprint: std::array::from_fn(|byte| fixed[16 + byte]),
            dimension,
            keys: keys.as_chunks().0.to_vec(),
            checksums: checksums.as_chunks().0.to_vec(),
            start,
        })
    }
}

fn read(file: &mut File, buffer: &mut [u8]) -> Result<(), SegmentError> {
    file.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => SegmentError::Damaged,
        _ => error.into(),
    })
}

/// Rows in the form in which they are kept.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) keys: Vec<Key>,
    bytes: Vec<u8>,
}

impl Rows {
    /// Adds a row.
    pub(super) fn push(&mut self, key: Key, row: &[f32]) {
        let mut halves = vec![f16::ZERO; row.len()];
        halves.convert_from_f32_slice(row);
        self.keys.push(key);
        self.bytes.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
    }

    /// Row `index`, scaled to length 1.
    pub(super) fn get(&self, index: usize, row: &mut [f32]) {
        let width = row.len() * 2;
        widen(&self.bytes[index * width..(index + 1) * width], row);
    }

    /// Writes them as a segment into `folder` and gives back its path.
    pub(super) fn write(&self, folder: &Path, model: &str, fingerprint: &Key) -> io::Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let prefix = format!("{:032x}-", u128::from_be_bytes(*fingerprint));
        // The library makes files that only their owner can read.
        let mut file = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(TEMPORARY)
            .tempfile_in(folder)?;
        file.write_all(&self.head(model, fingerprint))?;
        file.write_all(&self.bytes)?;
        let path = file.path().with_extension(&ENDING[1..]);
        file.persist_noclobber(&path)?;
        Ok(path)
    }

    fn head(&self, model: &str, fingerprint: &Key) -> Vec<u8> {
        let width = self.bytes.len().checked_div(self.keys.len()).unwrap_or(0);
        let name = &model.as_bytes()[..model.len().min(LONGEST_NAME)];
        let mut head = [MAGIC, *fingerprint].concat();
        for number in [width / 2, self.keys.len(), name.len()] {
            head.extend((number as u32).to_le_bytes());
        }
        head.extend(name);
        head.extend(self.keys.as_flattened());
        for (key, row) in self.keys.iter().zip(self.bytes.chunks_exact(width.max(1))) {
            head.extend(checksum(key, row));
        }
        let sum: Key = shorten(&blake3::hash(&head));
        head.extend(sum);
        head
    }
}

/// A segment open for reading.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    head: &'a Head,
    file: File,
    bytes: Vec<u8>,
}

impl<'a> Reader<'a> {
    /// Opens the file of a head that was read.
    pub(super) fn open(path: &Path, head: &'a Head) -> io::Result<Self> {
        Ok(Self {
            head,
            file: File::open(path)?,
            bytes: vec![0; head.dimension * 2],
        })
    }

    /// Reads row `index`, scaled to length 1.
    pub(super) fn get(&mut self, index: usize, row: &mut [f32]) -> Result<(), SegmentError> {
        let place = self.head.start + (index * self.bytes.len()) as u64;
        self.file.seek(SeekFrom::Start(place))?;
        read(&mut self.file, &mut self.bytes)?;
        if checksum(&self.head.keys[index], &self.bytes) != self.head.checksums[index] {
            return Err(SegmentError::Damaged);
        }
        widen(&self.bytes, row);
        Ok(())
    }
}

/// 16 bits a number to 32, and the length, which rounding changed a little, to 1 again.
fn widen(bytes: &[u8], row: &mut [f32]) {
    let halves: Vec<f16> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&half| f16::from_le_bytes(half))
        .collect();
    halves.convert_to_f32_slice(row);
    let length = row.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|value| *value /= length);
    }
}
