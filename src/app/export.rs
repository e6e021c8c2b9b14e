//! The way to an exported file: its path, and whether to overwrite it.

use super::prompt::Prompt;
use super::{App, Effect, Layer, Notice};
use crate::action::Action;

impl App {
    /// Asks where to export to.
    pub(super) fn ask_for_path(&mut self) {
        if self.findings.alignment().is_none() {
            self.notice = Some(Notice::Problem(
                "there is nothing to export before the alignment is done".into(),
            ));
            return;
        }
        self.layer = Layer::Export(Prompt::new(self.suggestion.clone()));
    }

    fn export_to(&mut self, path: String) -> Vec<Effect> {
        if path.is_empty() {
            self.notice = Some(Notice::Problem("nothing was written: no file was named".into()));
            return Vec::new();
        }
        vec![Effect::Export {
            path: path.into(),
            overwrite: false,
        }]
    }

    /// Edits the path, or takes it.
    pub(super) fn act_on_export(&mut self, action: Action) -> Vec<Effect> {
        let Layer::Export(prompt) = &mut self.layer else {
            return Vec::new();
        };
        match action {
            Action::Accept => {
                let path = prompt.text().trim().to_owned();
                self.layer = Layer::None;
                self.export_to(path)
            }
            Action::Dismiss => self.close(),
            _ => {
                prompt.edit(action);
                Vec::new()
            }
        }
    }

    /// Takes the answer to whether the file may be overwritten.
    pub(super) fn answer_overwrite(&mut self, action: Action) -> Vec<Effect> {
        let Layer::Overwrite(path) = &mut self.layer else {
            return Vec::new();
        };
        match action {
            Action::Yes => {
                let path = std::mem::take(path);
                self.layer = Layer::None;
                vec![Effect::Export { path, overwrite: true }]
            }
            Action::No => {
                self.notice = Some(Notice::Done("nothing was written".into()));
                self.close()
            }
            _ => Vec::new(),
        }
    }
}
