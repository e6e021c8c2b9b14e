//! From a path to a [`Document`].

mod plain;

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::encoding::{self, DecodeError};
use super::segment::{Segmenter, Srx, SrxError};
use super::{Document, Segment, language};
pub use plain::Newlines;

/// Largest file that is read, in bytes: about a hundred long novels.
pub const LARGEST_FILE: u64 = 64 << 20;

/// How to read a document. The default suits running text in paragraphs.
#[derive(Debug, Default)]
pub struct ReadOptions {
    /// Every line is one segment, blank lines too: segment `n` is line `n` (from 0), as line-based tools count.
    pub sentences: bool,
    /// BCP 47 tag of the text's language; guessed from the text when none is given.
    pub language: Option<String>,
    /// What a single line break means.
    pub newlines: Newlines,
    /// Segmentation rules to use instead of the bundled ones.
    pub rules: Option<Srx>,
}

/// Why a document could not be read: each a sentence with the path and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Nothing has that name.
    #[error("{0:?} does not exist: check the spelling and the folder")]
    Missing(PathBuf),
    /// A folder.
    #[error("{0:?} is a folder: name a file in it")]
    Folder(PathBuf),
    /// A pipe, a socket or a device.
    #[error("{0:?} is a pipe or a device, not a file: save the text to a file first")]
    NotAFile(PathBuf),
    /// The system forbids it.
    #[error("{0:?} may not be read: ask its owner for permission, or copy it")]
    Denied(PathBuf),
    /// Over [`LARGEST_FILE`].
    #[error("{path:?} is too large ({megabytes} MB, at most {} MB are read): split it into parts", LARGEST_FILE >> 20)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size in MiB, rounded up.
        megabytes: u64,
    },
    /// No bytes.
    #[error("{0:?} is empty: there is nothing to align")]
    Empty(PathBuf),
    /// No text.
    #[error("{0:?} holds only white space: there is nothing to align")]
    Blank(PathBuf),
    /// Not text, or not in an encoding that is read.
    #[error("{path:?} {reason}")]
    Decode {
        /// The file.
        path: PathBuf,
        /// What was found instead of text.
        reason: DecodeError,
    },
    /// The segmentation rules cannot be used.
    #[error(transparent)]
    Rules(#[from] SrxError),
    /// Anything else the system reports.
    #[error("{path:?} could not be read: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

/// Reads and segments the file at `path`.
///
/// # Errors
/// When the file cannot be read, is not text, or has none.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Document, ReadError> {
    let bytes = load(path)?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut document = parse(&name, &bytes, options).map_err(|error| error.at(path))?;
    document.name = name.into_owned();
    Ok(document)
}

/// Segments a text that is in memory; `name` is what the document, and an error, will call it.
///
/// # Errors
/// When `bytes` are not text, or hold none.
pub fn parse(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Document, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty(name.into()));
    }
    let text = encoding::decode(bytes).map_err(|reason| ReadError::Decode {
        path: name.into(),
        reason,
    })?;
    if text.trim().is_empty() {
        return Err(ReadError::Blank(name.into()));
    }
    let language = options
        .language
        .clone()
        .or_else(|| language::guess(text).map(str::to_owned));
    let segments = if options.sentences {
        plain::lines(text)
    } else {
        let paragraphs = plain::paragraphs(text, options.newlines);
        segment(&paragraphs, language.as_deref(), options.rules.as_ref())?
    };
    Ok(Document {
        name: name.to_owned(),
        language,
        segments,
    })
}

fn segment<Text: AsRef<str>>(
    paragraphs: &[Text],
    language: Option<&str>,
    rules: Option<&Srx>,
) -> Result<Vec<Segment>, SrxError> {
    let language = language.unwrap_or("und");
    let mut segmenter = match rules {
        Some(rules) => Segmenter::new(rules, language)?,
        None => Segmenter::bundled(language)?,
    };
    let mut segments = Vec::new();
    for (paragraph, text) in paragraphs.iter().enumerate() {
        let sentences = segmenter.segment(text.as_ref());
        segments.extend(sentences.into_iter().map(|text| Segment {
            text: text.to_owned(),
            paragraph,
        }));
    }
    Ok(segments)
}

/// The bytes of a file that is a file and not too large. What it is gets asked before it is opened: opening a pipe
/// that nobody writes to would wait for ever.
fn load(path: &Path) -> Result<Vec<u8>, ReadError> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound => ReadError::Missing(path.into()),
        ErrorKind::PermissionDenied => ReadError::Denied(path.into()),
        _ => ReadError::Io {
            path: path.into(),
            source,
        },
    };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(ReadError::Folder(path.into()));
    }
    if !metadata.is_file() {
        return Err(ReadError::NotAFile(path.into()));
    }
    let too_large = |size: u64| ReadError::TooLarge {
        path: path.into(),
        megabytes: size.div_ceil(1 << 20),
    };
    if metadata.len() > LARGEST_FILE {
        return Err(too_large(metadata.len()));
    }
    // A file can grow while it is read, and some files of the system do not tell their length.
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

impl ReadError {
    /// The same error with the whole path, where it had a name.
    fn at(self, whole: &Path) -> Self {
        match self {
            Self::Empty(_) => Self::Empty(whole.into()),
            Self::Blank(_) => Self::Blank(whole.into()),
            Self::Decode { reason, .. } => Self::Decode {
                path: whole.into(),
                reason,
            },
            other => other,
        }
    }
}
