//! A person decides about beads of the sample while the program listens.

#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;
use std::sync::Arc;

use enface::align::{Alignment, Pins};
use enface::embed::hub::Hub;
use enface::embed::models::ModelSpec;
use enface::embed::{Device, ModelSource, Precision};
use enface::pipeline::{self, Adapt, Decided, Job, Learning, Lessons, Observer};

/// Rejects a bead, then asks for the impossible, then confirms what took the bead's place and has it learned from.
#[derive(Default)]
struct Reviewer {
    alignments: Vec<Arc<Alignment>>,
    lessons: Vec<Arc<Lessons>>,
    answers: Vec<(u64, Arc<Alignment>)>,
    refusals: Vec<String>,
    plan: VecDeque<Decided>,
    rejected: Option<(std::ops::Range<usize>, std::ops::Range<usize>)>,
}

impl Observer for Reviewer {
    fn alignment(&mut self, alignment: &Arc<Alignment>) {
        self.alignments.push(Arc::clone(alignment));
    }

    fn lessons(&mut self, lessons: &Arc<Lessons>) {
        self.lessons.push(Arc::clone(lessons));
    }

    fn decided(&mut self) -> Option<Decided> {
        if self.rejected.is_none() {
            let beads = &self.alignments.last().unwrap().beads;
            let bead = beads.iter().filter(|bead| !bead.is_null()).nth(30).unwrap();
            let runs = (bead.source.clone(), bead.target.clone());
            self.rejected = Some(runs.clone());
            let pins = |forced: &[_]| Pins {
                forced: forced.to_vec(),
                forbidden: vec![runs.clone()],
                ..Pins::default()
            };
            let crossing = [(0..1, 5..6), (3..4, 2..3)];
            self.plan.extend(
                [(1, pins(&[]), false), (2, pins(&crossing), false), (3, pins(&[]), true)]
                    .map(|(number, pins, learn)| Decided { number, pins, learn }),
            );
        }
        self.plan.pop_front()
    }

    fn realigned(&mut self, number: u64, alignment: &Arc<Alignment>) {
        self.answers.push((number, Arc::clone(alignment)));
    }

    fn refused(&mut self, reason: &str) {
        self.refusals.push(reason.to_owned());
    }
}

fn bundled() -> ModelSource {
    ModelSource {
        spec: ModelSpec::Bundled,
        precision: Precision::Full,
        device: Device::Cpu,
        hub: Hub::new("nowhere"),
        cache: None,
    }
}

fn learning(adapt: Adapt) -> Learning {
    Learning {
        adapt,
        ..Learning::default()
    }
}

#[test]
fn decisions_are_answered_at_once_and_then_learned_from() {
    let mut reviewer = Reviewer::default();
    pipeline::run(&Job::Sample, &bundled(), learning(Adapt::SelfTraining), &mut reviewer).unwrap();
    assert_eq!(
        reviewer.alignments.len(),
        2,
        "the pair is shown before it is learned from, and after"
    );
    let numbers: Vec<u64> = reviewer.answers.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 3, 3]);
    let rejected = reviewer.rejected.unwrap();
    for (number, alignment) in &reviewer.answers {
        let stands = alignment
            .beads
            .iter()
            .any(|bead| (&bead.source, &bead.target) == (&rejected.0, &rejected.1));
        assert!(!stands, "decision {number}");
    }
    assert!(
        reviewer.refusals.len() == 1 && reviewer.refusals[0].contains("cross"),
        "{:?}",
        reviewer.refusals
    );
    assert_eq!(reviewer.lessons.len(), 2);
}

#[test]
fn without_learning_the_encoder_is_taken_as_it_is() {
    let mut reviewer = Reviewer::default();
    pipeline::run(&Job::Sample, &bundled(), learning(Adapt::Off), &mut reviewer).unwrap();
    assert!(reviewer.lessons.is_empty());
    let numbers: Vec<u64> = reviewer.answers.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 3]);
}
