//! One file from the hub into the cache: in a part that can be continued, checked before it gets its name.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use ureq::http::StatusCode;
use ureq::http::header::CONTENT_RANGE;

use super::error::{HubError, disk};
use super::listing::{RemoteFile, address, header};
use super::remote::{Client, Method, Subject};
use crate::monitor::{Cancelled, Monitor};

/// Bytes between two looks at the monitor.
const CHUNK: usize = 128 << 10;
/// Connections in a row that may break without a byte before it is given up.
const FRUITLESS: usize = 3;

/// Counts the bytes of all files of a model.
pub(super) struct Tally<'a> {
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) monitor: &'a mut dyn Monitor,
}

impl Tally<'_> {
    /// Counts bytes that are in the cache by now.
    pub(super) fn add(&mut self, bytes: u64) -> Result<(), Cancelled> {
        self.done += bytes;
        self.report()
    }

    fn report(&mut self) -> Result<(), Cancelled> {
        self.monitor.report(self.done as usize, self.total as usize)
    }
}

/// Where a model's files come from.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a> {
    pub(super) client: &'a Client,
    pub(super) repository: &'a str,
    pub(super) commit: &'a str,
}

/// The part of `blob` that has arrived, under the name that the hub's own tools give it.
pub(super) fn part(blob: &Path) -> PathBuf {
    let mut name = blob.as_os_str().to_owned();
    name.push(".incomplete");
    PathBuf::from(name)
}

/// A file on its way into the cache.
struct Download<'a> {
    origin: Origin<'a>,
    file: &'a RemoteFile,
    out: File,
    path: PathBuf,
    hasher: Sha256,
    have: u64,
}

/// Downloads `file` to `blob`. A part of it that lies there is continued; a part stays when the download ends early.
pub(super) fn fetch(origin: Origin, file: &RemoteFile, blob: &Path, tally: &mut Tally) -> Result<(), HubError> {
    let path = part(blob);
    let mut download = Download::open(origin, file, path, tally)?;
    let outcome = download.receive(tally).and_then(|()| download.check());
    let Download { out, path, .. } = download;
    match outcome {
        Err(error @ HubError::Damaged { .. }) => {
            fs::remove_file(&path).map_err(disk(&path))?;
            Err(error)
        }
        Err(error) => Err(error),
        Ok(()) => {
            out.sync_all().map_err(disk(&path))?;
            fs::rename(&path, blob).map_err(disk(blob))
        }
    }
}

