//! The models to choose from: those known by name, and what else lies in the hub's cache.

use super::{KNOWN, KnownModel, ModelSpec};
use crate::embed::hub::{CachedModel, Hub, MAIN};

/// A model to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// How to ask for it.
    pub spec: ModelSpec,
    /// Where it is.
    pub place: Place,
}

/// Where a model is, with sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the program itself.
    Program,
    /// On this machine.
    Here(u64),
    /// A part of it is on this machine: its download was stopped.
    Part(u64),
    /// On the hub.
    Absent,
}

/// All models known by name, then the others in the cache of `hub`.
pub fn shelf(hub: &Hub) -> Vec<Shelved> {
    let here = hub.models();
    let known = KNOWN.iter().map(|known| Shelved {
        spec: spec(known),
        place: known.repository.map_or(Place::Program, |repository| {
            let found = here
                .iter()
                .find(|model| model.repository == repository && model.revision == MAIN);
            found.map_or(Place::Absent, place)
        }),
    });
    let is_known = |model: &CachedModel| {
        model.revision == MAIN && KNOWN.iter().any(|known| known.repository == Some(&model.repository))
    };
    let others = here.iter().filter(|model| !is_known(model)).map(|model| Shelved {
        spec: ModelSpec::hub(&model.repository, &model.revision),
        place: place(model),
    });
    known.chain(others).collect()
}

fn spec(known: &KnownModel) -> ModelSpec {
    known
        .repository
        .map_or(ModelSpec::Bundled, |repository| ModelSpec::hub(repository, MAIN))
}

fn place(model: &CachedModel) -> Place {
    if model.whole {
        Place::Here(model.bytes)
    } else {
        Place::Part(model.bytes)
    }
}
