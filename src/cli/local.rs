//! Encoders in the program's own folder of models: LASER2, which no hub has, and what was quantised here.

use std::fmt::Display;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

use crate::embed::Laser;
use crate::embed::laser::FILES;
use crate::embed::models::{ModelSpec, Place, Shelved};

/// Where the program keeps models: in `ENFACE_MODELS`, or in the user's folder of data.
pub(super) fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("ENFACE_MODELS").filter(|folder| !folder.is_empty());
    named
        .map(PathBuf::from)
        .or_else(|| Some(ProjectDirs::from("", "", "enface")?.data_dir().join("models")))
}

/// Understands `laser2`, `NAME:q8`, `NAME:q4`, and whatever [`ModelSpec::parse`] does.
pub(super) fn parse(text: &str) -> Result<ModelSpec, String> {
    if text == "laser2" {
        return laser();
    }
    if let Some((name, bits @ ("q4" | "q8"))) = text.rsplit_once(':') {
        let spec = ModelSpec::parse(name).map_err(|error| error.to_string())?;
        let folder = quantized(&spec, bits).ok_or("there is no folder for models: set ENFACE_MODELS to one")?;
        return if folder.is_dir() {
            Ok(ModelSpec::Folder(folder))
        } else {
            Err(format!(
                "{} is not there; `enface models quantize {name} --bits {}` makes it",
                folder.display(),
                &bits[1..]
            ))
        };
    }
    ModelSpec::parse(text).map_err(|error| error.to_string())
}

/// Where the quantised form of a model lies.
pub(super) fn quantized(spec: &ModelSpec, bits: impl Display) -> Option<PathBuf> {
    // Of a folder, the last part is its name.
    let name = match spec {
        ModelSpec::Folder(folder) => folder.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned(),
        _ => spec.name(),
    };
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let name = name.replace(|character| !is_plain(character), "-");
    Some(folder()?.join(format!("{}-{bits}", name.trim_start_matches('.'))))
}

/// LASER2 if it is here, and what was quantised here.
pub(super) fn shelved() -> Vec<Shelved> {
    let own = folder().and_then(|folder| fs::read_dir(folder).ok());
    let folders = own.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> = folders.filter(|folder| folder.join("modules.json").is_file()).collect();
    folders.sort();
    if let Ok(ModelSpec::Folder(laser)) = laser() {
        folders.insert(0, laser);
    }
    let shelve = |folder: PathBuf| Shelved {
        place: Place::Here(size(&folder)),
        spec: ModelSpec::Folder(folder),
    };
    folders.into_iter().map(shelve).collect()
}

/// Bytes of the files in a folder.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.metadata().ok())
        .filter(Metadata::is_file)
        .map(|data| data.len())
        .sum()
}

/// The folder of LASER2: the program's own, or where the package `laser_encoders` puts what it downloads.
fn laser() -> Result<ModelSpec, String> {
    let own = folder().map(|folder| folder.join("laser2"));
    let package = BaseDirs::new().map(|folders| folders.cache_dir().join("laser_encoders"));
    let mut folders = [own.clone(), package].into_iter().flatten();
    match folders.find(|folder| Laser::is_in(folder)) {
        Some(folder) => Ok(ModelSpec::Folder(folder)),
        None => Err(format!(
            "LASER2 is not on this machine: put {} and {} (and {} if you have it) into {}, or give --model the folder \
             that holds them",
            FILES[0],
            FILES[1],
            FILES[2],
            own.as_deref().unwrap_or(Path::new("a folder")).display()
        )),
    }
}
