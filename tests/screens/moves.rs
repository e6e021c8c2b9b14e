//! A passage that the translator put somewhere else.

use std::sync::Arc;

use enface::align::{Alignment, Bead, MovedBlock};
use enface::app::{App, Notice};
use enface::worker::Event;

use crate::pair::{ENGLISH, GERMAN, ranked, report};
use crate::person::{Person, symbols};

fn bead(source: std::ops::Range<usize>, target: std::ops::Range<usize>) -> Bead {
    Bead {
        source,
        target,
        score: 0.8,
        posterior: 0.9,
    }
}

/// The first sentence stands at the end of the translation.
fn moved() -> App {
    let mut app = ranked(ENGLISH, GERMAN);
    let shifted = (1..10).map(|at| bead(at..at + 1, at - 1..at));
    let beads = [bead(0..1, 0..0)].into_iter().chain(shifted);
    let beads = beads.chain([bead(10..10, 9..10), bead(10..10, 10..11)]).collect();
    report(&mut app, Event::Alignment(Arc::new(Alignment { beads })));
    let block = MovedBlock {
        source: 0..1,
        target: 10..11,
        beads: vec![bead(0..1, 10..11)],
        mended: Vec::new(),
        probability: 0.94,
    };
    report(&mut app, Event::Moved(Arc::new(vec![block])));
    report(&mut app, Event::Finished);
    app
}

#[test]
fn a_moved_passage_is_offered_beside_the_path_and_taken_in_on_demand() {
    let mut app = moved();
    let Some(Notice::Done(sentence)) = &app.notice else {
        panic!("{:?}", app.notice)
    };
    assert_eq!(sentence, "passage 1–1 ↔ 11–11 stands elsewhere");
    let before = app.with_taken().unwrap();
    assert!(
        before.beads[0].is_null(),
        "nothing is taken in before the person says so"
    );
    app.notice = None;
    let mut person = Person::at(app);
    let screen = symbols(&person.press("tab").look_at_screen());
    assert!(screen.contains("∅ moved to 11–11 (94%)"), "{screen}");
    person.press("v");
    let screen = symbols(&person.look_at_screen());
    assert!(
        screen.contains("∅ ✓ moved to 11–11 (94%)") && screen.contains("is taken in"),
        "{screen}"
    );
    let taken = person.app.with_taken().unwrap();
    assert!(taken.beads.contains(&bead(0..1, 10..11)), "{taken:?}");
    assert_eq!(person.app.findings.beads().len(), 12, "the path itself stays as it is");
    person.press("v");
    assert_eq!(person.app.with_taken(), Some(before));
}

#[test]
fn what_was_taken_in_outlives_another_run_of_the_job() {
    let mut person = Person::at(moved());
    person.press("tab v");
    let (bitext, block) = {
        let app = &person.app;
        let block = app.moves.at(&app.place).unwrap().0.clone();
        (Arc::clone(app.findings.bitext().unwrap()), block)
    };
    report(&mut person.app, Event::Documents(bitext));
    assert!(person.app.moves.blocks().next().is_none());
    let found = MovedBlock {
        probability: 0.5,
        ..block.clone()
    };
    let other = MovedBlock {
        source: 4..5,
        target: 2..3,
        beads: vec![bead(4..5, 2..3)],
        mended: Vec::new(),
        probability: 0.9,
    };
    report(&mut person.app, Event::Moved(Arc::new(vec![found, other])));
    let taken: Vec<bool> = person.app.moves.blocks().map(|(_, taken)| taken).collect();
    assert_eq!(taken, [true, false]);
}

#[test]
fn where_nothing_was_moved_the_key_says_so() {
    let mut person = Person::at(moved());
    person.press("tab n v");
    let said = |person: &Person| match &person.app.notice {
        Some(Notice::Problem(sentence)) => sentence.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&person), "no moved passage here; the first is 1–1");
    let mut person = Person::at(crate::pair::aligned());
    person.press("v");
    assert_eq!(said(&person), "no passage stands elsewhere in the other document");
}

#[test]
fn what_was_confirmed_does_not_give_way() {
    let mut person = Person::at(moved());
    // The last sentence of the translation is confirmed to have no counterpart.
    person.press("tab v G n n c");
    let exported = person.app.with_taken().unwrap();
    assert!(!exported.beads.contains(&bead(0..1, 10..11)), "{exported:?}");
}
