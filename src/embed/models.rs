//! The models that the program knows by name, and how a name typed by the user becomes an encoder.

mod languages;
mod shelf;

use std::fmt;
use std::path::{Path, PathBuf};

use super::hub::{Hub, MAIN};
use super::{
    Device, EmbedError, Embedder, Laser, Precision, Transformer, TransformerOptions, UseMultilingual, use_multilingual,
};

pub(crate) use languages::LASER2 as LASER2_LANGUAGES;
pub use shelf::{Place, Shelved, shelf};

/// A model known by a short name.
#[derive(Debug, Clone, Copy)]
pub struct KnownModel {
    /// What the user types.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// Its repository on the hub, `OWNER/NAME`; none for the bundled model.
    pub repository: Option<&'static str>,
    /// About how many bytes a download brings.
    pub download: u64,
    /// What stands before every text, where the model's files do not say and its authors do.
    pub prompt: Option<&'static str>,
    /// BCP 47 tags of the languages it was trained on.
    pub languages: &'static [&'static str],
    /// SPDX identifier of its licence.
    pub licence: &'static str,
}

/// All models known by name, the bundled one first.
pub const KNOWN: [KnownModel; 6] = [
    KnownModel {
        name: use_multilingual::NAME,
        about: "Universal Sentence Encoder, multilingual, version 3 (bundled)",
        repository: None,
        download: 0,
        prompt: None,
        languages: &use_multilingual::LANGUAGES,
        licence: "Apache-2.0",
    },
    KnownModel {
        name: "labse",
        about: "LaBSE: translation ranking over 109 languages",
        repository: Some("sentence-transformers/LaBSE"),
        download: 1_900_000_000,
        prompt: None,
        languages: &languages::LABSE,
        licence: "Apache-2.0",
    },
    e5(
        "e5-small",
        "multilingual E5, small",
        "intfloat/multilingual-e5-small",
        490_000_000,
    ),
    e5(
        "e5-base",
        "multilingual E5, base",
        "intfloat/multilingual-e5-base",
        1_130_000_000,
    ),
    e5(
        "e5-large",
        "multilingual E5, large",
        "intfloat/multilingual-e5-large",
        2_260_000_000,
    ),
    KnownModel {
        name: "minilm",
        about: "paraphrase-multilingual-MiniLM-L12-v2: small and quick",
        repository: Some("sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"),
        download: 480_000_000,
        prompt: None,
        languages: &languages::MINILM,
        licence: "Apache-2.0",
    },
];

/// E5 wants `query: ` before both texts when they play the same part (Wang et al. 2024, §3).
const fn e5(name: &'static str, about: &'static str, repository: &'static str, download: u64) -> KnownModel {
    KnownModel {
        name,
        about,
        repository: Some(repository),
        download,
        prompt: Some("query: "),
        languages: &languages::E5,
        licence: "MIT",
    }
}

/// Which encoder to use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ModelSpec {
    /// The model built into the program.
    #[default]
    Bundled,
    /// A folder in the format of sentence-transformers, or with the files of LASER2.
    Folder(PathBuf),
    /// A repository on the hub.
    Hub {
        /// `OWNER/NAME`.
        repository: String,
        /// Branch, tag or commit.
        revision: String,
    },
}

impl ModelSpec {
    /// Understands a known name, a folder, or `OWNER/NAME[@REVISION]`, in this order.
    ///
    /// # Errors
    /// When it is none of them; the message lists the known names.
    pub fn parse(text: &str) -> Result<Self, EmbedError> {
        let (name, revision) = text.split_once('@').unwrap_or((text, MAIN));
        if let Some(known) = KNOWN.iter().find(|known| known.name == name) {
            return Ok(known
                .repository
                .map_or(Self::Bundled, |repository| Self::hub(repository, revision)));
        }
        if Path::new(text).is_dir() {
            return Ok(Self::Folder(PathBuf::from(text)));
        }
        match name.split('/').collect::<Vec<_>>()[..] {
            [owner, model] if is_identifier(owner) && is_identifier(model) && is_revision(revision) => {
                Ok(Self::hub(name, revision))
            }
            _ => Err(EmbedError::Unknown {
                name: text.to_owned(),
                known: KNOWN.map(|known| known.name).join(", "),
            }),
        }
    }

    fn hub(repository: &str, revision: &str) -> Self {
        Self::Hub {
            repository: repository.to_owned(),
            revision: revision.to_owned(),
        }
    }

