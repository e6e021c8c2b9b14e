//! What a person decides about beads, and the file that it is kept in.
//!
//! The file holds one decision a line in Vecalign's format, the third field being a sign: `[0, 1]:[2]:1` was confirmed, `[5]:[6]:-1`
//! rejected. A file of beads without scores, or with costs, is one of confirmed beads; a list with an empty side says that the
//! segments have no counterpart.

use std::fmt::Write as _;
use std::ops::Range;

use crate::align::{Pins, Runs};
use crate::export::{LinkError, vecalign};

/// What was decided about a bead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It stands.
    Confirmed,
    /// It must not stand.
    Rejected,
}

/// Why a file of decisions could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// A line is no bead.
    #[error(transparent)]
    Line(#[from] LinkError),
    /// The bead of this number, counted from 1, is none.
    #[error("bead {0} is empty or joins segments that do not follow each other, which none can")]
    Gap(usize),
}

/// Decisions in the order in which they were made; the last one about a bead counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    made: Vec<(Runs, Verdict)>,
}

impl Decisions {
    /// What was decided about a bead.
    pub fn about(&self, bead: &Runs) -> Option<Verdict> {
        let bead = anywhere(bead.clone());
        self.made
            .iter()
            .find(|(runs, _)| *runs == bead)
            .map(|(_, verdict)| *verdict)
    }

    /// Decides about a bead. What was decided before about beads that cannot stand beside a confirmed one is forgotten.
    pub fn decide(&mut self, bead: Runs, verdict: Verdict) {
        let bead = anywhere(bead);
        let meets = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        self.made.retain(|(runs, old)| {
            let excluded = *old == Verdict::Confirmed
                && verdict == Verdict::Confirmed
                && (meets(&runs.0, &bead.0) || meets(&runs.1, &bead.1));
            *runs != bead && !excluded
        });
        self.made.push((bead, verdict));
    }

    /// Takes back what was decided about a bead.
    pub fn withdraw(&mut self, bead: &Runs) {
        let bead = anywhere(bead.clone());
        self.made.retain(|(runs, _)| *runs != bead);
    }

    /// Takes the last decision back and says what it was.
    pub fn undo(&mut self) -> Option<(Runs, Verdict)> {
        self.made.pop()
    }

    /// Number of decisions.
    pub fn len(&self) -> usize {
        self.made.len()
    }

    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// Number of confirmed and of rejected beads.
    pub fn counts(&self) -> (usize, usize) {
        let confirmed = self
            .made
            .iter()
            .filter(|(_, verdict)| *verdict == Verdict::Confirmed)
            .count();
        (confirmed, self.made.len() - confirmed)
    }

    /// As the aligner takes them.
    pub fn pins(&self) -> Pins {
        let of = |wanted: Verdict| {
            let chosen = self.made.iter().filter(|(_, verdict)| *verdict == wanted);
            chosen.map(|(runs, _)| runs.clone()).collect()
        };
        Pins {
            forced: of(Verdict::Confirmed),
            forbidden: of(Verdict::Rejected),
            ..Pins::default()
        }
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let list = |run: &Range<usize>| {
            run.clone()
                .map(|index| index.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        };
        for ((source, target), verdict) in &self.made {
            let sign = if *verdict == Verdict::Confirmed { 1 } else { -1 };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "[{}]:[{}]:{sign}", list(source), list(target));
        }
        text
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// With the first line that is no bead.
    pub fn from_text(text: &str) -> Result<Self, DecisionError> {
        let mut decisions = Self::default();
        for (at, link) in vecalign::read(text)?.into_iter().enumerate() {
            let verdict = match link.score {
                Some(score) if score < 0.0 => Verdict::Rejected,
                _ => Verdict::Confirmed,
            };
            let runs = link.runs().filter(|(x, y)| !x.is_empty() || !y.is_empty());
            let runs = runs.ok_or(DecisionError::Gap(at + 1))?;
            decisions.decide(runs, verdict);
        }
        Ok(decisions)
    }
}

/// The bead with an empty side at one place, wherever on the path it was seen.
fn anywhere((source, target): Runs) -> Runs {
    let side = |run: Range<usize>| if run.is_empty() { 0..0 } else { run };
    (side(source), side(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_loaded_again() {
        let mut decisions = Decisions::default();
        decisions.decide((0..2, 0..1), Verdict::Confirmed);
        decisions.decide((2..3, 1..2), Verdict::Rejected);
        decisions.decide((4..5, 0..0), Verdict::Confirmed);
        let text = decisions.to_text();
        assert_eq!(text, "[0, 1]:[0]:1\n[2]:[1]:-1\n[4]:[]:1\n");
        assert_eq!(Decisions::from_text(&text).unwrap(), decisions);
        assert_eq!(decisions.pins().forbidden, [(2..3, 1..2)]);
        assert_eq!(decisions.counts(), (2, 1));
    }

    #[test]
    fn the_last_word_about_a_bead_counts_and_can_be_taken_back() {
        let mut decisions = Decisions::default();
        decisions.decide((0..1, 0..1), Verdict::Rejected);
        decisions.decide((0..1, 0..1), Verdict::Confirmed);
        assert_eq!(decisions.about(&(0..1, 0..1)), Some(Verdict::Confirmed));
        decisions.decide((0..2, 0..1), Verdict::Confirmed);
        assert_eq!(decisions.len(), 1, "two beads cannot hold the same sentence");
        assert_eq!(decisions.undo(), Some(((0..2, 0..1), Verdict::Confirmed)));
        assert!(decisions.is_empty());
    }

    #[test]
    fn beads_from_elsewhere_are_confirmed_ones_and_nonsense_is_refused() {
        let decisions = Decisions::from_text("[0]:[0]:0.42\n\n[1]:[1, 2]\n").unwrap();
        assert_eq!(decisions.pins().forced, [(0..1, 0..1), (1..2, 1..3)]);
        let refusal = |text| Decisions::from_text(text).unwrap_err().to_string();
        assert!(
            refusal("[0]:[0]\nsome text").contains("line 2"),
            "{}",
            refusal("[0]:[0]\nsome text")
        );
        assert!(refusal("[0, 2]:[0]").contains("bead 1"));
        assert!(refusal("[]:[]").contains("bead 1"));
    }
}
