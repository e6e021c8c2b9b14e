//! The files of a model on the hub, and those of them that the program needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use ureq::http::StatusCode;
use ureq::http::header::{CONTENT_LENGTH, ETAG, HeaderMap};

use super::error::{self, HubError};
use super::remote::{Client, Method, Subject};

/// A file on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RemoteFile {
    /// Path within the model, of plain names between slashes.
    pub(super) name: String,
    /// Size in bytes.
    pub(super) size: u64,
    /// What the hub calls this content; the SHA-256 of a large file, and the name of it in the cache.
    pub(super) id: String,
}

impl RemoteFile {
    /// SHA-256 of the content in hexadecimal, where the hub gives it.
    pub(super) fn sha256(&self) -> Option<&str> {
        // The ids of small files are git's, of 40 digits.
        (self.id.len() == 64).then_some(self.id.as_str())
    }
}

/// A model at a revision.
#[derive(Debug)]
pub(super) struct Listing<'a> {
    client: &'a Client,
    repository: &'a str,
    commit: String,
    files: Vec<Sibling>,
}

/// The hub's answer to `/api/models/OWNER/NAME/revision/REVISION?blobs=true`.
#[derive(Debug, Deserialize)]
struct ModelInfo {
    sha: String,
    siblings: Vec<Sibling>,
}

/// Size and ids are left out by hubs that do not know `blobs`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    #[serde(rename = "rfilename")]
    name: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<LargeFile>,
}

#[derive(Debug, Clone, Deserialize)]
struct LargeFile {
    sha256: String,
}

/// A stage of the model, in `modules.json`.
#[derive(Debug, Deserialize)]
struct Module {
    path: String,
}

/// `model.safetensors.index.json`.
#[derive(Debug, Deserialize)]
struct ShardIndex {
    weight_map: BTreeMap<String, String>,
}

/// Files beside the weights that every model must have.
const REQUIRED: [&str; 3] = ["modules.json", "config.json", "tokenizer.json"];
/// Files that say more where they exist.
const OPTIONAL: [&str; 4] = [
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
];
/// Forms of weights, the preferred one first.
const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];
/// Lists the parts of weights that are split.
const SHARDS: &str = "model.safetensors.index.json";

impl<'a> Listing<'a> {
    /// Asks the hub for the list.
    pub(super) fn fetch(client: &'a Client, repository: &'a str, revision: &str) -> Result<Self, HubError> {
        if let Some(outside) = [repository, revision].into_iter().find(|name| !is_plain(name)) {
            return Err(HubError::Name(outside.to_owned()));
        }
        let subject = Subject {
            repository,
            revision,
            file: "",
        };
        let path = format!(
            "/api/models/{repository}/revision/{}?blobs=true",
            revision.replace('/', "%2F")
        );
        let text = client.text(&path, &subject)?;
        let nonsense = |reason: String| HubError::Answer {
            host: client.host(),
            reason,
        };
        let info: ModelInfo = serde_json::from_str(&text).map_err(|error| nonsense(error.to_string()))?;
        if !is_hexadecimal(&info.sha) {
            return Err(nonsense(format!("{:?} is no commit", info.sha)));
        }
        if let Some(file) = info.siblings.iter().find(|file| leads_out(&file.name)) {
            return Err(HubError::Name(file.name.clone()));
        }
        Ok(Self {
            client,
            repository,
            commit: info.sha,
            files: info.siblings,
        })
    }

    /// The commit that the revision stands for.
    pub(super) fn commit(&self) -> &str {
        &self.commit
    }

    /// The files that the program needs: descriptions first, then the tokenizer, one form of the weights last.
    pub(super) fn needed(&self) -> Result<Vec<RemoteFile>, HubError> {
        if let Some(missing) = REQUIRED.into_iter().find(|name| !self.has(name)) {
            return Err(self.unfit(&format!(
                "it has no {missing}, so it is not in the format of sentence-transformers"
            )));
        }
        let mut names: Vec<String> = REQUIRED.iter().chain(&OPTIONAL).map(|&name| name.to_owned()).collect();
        let mut weights = self.weights()?;
        for module in self.modules()? {
            names.push(format!("{}/config.json", module.path));
            let within = WEIGHTS.map(|name| format!("{}/{name}", module.path));
            weights.extend(within.into_iter().find(|name| self.has(name)));
        }
        names.retain(|name| self.has(name));
        names.extend(weights);
        names.sort_by_key(|name| (is_weights(name), name == "tokenizer.json"));
        names.iter().map(|name| self.describe(name)).collect()
    }

    /// The stages that lie in folders of their own.
    fn modules(&self) -> Result<Vec<Module>, HubError> {
        let modules: Vec<Module> = self.read("modules.json")?;
        let (transformer, others): (Vec<_>, Vec<_>) = modules.into_iter().partition(|module| module.path.is_empty());
        if transformer.is_empty() {
            return Err(self.unfit("its transformer lies in a folder of its own, which is not supported"));
        }
        match others.iter().find(|module| !is_plain(&module.path)) {
            Some(outside) => Err(HubError::Name(outside.path.clone())),
            None => Ok(others),
        }
    }

