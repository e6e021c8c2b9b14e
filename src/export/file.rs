//! Putting an export on disk: whole or not at all, and never over a file that was not to be replaced.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What to do when the file is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Leave it and report [`WriteError::Exists`].
    #[default]
    Keep,
    /// Replace it, once the new one is complete.
    Replace,
}

/// Why a file could not be written: a sentence with the path and what to do.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file of that name is there and was to be kept.
    #[error("{0:?} exists already: choose another name, or say that it may be replaced")]
    Exists(PathBuf),
    /// The path is a folder.
    #[error("{0:?} is a folder: name a file in it")]
    Folder(PathBuf),
    /// The folder to write to does not exist.
    #[error("{path:?} cannot be written, because its folder does not exist: create {folder:?} first", folder = folder(.0), path = .0)]
    NoFolder(PathBuf),
    /// The system forbids it.
    #[error("{0:?} may not be written: choose another folder, or ask for permission")]
    Denied(PathBuf),
    /// Anything else the system reports.
    #[error("{path:?} could not be written")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// Whether a later [`write()`] to `path` would be refused for a reason that is known now, before the work.
///
/// # Errors
/// When it would.
pub fn check(path: &Path, existing: Existing) -> Result<(), WriteError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(WriteError::Folder(path.into())),
        Ok(metadata) if metadata.is_file() && existing == Existing::Keep => Err(WriteError::Exists(path.into())),
        Ok(metadata) if !metadata.is_file() => Ok(()),
        _ => temporary_beside(&fs::canonicalize(path).unwrap_or_else(|_| path.into()))
            .map(drop)
            .map_err(|source| explain(path, source)),
    }
}

/// Writes a file: `content` is called with a buffered writer. The text goes to a temporary file beside `path`, which takes
/// its name when all is written; a device or a pipe is written to directly.
///
/// # Errors
/// When the file is there and is to be kept, or the system refuses. Nothing is left behind.
pub fn write(
    path: &Path,
    existing: Existing,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let failed = |source| explain(path, source);
    let present = fs::metadata(path).ok();
    match &present {
        Some(metadata) if metadata.is_dir() => return Err(WriteError::Folder(path.into())),
        Some(metadata) if !metadata.is_file() => {
            let mut device = BufWriter::new(File::options().write(true).open(path).map_err(failed)?);
            return content(&mut device).and_then(|()| device.flush()).map_err(failed);
        }
        Some(_) if existing == Existing::Keep => return Err(WriteError::Exists(path.into())),
        _ => {}
    }
    // Through a symbolic link the file it points to is replaced, not the link.
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let temporary = temporary_beside(&place).map_err(failed)?;
    let mut out = BufWriter::new(temporary);
    content(&mut out).map_err(failed)?;
    let temporary = out.into_inner().map_err(|error| failed(error.into_error()))?;
    temporary.as_file().sync_all().map_err(failed)?;
    if let Some(metadata) = present {
        temporary
            .as_file()
            .set_permissions(metadata.permissions())
            .map_err(failed)?;
    }
    let named = match existing {
        Existing::Keep => temporary.persist_noclobber(&place),
        Existing::Replace => temporary.persist(&place),
    };
    named.map(drop).map_err(|error| failed(error.error))
}

/// A new file in the folder of `path`, readable as any file of the user and not, as temporary files are, by them alone.
fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".enface-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder(path))
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn explain(path: &Path, source: io::Error) -> WriteError {
    match source.kind() {
        ErrorKind::AlreadyExists => WriteError::Exists(path.into()),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => WriteError::Denied(path.into()),
        ErrorKind::NotFound | ErrorKind::NotADirectory => WriteError::NoFolder(path.into()),
        _ => WriteError::Io {
            path: path.into(),
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(path: &Path, existing: Existing, text: &str) -> Result<(), WriteError> {
        write(path, existing, |out| out.write_all(text.as_bytes()))
    }

    #[test]
    fn a_file_is_replaced_only_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.tsv");
        put(&path, Existing::Keep, "first").unwrap();
        let refused = put(&path, Existing::Keep, "second").unwrap_err();
        assert!(matches!(refused, WriteError::Exists(_)) && refused.to_string().contains("exists already"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        put(&path, Existing::Replace, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
    }

    #[test]
    fn a_write_that_fails_halfway_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.tsv");
        put(&path, Existing::Keep, "first").unwrap();
        let failed = write(&path, Existing::Replace, |out| {
            out.write_all(b"sec")?;
            Err(io::Error::other("the pen broke"))
        });
        let WriteError::Io { source, .. } = failed.unwrap_err() else {
            panic!("it should have failed to write")
        };
        assert_eq!(source.to_string(), "the pen broke");
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let early = |path: &Path| check(path, Existing::Keep).unwrap_err();
        assert!(matches!(early(folder.path()), WriteError::Folder(_)));
        assert!(matches!(
            early(&folder.path().join("no/where.tsv")),
            WriteError::NoFolder(_)
        ));
        check(&folder.path().join("new.tsv"), Existing::Keep).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(matches!(
            put(folder.path(), Existing::Replace, ""),
            Err(WriteError::Folder(_))
        ));
        let lost = put(&folder.path().join("no/where.tsv"), Existing::Keep, "").unwrap_err();
        assert!(lost.to_string().contains("its folder does not exist"), "{lost}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_keeps_its_link_and_its_permissions_and_a_device_is_written_to() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("out.tsv"), folder.path().join("link.tsv"));
        put(&path, Existing::Keep, "first").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        put(&link, Existing::Replace, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        put(Path::new("/dev/null"), Existing::Keep, "anything").unwrap();
    }
}
