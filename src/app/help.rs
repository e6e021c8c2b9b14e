//! The list of keys while it is read.

use super::{App, Effect, Layer};
use crate::action::Action;

impl App {
    /// Scrolls the list or leaves it.
    pub(super) fn act_on_help(&mut self, action: Action) -> Vec<Effect> {
        let Layer::Help(scroll) = &mut self.layer else {
            return Vec::new();
        };
        match action {
            Action::Quit => return vec![Effect::Quit],
            Action::Suspend => return vec![Effect::Suspend],
            Action::Help | Action::Dismiss => return self.close(),
            Action::Up => *scroll = scroll.saturating_sub(1),
            Action::Down => *scroll += 1,
            Action::PageUp => *scroll = scroll.saturating_sub(10),
            Action::PageDown => *scroll += 10,
            Action::First | Action::RowStart => *scroll = 0,
            Action::Last | Action::RowEnd => *scroll = usize::MAX,
            _ => {}
        }
        *scroll = (*scroll).min(self.view.help_end);
        Vec::new()
    }

    /// Leaves what was learned.
    pub(super) fn act_on_lessons(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Quit => vec![Effect::Quit],
            Action::Suspend => vec![Effect::Suspend],
            Action::Lessons | Action::Dismiss => self.close(),
            _ => Vec::new(),
        }
    }
}