    /// What is known about it.
    pub fn known(&self) -> Option<&'static KnownModel> {
        let repository = match self {
            Self::Bundled => None,
            Self::Hub { repository, .. } => Some(repository.as_str()),
            Self::Folder(_) => return None,
        };
        KNOWN.iter().find(|known| known.repository == repository)
    }

    /// The name by which messages call it.
    pub fn name(&self) -> String {
        match (self, self.known()) {
            (_, Some(known)) => known.name.to_owned(),
            (Self::Folder(folder), _) => folder.display().to_string(),
            (Self::Hub { repository, .. }, _) => repository.clone(),
            (Self::Bundled, None) => use_multilingual::NAME.to_owned(),
        }
    }

    /// The folder that it lies in; none for the bundled one. Models of the hub are looked for in `hub`.
    ///
    /// # Errors
    /// When it is not on this machine.
    pub fn folder(&self, hub: &Hub) -> Result<Option<PathBuf>, EmbedError> {
        match self {
            Self::Bundled => Ok(None),
            Self::Folder(folder) => Ok(Some(folder.clone())),
            Self::Hub { repository, revision } => match hub.snapshot(repository, revision) {
                Some(folder) => Ok(Some(folder)),
                None => Err(EmbedError::Absent {
                    model: self.to_string(),
                }),
            },
        }
    }

    /// Loads it, in the given precision and on the given device unless it is no transformer. Takes models of the hub from `hub`, where they
    /// must lie already.
    ///
    /// # Errors
    /// When it is not on this machine, or cannot be loaded.
    pub fn load(&self, hub: &Hub, precision: Precision, device: Device) -> Result<Box<dyn Embedder>, EmbedError> {
        let Some(folder) = self.folder(hub)? else {
            return Ok(Box::new(UseMultilingual::load()?));
        };
        if Laser::is_in(&folder) {
            return Ok(Box::new(Laser::load(&self.name(), &folder, &languages::LASER2)?));
        }
        let known = self.known();
        let options = TransformerOptions {
            prompt: known.and_then(|known| known.prompt).map(str::to_owned),
            precision,
            device,
            languages: known.map_or(&[], |known| known.languages),
        };
        Ok(Box::new(Transformer::load(&self.name(), &folder, options)?))
    }
}

/// As it is typed: what [`ModelSpec::parse`] understands.
impl fmt::Display for ModelSpec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name())?;
        match self {
            Self::Hub { revision, .. } if revision != MAIN => write!(out, "@{revision}"),
            _ => Ok(()),
        }
    }
}

/// Names on the hub hold nothing that could lead out of a folder.
fn is_identifier(text: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    !text.is_empty() && !text.contains("..") && !text.starts_with('.') && text.chars().all(allowed)
}

fn is_revision(text: &str) -> bool {
    text.split('/').all(is_identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_name_stands_for_its_repository() {
        let labse = ModelSpec::parse("labse").unwrap();
        assert_eq!(labse, ModelSpec::hub("sentence-transformers/LaBSE", "main"));
        assert_eq!(
            (labse.name(), labse.known().unwrap().languages.len()),
            ("labse".to_owned(), 109)
        );
        assert_eq!(ModelSpec::parse("use-multilingual").unwrap(), ModelSpec::Bundled);
        assert_eq!(ModelSpec::default().name(), "use-multilingual");
    }

    #[test]
    fn a_folder_and_a_hub_id_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        assert_eq!(
            ModelSpec::parse(path).unwrap(),
            ModelSpec::Folder(folder.path().to_owned())
        );
        assert_eq!(
            ModelSpec::parse("owner/model@v1.0").unwrap(),
            ModelSpec::hub("owner/model", "v1.0")
        );
    }

    #[test]
    fn anything_else_is_refused_with_the_names_there_are() {
        for text in [
            "",
            "lab",
            "a/b/c",
            "../etc",
            "owner/..",
            "owner/model@../..",
            "owner/ model",
            "/nonexistent/x",
        ] {
            let error = ModelSpec::parse(text).unwrap_err().to_string();
            assert!(error.contains("labse"), "{error}");
        }
    }

    #[test]
    fn a_model_that_is_not_on_this_machine_is_said_to_be_so() {
        let cache = tempfile::tempdir().unwrap();
        let error = ModelSpec::parse("e5-small")
            .unwrap()
            .load(&Hub::new(cache.path()), Precision::Full, Device::Cpu)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains("e5-small"), "{error}");
    }

    #[test]
    fn tags_of_languages_are_unique() {
        for model in KNOWN {
            let mut tags = model.languages.to_vec();
            tags.sort_unstable();
            tags.dedup();
            assert_eq!(tags.len(), model.languages.len(), "{}", model.name);
        }
    }
}
