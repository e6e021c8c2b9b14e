//! What the job tells the screen while it runs, and what it hears from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender};

use super::{Event, Report};
use crate::align::{Alignment, MovedBlock};
use crate::embed::Vectors;
use crate::embed::coverage::Uncovered;
use crate::embed::cut::Cut;
use crate::pipeline::{Bitext, Decided, Lessons, Observer, Progress, Side, Strangers};
use crate::rank::Ranking;

/// Carries what the job finds to the screen.
#[derive(Debug)]
pub struct Relay {
    pub(super) generation: u64,
    pub(super) reports: Sender<Report>,
    pub(super) cancelled: Arc<AtomicBool>,
    pub(super) decisions: Receiver<Decided>,
    pub(super) place: Arc<[AtomicUsize; 2]>,
}

impl Relay {
    pub(super) fn send(&self, event: Event) {
        let _ = self.reports.send(Report {
            generation: self.generation,
            event,
        });
    }
}

impl Observer for Relay {
    fn progress(&mut self, progress: Progress) {
        self.send(Event::Progress(progress));
    }

    fn documents(&mut self, bitext: &Arc<Bitext>) {
        self.send(Event::Documents(Arc::clone(bitext)));
    }

    fn cut(&mut self, cut: &Cut) {
        self.send(Event::Cut(cut.clone()));
    }

    fn strangers(&mut self, strangers: Strangers) {
        self.send(Event::Strangers(strangers));
    }

    fn looks_at(&self) -> [usize; 2] {
        [&self.place[0], &self.place[1]].map(|segment| segment.load(Ordering::Relaxed))
    }

    fn uncovered(&mut self, gap: &Uncovered) {
        self.send(Event::Uncovered(gap.clone()));
    }

    fn vectors(&mut self, side: Side, first: usize, chunk: &Vectors) {
        self.send(Event::Vectors {
            side,
            first,
            chunk: Arc::new(chunk.clone()),
        });
    }

    fn wants_ranking(&self) -> bool {
        true
    }

    fn ranking(&mut self, ranking: &Arc<Ranking>) {
        self.send(Event::Ranking(Arc::clone(ranking)));
    }

    fn alignment(&mut self, alignment: &Arc<Alignment>) {
        self.send(Event::Alignment(Arc::clone(alignment)));
    }

    fn wants_moves(&self) -> bool {
        true
    }

    fn moved(&mut self, blocks: &Arc<Vec<MovedBlock>>) {
        self.send(Event::Moved(Arc::clone(blocks)));
    }

    fn lessons(&mut self, lessons: &Arc<Lessons>) {
        self.send(Event::Lessons(Arc::clone(lessons)));
    }

    fn decided(&mut self) -> Option<Decided> {
        if self.decisions.is_empty() && !self.cancelled() {
            self.send(Event::Finished);
        }
        let mut decided = self.decisions.recv().ok()?;
        for newer in self.decisions.try_iter() {
            let learn = decided.learn || newer.learn;
            decided = Decided { learn, ..newer };
        }
        Some(decided)
    }

    fn is_overtaken(&self) -> bool {
        !self.decisions.is_empty()
    }

    fn realigned(&mut self, number: u64, alignment: &Arc<Alignment>) {
        self.send(Event::Realigned(number, Arc::clone(alignment)));
    }

    fn refused(&mut self, reason: &str) {
        self.send(Event::Refused(reason.to_owned()));
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
