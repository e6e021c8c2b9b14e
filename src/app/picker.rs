//! Choosing another model from a list that typing narrows.

use super::prompt::Prompt;
use super::{App, Effect, Layer};
use crate::action::Action;
use crate::embed::coverage::covers;
use crate::embed::models::{KnownModel, Place, Shelved};
use crate::pipeline::Side;

/// Rows that a page key goes.
const PAGE: usize = 8;

/// The list, the words that narrow it, and the row that is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picker {
    filter: Prompt,
    models: Option<Vec<Shelved>>,
    row: usize,
}

impl Picker {
    /// The words typed.
    pub fn filter(&self) -> &Prompt {
        &self.filter
    }

    /// Whether the models are still looked for.
    pub fn is_waiting(&self) -> bool {
        self.models.is_none()
    }

    /// The models that have all the words in their name, description or licence, or as the tag of a language.
    pub fn shown(&self) -> Vec<&Shelved> {
        let words = self.filter.text().to_lowercase();
        let fits = |model: &&Shelved| words.split_whitespace().all(|word| has_word(model, word));
        self.models.iter().flatten().filter(fits).collect()
    }

    /// The chosen one of the models shown.
    pub fn row(&self) -> usize {
        self.row.min(self.shown().len().saturating_sub(1))
    }

    /// Takes the models in and chooses the first of the highest `merit`.
    fn fill<M: Ord>(&mut self, models: Vec<Shelved>, merit: impl Fn(&Shelved) -> M) {
        let best = models.iter().enumerate().rev().max_by_key(|(_, model)| merit(model));
        self.row = best.map_or(0, |(row, _)| row);
        self.models = Some(models);
    }

    /// Puts text into the words.
    pub(super) fn insert(&mut self, text: &str) {
        self.filter.insert(text);
        self.row = 0;
    }

    fn act(&mut self, action: Action) {
        let last = self.shown().len().saturating_sub(1);
        match action {
            Action::Up => self.row = self.row().saturating_sub(1),
            Action::Down => self.row = (self.row() + 1).min(last),
            Action::PageUp => self.row = self.row().saturating_sub(PAGE),
            Action::PageDown => self.row = (self.row() + PAGE).min(last),
            Action::CaretLeft | Action::CaretRight | Action::CaretStart | Action::CaretEnd => self.filter.edit(action),
            _ => {
                self.filter.edit(action);
                self.row = 0;
            }
        }
    }
}

fn has_word(model: &Shelved, word: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(word);
    let known = model.spec.known();
    let described = |known: &KnownModel| {
        has(known.about) || has(known.licence) || known.repository.is_some_and(has) || known.languages.contains(&word)
    };
    has(&model.spec.to_string()) || known.is_some_and(described)
}

impl App {
    /// Tags of the documents' languages, as far as they are known.
    pub fn languages(&self) -> Vec<&str> {
        let language = |side| self.findings.document(side)?.language.as_deref();
        [Side::Source, Side::Target].into_iter().filter_map(language).collect()
    }

    /// Opens the list; what is on this machine has to be looked up.
    pub(super) fn open_models(&mut self) -> Vec<Effect> {
        self.layer = Layer::Models(Picker::default());
        vec![Effect::Survey]
    }

    /// Takes in what there is to choose from. The model in use is chosen, or else one that knows the documents' languages.
    pub(super) fn fill_models(&mut self, models: Vec<Shelved>) {
        let languages: Vec<String> = self.languages().into_iter().map(str::to_owned).collect();
        if let Layer::Models(picker) = &mut self.layer {
            let current = &self.encoder.spec;
            picker.fill(models, |model| {
                let trained = model.spec.known().map_or(&[][..], |known| known.languages);
                let count = languages
                    .iter()
                    .filter(|tag| !trained.is_empty() && covers(trained, tag))
                    .count();
                (
                    count,
                    model.spec == *current,
                    matches!(model.place, Place::Program | Place::Here(_)),
                )
            });
        }
    }

    pub(super) fn act_on_models(&mut self, action: Action) -> Vec<Effect> {
        let Layer::Models(picker) = &mut self.layer else {
            return Vec::new();
        };
        match action {
            Action::Dismiss => self.close(),
            Action::Accept => {
                let chosen = picker.shown().get(picker.row()).map(|&model| model.clone());
                chosen.map_or_else(Vec::new, |model| self.choose(&model))
            }
            _ => {
                picker.act(action);
                Vec::new()
            }
        }
    }
}