impl<'a> Download<'a> {
    fn open(origin: Origin<'a>, file: &'a RemoteFile, path: PathBuf, tally: &mut Tally) -> Result<Self, HubError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let out = options.open(&path).map_err(disk(&path))?;
        let mut download = Self {
            origin,
            file,
            out,
            path,
            hasher: Sha256::new(),
            have: 0,
        };
        download.take_up(tally)?;
        Ok(download)
    }

    /// Reads what lies there, because the hash needs it all.
    fn take_up(&mut self, tally: &mut Tally) -> Result<(), HubError> {
        let there = self.out.metadata().map_err(disk(&self.path))?.len();
        if there > self.file.size {
            return self.restart(tally);
        }
        let mut buffer = vec![0; CHUNK];
        loop {
            let read = self.out.read(&mut buffer).map_err(disk(&self.path))?;
            if read == 0 {
                return Ok(());
            }
            self.count(&buffer[..read], tally)?;
        }
    }

    /// Drops what lies there.
    fn restart(&mut self, tally: &mut Tally) -> Result<(), HubError> {
        tally.done -= self.have;
        self.have = 0;
        self.hasher = Sha256::new();
        self.out.set_len(0).map_err(disk(&self.path))?;
        self.out.seek(SeekFrom::Start(0)).map_err(disk(&self.path))?;
        Ok(())
    }

    fn count(&mut self, bytes: &[u8], tally: &mut Tally) -> Result<(), HubError> {
        self.hasher.update(bytes);
        self.have += bytes.len() as u64;
        Ok(tally.add(bytes.len() as u64)?)
    }

    /// Receives the rest, over as many connections as it takes while they bring more than there ever was.
    fn receive(&mut self, tally: &mut Tally) -> Result<(), HubError> {
        let (mut most, mut fruitless) = (self.have, 0);
        while self.have < self.file.size {
            match self.receive_some(tally) {
                Err(HubError::Broken { host, reason } | HubError::Unreachable { host, reason }) => {
                    fruitless = if self.have > most { 0 } else { fruitless + 1 };
                    most = most.max(self.have);
                    if fruitless == FRUITLESS {
                        return Err(HubError::Broken { host, reason });
                    }
                    tally.report()?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// Receives until the connection ends.
    fn receive_some(&mut self, tally: &mut Tally) -> Result<(), HubError> {
        let Origin {
            client,
            repository,
            commit,
        } = self.origin;
        let path = address(repository, commit, &self.file.name);
        let answer = client.request(&path, Method::Get(self.have))?;
        self.check_announcement(header(&answer.hub, "x-linked-etag"))?;
        let range = header(answer.response.headers(), CONTENT_RANGE.as_str());
        match answer.response.status() {
            StatusCode::PARTIAL_CONTENT if self.continues(range.as_deref()) => {}
            // The hub does not continue files, or does not know how this one goes on: from the start, then.
            StatusCode::OK => self.restart(tally)?,
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if self.have > 0 => {
                return self.restart(tally);
            }
            status => {
                let subject = Subject {
                    repository,
                    revision: commit,
                    file: &self.file.name,
                };
                return Err(subject.refused(client.host(), status, &answer.hub));
            }
        }
        // One byte more than announced is enough to see that something is wrong.
        let rest = (self.file.size - self.have).saturating_add(1);
        let body = answer.response.into_body().into_reader().take(rest);
        self.write(body, tally)
    }

    fn write(&mut self, mut body: impl Read, tally: &mut Tally) -> Result<(), HubError> {
        let broken = |reason: String| HubError::Broken {
            host: self.origin.client.host(),
            reason,
        };
        let mut buffer = vec![0; CHUNK];
        loop {
            match body.read(&mut buffer) {
                Ok(0) if self.have < self.file.size => return Err(broken("it ended too early".to_owned())),
                Ok(0) => return Ok(()),
                Ok(read) => {
                    self.out.write_all(&buffer[..read]).map_err(disk(&self.path))?;
                    self.count(&buffer[..read], tally)?;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(error.to_string())),
            }
        }
    }

    /// Whether a part that the hub sends begins where the file here ends.
    fn continues(&self, range: Option<&str>) -> bool {
        let start = format!("bytes {}-", self.have);
        let end = format!("/{}", self.file.size);
        range.is_some_and(|range| range.starts_with(&start) && range.ends_with(&end))
    }

    /// A large file's etag is its hash: another one is another file.
    fn check_announcement(&self, etag: Option<String>) -> Result<(), HubError> {
        match etag {
            Some(etag) if etag != self.file.id => Err(self.damaged("the hub has another file by now")),
            _ => Ok(()),
        }
    }

    fn check(&self) -> Result<(), HubError> {
        if self.have != self.file.size {
            return Err(self.damaged("it is larger"));
        }
        let digest = self.hasher.clone().finalize();
        let found = digest.iter().fold(String::new(), |mut text, byte| {
            _ = write!(text, "{byte:02x}");
            text
        });
        match self.file.sha256() {
            Some(expected) if !expected.eq_ignore_ascii_case(&found) => Err(self.damaged("its SHA-256 differs")),
            _ => Ok(()),
        }
    }

    fn damaged(&self, reason: &str) -> HubError {
        HubError::Damaged {
            file: self.file.name.clone(),
            reason: reason.to_owned(),
        }
    }
}
