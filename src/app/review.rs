//! The person's decisions about beads, and what they wait for.

use super::findings::Findings;
use super::{App, Effect, Notice};
use crate::action::Action;
use crate::align::{Bead, Runs};
use crate::pipeline::Decided;
use crate::review::{Decisions, Verdict};

/// Decisions after which the pair is learned from again.
const ENOUGH: usize = 4;

/// What was decided so far.
#[derive(Debug, Clone, Default)]
pub struct Review {
    decisions: Decisions,
    number: u64,
    unlearned: usize,
}

/// The bead as decisions speak of it.
fn runs(bead: &Bead) -> Runs {
    (bead.source.clone(), bead.target.clone())
}

impl Review {
    /// Starts with what was decided earlier.
    pub fn new(decisions: Decisions) -> Self {
        Self {
            number: u64::from(!decisions.is_empty()),
            decisions,
            unlearned: ENOUGH,
        }
    }

    /// Nothing is learned from the decisions any more: the job starts again.
    pub fn start_over(&mut self) {
        self.unlearned = ENOUGH;
    }

    /// All decisions.
    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// What was decided about a bead.
    pub fn about(&self, bead: &Bead) -> Option<Verdict> {
        self.decisions.about(&runs(bead))
    }

    /// Decides about a bead; the same verdict again takes it back.
    pub fn decide(&mut self, bead: &Bead, verdict: Verdict) {
        if self.about(bead) == Some(verdict) {
            self.decisions.withdraw(&runs(bead));
        } else {
            self.decisions.decide(runs(bead), verdict);
        }
        self.count();
    }

    /// Takes the last decision back; false when there is none.
    pub fn undo(&mut self) -> bool {
        let taken = self.decisions.undo().is_some();
        if taken {
            self.count();
        }
        taken
    }

    fn count(&mut self) {
        self.number += 1;
        self.unlearned += 1;
    }

    /// Whether an alignment made for decision `number` is still wanted.
    pub fn awaits(&self, number: u64) -> bool {
        number == self.number
    }

    /// What the background is to be told, if anything was ever decided.
    pub fn tell(&mut self) -> Option<Decided> {
        let learn = self.unlearned >= ENOUGH;
        if learn {
            self.unlearned = 0;
        }
        (self.number > 0).then(|| Decided {
            number: self.number,
            pins: self.decisions.pins(),
            learn,
        })
    }

    /// Number of the bead to look at next: the least certain of those that nobody decided about, the one at `current` aside.
    pub fn next(&self, findings: &Findings, current: Option<usize>) -> Option<usize> {
        let open = findings.beads().iter().enumerate();
        let open = open.filter(|&(number, bead)| Some(number) != current && self.about(bead).is_none());
        open.min_by(|(_, a), (_, b)| a.posterior.total_cmp(&b.posterior))
            .map(|(number, _)| number)
    }
}

impl App {
    /// Takes a decision about the bead at the place, or takes the last one back.
    pub(super) fn decide(&mut self, action: Action) -> Vec<Effect> {
        let bead = self
            .place
            .bead(&self.findings)
            .and_then(|number| self.findings.beads().get(number));
        match (action, bead) {
            (Action::Undo, _) if !self.review.undo() => {
                self.notice = Some(Notice::Problem("nothing was decided that could be taken back".into()));
                return Vec::new();
            }
            (Action::Undo, _) => {}
            (_, None) => {
                self.notice = Some(Notice::Problem("there is no bead here to decide about".into()));
                return Vec::new();
            }
            (Action::Reject, Some(bead)) => self.review.decide(bead, Verdict::Rejected),
            (_, Some(bead)) => self.review.decide(bead, Verdict::Confirmed),
        }
        let keep = Effect::Keep(self.review.decisions().to_text());
        let decide = self.review.tell().map(Effect::Decide);
        std::iter::once(keep).chain(decide).collect()
    }
}