    /// Names of the files of the transformer's weights.
    fn weights(&self) -> Result<Vec<String>, HubError> {
        let [whole, pickle] = WEIGHTS;
        if self.has(whole) {
            return Ok(vec![whole.to_owned()]);
        }
        if self.has(SHARDS) {
            let index: ShardIndex = self.read(SHARDS)?;
            let shards: BTreeSet<String> = index.weight_map.into_values().collect();
            if let Some(outside) = shards.iter().find(|name| !is_plain(name)) {
                return Err(HubError::Name(outside.clone()));
            }
            return Ok(std::iter::once(SHARDS.to_owned()).chain(shards).collect());
        }
        if self.has(pickle) {
            return Ok(vec![pickle.to_owned()]);
        }
        Err(self.unfit(&format!("its weights are in another form than {whole} or {pickle}")))
    }

    fn has(&self, name: &str) -> bool {
        self.files.iter().any(|file| file.name == name)
    }

    fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<T, HubError> {
        let text = self
            .client
            .text(&address(self.repository, &self.commit, name), &self.subject(name))?;
        serde_json::from_str(&text).map_err(|error| self.unfit(&format!("{name} is not understood: {error}")))
    }

    /// Size and id of a file, from the list or else from the file's own headers.
    fn describe(&self, name: &str) -> Result<RemoteFile, HubError> {
        let listed = self.files.iter().find(|file| file.name == name).and_then(|file| {
            let id = file.lfs.as_ref().map(|lfs| &lfs.sha256).or(file.blob_id.as_ref())?;
            Some((file.size?, id.clone()))
        });
        let (size, id) = match listed {
            Some(listed) => listed,
            None => self.ask(name)?,
        };
        if !is_plain(&id) || id.contains('/') {
            return Err(HubError::Name(id));
        }
        Ok(RemoteFile {
            name: name.to_owned(),
            size,
            id,
        })
    }

    fn ask(&self, name: &str) -> Result<(u64, String), HubError> {
        let path = address(self.repository, &self.commit, name);
        let answer = self.client.request(&path, Method::Head)?;
        let status = answer.response.status();
        if status != StatusCode::OK {
            return Err(self.subject(name).refused(self.client.host(), status, &answer.hub));
        }
        let size =
            header(&answer.hub, "x-linked-size").or_else(|| header(answer.response.headers(), CONTENT_LENGTH.as_str()));
        let id = header(&answer.hub, "x-linked-etag").or_else(|| header(&answer.hub, ETAG.as_str()));
        match (size.and_then(|size| size.parse().ok()), id) {
            (Some(size), Some(id)) => Ok((size, id)),
            _ => Err(HubError::Answer {
                host: self.client.host(),
                reason: format!("it does not tell the size and the etag of {name}"),
            }),
        }
    }

    fn subject<'b>(&'b self, file: &'b str) -> Subject<'b> {
        Subject {
            repository: self.repository,
            revision: &self.commit,
            file,
        }
    }

    fn unfit(&self, reason: &str) -> HubError {
        error::unfit(self.repository, reason)
    }
}

/// Where the hub gives out a file.
pub(super) fn address(repository: &str, commit: &str, name: &str) -> String {
    format!("/{repository}/resolve/{commit}/{name}")
}

/// A header's value without what surrounds an etag.
pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.trim_start_matches("W/").trim_matches('"').to_owned())
}

/// Whether a file holds numbers, which are of no use before everything else is right.
pub(super) fn is_weights(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ending == "safetensors" || ending == "bin")
}

/// Whether a listed name points outside the model's folder, on any system.
fn leads_out(name: &str) -> bool {
    let odd = |character: char| matches!(character, '\\' | ':') || character.is_control();
    name.contains(odd) || name.split('/').any(|part| matches!(part, "" | "." | ".."))
}

/// Whether a name that a model's file gives is made of plain names between slashes.
fn is_plain(name: &str) -> bool {
    name.split('/')
        .all(|part| is_identifier(part) && !part.starts_with('.'))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
}

fn is_hexadecimal(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use std::path::Component;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_plain_name_stays_below_its_folder(name in "[a-z./\\\\: ~\u{0}-]{0,12}|\\PC{0,12}") {
            let plain = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
            prop_assert!(!is_plain(&name) || plain && !leads_out(&name));
        }
    }

    #[test]
    fn names_that_lead_out_of_a_folder_are_known_on_every_system() {
        for name in [
            "../x", "a/../x", "/etc/x", "a//x", "c:x", "a\\..\\x", ".", "a/\u{0}", "",
        ] {
            assert!(leads_out(name) && !is_plain(name), "{name}");
        }
        for name in ["model.safetensors", "1_Pooling/config.json", "onnx/model O4 (1).onnx"] {
            assert!(!leads_out(name), "{name}");
        }
    }
}
