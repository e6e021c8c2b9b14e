//! A model from the hub into the cache, in the layout of the hub's own tools: contents in `blobs` by their etag, a folder
//! of links to them in `snapshots` by commit, and the commit in `refs` by revision.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::Hub;
use super::download::{self, Origin, Tally};
use super::error::{HubError, disk, unfit};
use super::listing::{Listing, RemoteFile, is_weights};
use super::remote::Remote;
use crate::monitor::Monitor;

/// What a download will bring.
#[derive(Debug, Clone)]
pub struct Offer {
    repository: String,
    revision: String,
    commit: String,
    host: String,
    files: Vec<RemoteFile>,
    here: u64,
}

impl Offer {
    /// Size of all files that the program needs, in bytes.
    pub fn total(&self) -> u64 {
        // The hub may announce anything.
        self.files.iter().fold(0, |sum, file| file.size.saturating_add(sum))
    }

    /// Bytes of them that lie in the cache already.
    pub fn here(&self) -> u64 {
        self.here
    }

    /// Host that they come from.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// Says of the folder of a model whose descriptions have arrived, but no weights, why it cannot be used.
pub type Fitness<'a> = &'a dyn Fn(&Path) -> Result<(), String>;

impl Hub {
    /// Asks the hub what a download of `repository`, `OWNER/NAME`, at a branch, tag or commit would bring. Fetches lists
    /// and descriptions, no weights, and writes nothing.
    ///
    /// # Errors
    /// When there is no such model, it cannot be read, or it is not one that the program could use.
    pub fn offer(&self, remote: &Remote, repository: &str, revision: &str) -> Result<Offer, HubError> {
        let client = remote.connect()?;
        let listing = Listing::fetch(&client, repository, revision)?;
        let files = listing.needed()?;
        let blobs = self.folder(repository).join("blobs");
        let here = files.iter().fold(0, |sum: u64, file| {
            sum.saturating_add(present(&blobs.join(&file.id)).min(file.size))
        });
        Ok(Offer {
            repository: repository.to_owned(),
            revision: revision.to_owned(),
            commit: listing.commit().to_owned(),
            host: client.host(),
            files,
            here,
        })
    }

    /// Downloads what was offered and is not here yet, and returns the folder of the model. Reports bytes. What has
    /// arrived when it ends early is kept, and continued next time. `fitness` is asked before the weights are fetched.
    ///
    /// # Errors
    /// When the connection breaks for good, something else arrives than was announced, the cache cannot be written, the
    /// model is not fit, or the monitor gives up.
    pub fn pull(
        &self,
        remote: &Remote,
        offer: &Offer,
        fitness: Fitness,
        monitor: &mut dyn Monitor,
    ) -> Result<PathBuf, HubError> {
        let client = remote.connect()?;
        let folder = self.folder(&offer.repository);
        let snapshot = folder.join("snapshots").join(&offer.commit);
        let origin = Origin {
            client: &client,
            repository: &offer.repository,
            commit: &offer.commit,
        };
        let mut tally = Tally {
            done: 0,
            total: offer.total(),
            monitor,
        };
        let (weights, others): (Vec<_>, Vec<_>) = offer.files.iter().partition(|file| is_weights(&file.name));
        for file in others {
            self.bring(origin, file, &snapshot, &mut tally)?;
        }
        fitness(&snapshot).map_err(|reason| unfit(&offer.repository, &reason))?;
        for file in weights {
            self.bring(origin, file, &snapshot, &mut tally)?;
        }
        // Last, because who finds it takes the snapshot for whole.
        let reference = folder.join("refs").join(&offer.revision);
        if offer.revision != offer.commit {
            create_parent(&reference)?;
            fs::write(&reference, &offer.commit).map_err(disk(&reference))?;
        }
        Ok(snapshot)
    }

    /// Brings a file into the cache, unless it is there, and into the snapshot.
    fn bring(&self, origin: Origin, file: &RemoteFile, snapshot: &Path, tally: &mut Tally) -> Result<(), HubError> {
        let folder = self.folder(origin.repository);
        let blob = folder.join("blobs").join(&file.id);
        let at = snapshot.join(&file.name);
        if size(&blob) == Some(file.size) {
            tally.add(file.size)?;
            return link(&blob, &at, file);
        }
        create_parent(&blob)?;
        let _lock = self.lock(origin.repository, file)?;
        // Another program may have brought it in before it let go of the lock.
        if size(&blob) == Some(file.size) {
            tally.add(file.size)?;
        } else {
            download::fetch(origin, file, &blob, tally)?;
        }
        link(&blob, &at, file)
    }

    /// Keeps other programs from writing the same file; the hub's own tools heed it.
    fn lock(&self, repository: &str, file: &RemoteFile) -> Result<File, HubError> {
        let name = self.folder(repository);
        let path = self.root.join(".locks").join(name.file_name().unwrap_or_default());
        let path = path.join(format!("{}.lock", file.id));
        create_parent(&path)?;
        let lock = File::create(&path).map_err(disk(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => Err(HubError::Busy(file.name.clone())),
            Err(TryLockError::Error(source)) => Err(HubError::Disk { path, source }),
        }
    }
}

/// Bytes of a blob that are here, whole or in part.
fn present(blob: &Path) -> u64 {
    size(blob).or_else(|| size(&download::part(blob))).unwrap_or(0)
}

fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|data| data.len())
}

fn create_parent(path: &Path) -> Result<(), HubError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).map_err(disk(parent))
}

/// Puts a blob into a snapshot. The link is relative, so that the cache can be moved.
fn link(blob: &Path, at: &Path, file: &RemoteFile) -> Result<(), HubError> {
    if at.exists() {
        return Ok(());
    }
    create_parent(at)?;
    // A link whose content was deleted.
    if fs::symlink_metadata(at).is_ok() {
        fs::remove_file(at).map_err(disk(at))?;
    }
    let up = "../".repeat(2 + file.name.matches('/').count());
    make_link(blob, Path::new(&format!("{up}blobs/{}", file.id)), at).map_err(disk(at))
}

#[cfg(unix)]
fn make_link(_blob: &Path, relative: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(relative, at)
}

/// Symbolic links need rights that few have elsewhere.
#[cfg(not(unix))]
fn make_link(blob: &Path, _relative: &Path, at: &Path) -> io::Result<()> {
    fs::hard_link(blob, at).or_else(|_| fs::copy(blob, at).map(drop))
}
