//! Documents that are ZIP archives of XML files.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::LARGEST_FILE;
use crate::document::encoding;

/// An archive in memory.
pub(super) struct Archive<'a> {
    files: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be unpacked.
    left: u64,
}

/// Whether `bytes` begin as a ZIP archive does.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

impl<'a> Archive<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let files = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
        Ok(Self {
            files,
            left: LARGEST_FILE,
        })
    }

    /// The file `name` as text. An archive that unpacks to more than [`LARGEST_FILE`] in all is refused.
    pub(super) fn text(&mut self, name: &str) -> Result<String, String> {
        let about = |reason: String| format!("{name:?} in it: {reason}");
        let entry = self.files.by_name(name).map_err(|error| about(error.to_string()))?;
        let mut bytes = Vec::new();
        let read = entry
            .take(self.left + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| about(error.to_string()))?;
        let left = self.left.checked_sub(read as u64);
        self.left = left.ok_or_else(|| format!("it unpacks to more than {} MB", LARGEST_FILE >> 20))?;
        let decoded =
            encoding::decode(&bytes, encoding::declared(&bytes)).map_err(|reason| about(reason.to_string()))?;
        Ok(decoded.text.into_owned())
    }

    pub(super) fn holds(&self, name: &str) -> bool {
        self.files.index_for_name(name).is_some()
    }
}
