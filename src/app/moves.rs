//! Passages that stand elsewhere in the other document: offered, and taken in when the person says so.

use std::ops::Range;
use std::sync::Arc;

use super::place::Place;
use super::{App, Notice};
use crate::align::{Alignment, Bead, MovedBlock, with_moved};
use crate::pipeline::Side;

/// The passages found, and which of them were taken in.
#[derive(Debug, Clone, Default)]
pub struct Moves {
    blocks: Arc<Vec<MovedBlock>>,
    taken: Vec<bool>,
    /// What was taken in before the job started again, and is to be once it is found again.
    wanted: Vec<MovedBlock>,
}

impl Moves {
    /// Takes in what was found. Only what the person took in before is taken in again.
    pub fn set(&mut self, blocks: Arc<Vec<MovedBlock>>) {
        let touches = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        let same = |a: &MovedBlock, b: &MovedBlock| touches(&a.source, &b.source) && touches(&a.target, &b.target);
        let wanted = std::mem::take(&mut self.wanted);
        let is_wanted = |block: &MovedBlock| wanted.iter().any(|old| same(old, block));
        self.taken = blocks.iter().map(is_wanted).collect();
        self.blocks = blocks;
    }

    /// Nothing is found any more: the job starts again.
    pub fn start_over(&mut self) {
        let taken = self.blocks().filter(|(_, taken)| *taken);
        let taken: Vec<MovedBlock> = taken.map(|(block, _)| block.clone()).collect();
        self.wanted.extend(taken);
        self.blocks = Arc::default();
        self.taken.clear();
    }

    /// The passages, and whether each is taken in.
    pub fn blocks(&self) -> impl Iterator<Item = (&MovedBlock, bool)> {
        self.blocks.iter().zip(self.taken.iter().copied())
    }

    /// The passage at a place, and whether it is taken in.
    pub fn at(&self, place: &Place) -> Option<(&MovedBlock, bool)> {
        self.number_at(place)
            .map(|number| (&self.blocks[number], self.taken[number]))
    }

    fn number_at(&self, place: &Place) -> Option<usize> {
        let side = place.leading;
        self.blocks
            .iter()
            .position(|block| run(block, side).contains(&place.on(side)))
    }

    /// The block that a null bead's segments stand in, and whether it is taken in.
    pub fn of_null(&self, bead: &Bead) -> Option<(&MovedBlock, bool)> {
        let holds = |block: &MovedBlock| match (bead.source.is_empty(), bead.target.is_empty()) {
            (false, true) => block.source.contains(&bead.source.start),
            (true, false) => block.target.contains(&bead.target.start),
            _ => false,
        };
        self.blocks().find(|(block, _)| holds(block))
    }
}

/// The passage on one side.
pub fn run(block: &MovedBlock, side: Side) -> &Range<usize> {
    match side {
        Side::Source => &block.source,
        Side::Target => &block.target,
    }
}

impl App {
    /// Takes the passage here in, or out again.
    pub(super) fn take_moved(&mut self) {
        let Some(number) = self.moves.number_at(&self.place) else {
            let first = self.moves.blocks.first();
            let side = self.place.leading;
            self.notice = Some(Notice::Problem(first.map_or_else(
                || "no passage stands elsewhere in the other document".into(),
                |block| {
                    let run = run(block, side);
                    format!("no moved passage here; the first is {}–{}", run.start + 1, run.end)
                },
            )));
            return;
        };
        self.moves.taken[number] = !self.moves.taken[number];
        let said = if self.moves.taken[number] {
            "taken in"
        } else {
            "left out"
        };
        self.notice = Some(Notice::Done(format!("{} is {said}", named(&self.moves.blocks[number]))));
    }

    /// The alignment with the passages that were taken in: what an export writes. A passage gives way to what the person
    /// has confirmed.
    pub fn with_taken(&self) -> Option<Arc<Alignment>> {
        let alignment = self.findings.alignment()?;
        let pins = self.review.decisions().pins();
        let touches = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
        let settled = |bead: &Bead| {
            let mut forced = pins.forced.iter();
            forced.any(|(source, target)| touches(source, &bead.source) || touches(target, &bead.target))
        };
        let taken = self.moves.blocks().filter(|(_, taken)| *taken).map(|(block, _)| block);
        let taken: Vec<MovedBlock> = taken
            .filter(|block| !block.beads.iter().any(settled))
            .cloned()
            .collect();
        if taken.is_empty() {
            return Some(Arc::clone(alignment));
        }
        Some(Arc::new(Alignment {
            beads: with_moved(alignment, &taken),
        }))
    }
}

/// `passage 10–25 ↔ 80–96`.
pub fn named(block: &MovedBlock) -> String {
    format!(
        "passage {}–{} ↔ {}–{}",
        block.source.start + 1,
        block.source.end,
        block.target.start + 1,
        block.target.end
    )
}
