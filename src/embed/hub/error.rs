//! What can go wrong between the hub and this machine, as sentences.

use std::io;
use std::path::{Path, PathBuf};

use crate::monitor::Cancelled;

/// Why a model was not downloaded, or not removed.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The environment forbids connections.
    #[error("HF_HUB_OFFLINE is set, so nothing is asked of the hub; unset it to download models")]
    Offline,
    /// The hub's address cannot be used.
    #[error("the hub's address {0:?} is not one of http or https; correct HF_ENDPOINT")]
    Endpoint(String),
    /// Certificates that the environment names cannot be used.
    #[error("the certificates in {path}, which SSL_CERT_FILE names, cannot be used: {reason}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No answer.
    #[error(
        "{host} cannot be reached: {reason}. See whether this machine is online, and whether HTTPS_PROXY, SSL_CERT_FILE or \
         HF_ENDPOINT have to be set"
    )]
    Unreachable {
        /// The host.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// No such model.
    #[error(
        "there is no model {repository} on {host}, or it is private; a token that may read it belongs into HF_TOKEN"
    )]
    NoModel {
        /// `OWNER/NAME`.
        repository: String,
        /// The hub's host.
        host: String,
    },
    /// No such revision.
    #[error("{repository} has no revision {revision}; name a branch, a tag or a commit behind the @")]
    NoRevision {
        /// `OWNER/NAME`.
        repository: String,
        /// What was asked for.
        revision: String,
    },
    /// The hub wants to know who asks.
    #[error(
        "{host} does not hand out {repository} to everyone: accept its conditions there, and put a token that may read \
         it into HF_TOKEN"
    )]
    Refused {
        /// `OWNER/NAME`.
        repository: String,
        /// The hub's host.
        host: String,
    },
    /// Another answer than a file.
    #[error("{host} answers with status {status} to a request for {what}; try again later")]
    Status {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What was asked for.
        what: String,
    },
    /// An answer that makes no sense.
    #[error("{host} answers with something else than expected: {reason}")]
    Answer {
        /// The host.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// A name that would lead out of the model's folder.
    #[error("the model lists a file {0:?}, which would lie outside its folder; nothing was downloaded")]
    Name(String),
    /// A model that the program could not use.
    #[error("{repository} cannot be used: {reason}; it was not downloaded")]
    Unfit {
        /// `OWNER/NAME`.
        repository: String,
        /// Why.
        reason: String,
    },
    /// The connection broke again and again.
    #[error("the connection to {host} broke off: {reason}. What came is kept; asking again goes on from there")]
    Broken {
        /// The host.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// What came is not what the hub had announced.
    #[error("{file} did not arrive as announced ({reason}) and was thrown away; try again")]
    Damaged {
        /// The file.
        file: String,
        /// The difference.
        reason: String,
    },
    /// Another process holds the file.
    #[error("another program is downloading {0} right now; wait until it is done")]
    Busy(String),
    /// The cache cannot be written or deleted.
    #[error("{path} cannot be written: {source}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The monitor gave up.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// A model that the program could not use. The reason may quote the model's files, which come from anywhere: what a
/// terminal would obey is spelled out.
pub(super) fn unfit(repository: &str, reason: &str) -> HubError {
    let harmless = |character: char| character == ' ' || character.is_ascii_graphic();
    let spelled = reason.chars().fold(String::new(), |mut spelled, character| {
        if harmless(character) {
            spelled.push(character);
        } else {
            spelled.extend(character.escape_unicode());
        }
        spelled
    });
    HubError::Unfit {
        repository: repository.to_owned(),
        reason: spelled,
    }
}

/// Names the path in an error of the file system.
pub(super) fn disk(path: &Path) -> impl FnOnce(io::Error) -> HubError {
    move |source| HubError::Disk {
        path: path.to_owned(),
        source,
    }
}
