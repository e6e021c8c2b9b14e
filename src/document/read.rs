//! From a path to a [`Document`].
//!
//! Every format has one file, which makes paragraphs of it. What follows is the same for all: the language is guessed
//! where none is given, and the paragraphs are cut into sentences.

mod archive;
mod docx;
mod epub;
mod html;
mod odt;
mod office;
mod plain;
mod subtitles;

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
    /// Every line of a plain text is one segment, blank lines too: segment `n` is line `n` (from 0), as line-based tools
    /// count. In other formats every paragraph, cell or subtitle is one segment.
    pub sentences: bool,
    /// BCP 47 tag of the text's language; guessed from the text when none is given.
    pub language: Option<String>,
    /// The text's encoding, such as `windows-1252`; found out when none is given (see [`encoding`]).
    pub encoding: Option<String>,
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
    #[error("{0:?} holds no text, only white space: there is nothing to align")]
    Blank(PathBuf),
    /// Not text, or not in an encoding that is read.
    #[error("{path:?} {reason}")]
    Decode {
        /// The file.
        path: PathBuf,
        /// What was found instead of text.
        reason: DecodeError,
    },
    /// A document whose container or markup is damaged.
    #[error("{path:?} cannot be read as {format}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The format it seems to have.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The segmentation rules cannot be used.
    #[error(transparent)]
    Rules(#[from] SrxError),
    /// Anything else the system reports.
    #[error("{path:?} could not be read")]
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
    let mut document = parse_at(path, &bytes, options)?;
    document.name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    Ok(document)
}

/// Segments a document that is in memory; `name` is what it, and an error, will be called. Its ending and the first bytes
/// tell the format.
///
/// # Errors
/// When `bytes` are not text, or hold none.
pub fn parse(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<Document, ReadError> {
    parse_at(Path::new(name), bytes, options)
}

fn parse_at(path: &Path, bytes: &[u8], options: &ReadOptions) -> Result<Document, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty(path.into()));
    }
    let format = Format::of(path, bytes);
    let mut segments = match format {
        Format::Plain if options.sentences => plain::lines(&decode(path, bytes, options.encoding.as_deref())?),
        _ => number(format.paragraphs(path, bytes, options)?),
    };
    if segments.iter().all(|segment| segment.text.is_empty()) {
        return Err(ReadError::Blank(path.into()));
    }
    let language = options
        .language
        .clone()
        .or_else(|| language::guess(&segments).map(str::to_owned));
    if !options.sentences {
        segments = segment(&segments, language.as_deref(), options.rules.as_ref())?;
    }
    Ok(Document {
        name: path.to_string_lossy().into_owned(),
        language,
        segments,
    })
}

/// Formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Plain,
    Subtitles,
    Html,
    Epub,
    Docx,
    Odt,
}

impl Format {
    /// The format that the name's ending gives, or else the first bytes.
    fn of(path: &Path, bytes: &[u8]) -> Self {
        let ending = path
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        match ending.as_str() {
            "srt" | "vtt" => Self::Subtitles,
            "html" | "htm" | "xhtml" => Self::Html,
            "epub" if archive::is_archive(bytes) => Self::Epub,
            "docx" if archive::is_archive(bytes) => Self::Docx,
            "odt" if archive::is_archive(bytes) => Self::Odt,
            _ => Self::Plain,
        }
    }

    fn paragraphs(self, path: &Path, bytes: &[u8], options: &ReadOptions) -> Result<Vec<String>, ReadError> {
        let label = options.encoding.as_deref();
        let damaged = |format| {
            move |reason| ReadError::Damaged {
                path: path.into(),
                format,
                reason,
            }
        };
        match self {
            Self::Plain => Ok(plain::paragraphs(&decode(path, bytes, label)?, options.newlines)),
            Self::Subtitles => Ok(subtitles::paragraphs(&decode(path, bytes, label)?, options.sentences)),
            Self::Html => Ok(html::paragraphs(&decode(
                path,
                bytes,
                label.or(encoding::declared(bytes)),
            )?)),
            Self::Epub => epub::paragraphs(bytes).map_err(damaged("an EPUB book")),
            Self::Docx => docx::paragraphs(bytes).map_err(damaged("a DOCX document")),
            Self::Odt => odt::paragraphs(bytes).map_err(damaged("an ODT document")),
        }
    }
}

fn decode<'a>(path: &Path, bytes: &'a [u8], label: Option<&str>) -> Result<std::borrow::Cow<'a, str>, ReadError> {
    match encoding::decode(bytes, label) {
        Ok(decoded) => Ok(decoded.text),
        Err(reason) => Err(ReadError::Decode {
            path: path.into(),
            reason,
        }),
    }
}

/// Each text as a paragraph of one segment.
fn number(paragraphs: Vec<String>) -> Vec<Segment> {
    paragraphs
        .into_iter()
        .enumerate()
        .map(|(paragraph, text)| Segment { text, paragraph })
        .collect()
}

fn segment(paragraphs: &[Segment], language: Option<&str>, rules: Option<&Srx>) -> Result<Vec<Segment>, SrxError> {
    let language = language.unwrap_or("und");
    let mut segmenter = match rules {
        Some(rules) => Segmenter::new(rules, language)?,
        None => Segmenter::bundled(language)?,
    };
    let mut segments = Vec::new();
    for Segment { text, paragraph } in paragraphs {
        let sentences = segmenter.segment(text);
        segments.extend(sentences.into_iter().map(|text| Segment {
            text: text.to_owned(),
            paragraph: *paragraph,
        }));
    }
    Ok(segments)
}

/// The bytes of a file that is a file and not too large. What it is gets asked before it is opened: opening a pipe
/// that nobody writes to would wait for ever.
fn load(path: &Path) -> Result<Vec<u8>, ReadError> {
    let failed = |source: std::io::Error| match source.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ReadError::Missing(path.into()),
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
