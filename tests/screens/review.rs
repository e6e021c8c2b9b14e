//! Deciding about beads, and the panel of what was learned.

use std::sync::Arc;

use enface::app::{Effect, Notice};
use enface::embed::Vectors;
use enface::learn::rounds::Round;
use enface::learn::strengths::{Found, Verdict};
use enface::pipeline::Lessons;
use enface::review::Decisions;
use enface::worker::Event;

use crate::pair::{ENGLISH, GERMAN, aligned, alignment, ranked, report};
use crate::person::{Person, symbols};

/// The text to be kept and the number of the decision, of the last key.
fn asked(person: &mut Person) -> (String, u64, bool) {
    let effects = std::mem::take(&mut person.effects);
    match &effects[..] {
        [Effect::Keep(text), Effect::Decide(decided)] => (text.clone(), decided.number, decided.learn),
        other => panic!("{other:?}"),
    }
}

fn lessons() -> Lessons {
    let verdict = |accuracy, loss| Verdict { accuracy, loss };
    let found = Found {
        strengths: [18.4, 2.1, 27.9],
        share: 1.0,
        trained: 240,
        held_out: 80,
        before: verdict(0.21, 8.9),
        after: verdict(0.72, 2.4),
        losses: vec![9.1, 6.0, 4.2, 3.1, 2.7, 2.5, 2.4, 2.4],
    };
    let round = |changed| Round {
        known: 320,
        found: found.clone(),
        changed,
    };
    let side = |count: usize| Arc::new(Vectors::new(2, [0.6, 0.8].repeat(count)));
    Lessons {
        rounds: vec![round(11), round(0)],
        vectors: Some([side(ENGLISH.len()), side(GERMAN.len())]),
    }
}

#[test]
fn a_decision_is_kept_and_told_to_the_background() {
    let mut person = Person::at(aligned());
    person.press("tab n n c");
    assert_eq!(asked(&mut person), ("[2]:[2, 3]:1\n".into(), 1, false));
    person.press("n d");
    assert_eq!(asked(&mut person), ("[2]:[2, 3]:1\n[3]:[4]:-1\n".into(), 2, false));
    person.press("u");
    assert_eq!(asked(&mut person), ("[2]:[2, 3]:1\n".into(), 3, false));
    person.press("p c");
    assert_eq!(
        asked(&mut person),
        (String::new(), 4, true),
        "after a few decisions the pair is learned from"
    );
    person.press("u");
    assert!(person.effects.is_empty() && matches!(person.app.notice, Some(Notice::Problem(_))));
}

#[test]
fn a_late_alignment_never_overwrites_a_decision() {
    let mut person = Person::at(aligned());
    person.press("tab c n c");
    let mut late = alignment();
    late.beads.truncate(3);
    report(&mut person.app, Event::Realigned(1, Arc::new(late.clone())));
    assert_eq!(
        person.app.findings.beads().len(),
        10,
        "it was made for the first decision only"
    );
    report(&mut person.app, Event::Alignment(Arc::new(late.clone())));
    assert_eq!(person.app.findings.beads().len(), 10, "it knows of no decision");
    report(&mut person.app, Event::Realigned(2, Arc::new(late)));
    assert_eq!(person.app.findings.beads().len(), 3);
}

#[test]
fn the_least_certain_bead_comes_first_and_decided_ones_no_more() {
    let mut person = Person::at(aligned());
    assert_eq!(person.press("tab w").state(), "pairs 10:10");
    assert_eq!(person.press("c w").state(), "pairs 7:8");
    assert_eq!(person.press("d w").state(), "pairs 10:11");
}

#[test]
fn what_was_decided_earlier_is_asked_for_as_soon_as_there_is_an_alignment() {
    let decisions = Decisions::from_text("[0]:[0]:1\n").unwrap();
    let mut person = Person::at(ranked(ENGLISH, GERMAN).with_decisions(decisions));
    let event = Event::Alignment(Arc::new(alignment()));
    let generation = person.app.job.generation;
    person.send(enface::app::Message::Report(enface::worker::Report {
        generation,
        event,
    }));
    assert!(
        matches!(&person.effects[..], [Effect::Decide(decided)] if decided.learn && decided.pins.forced.len() == 1)
    );
}

#[test]
fn the_panel_shows_rounds_accuracy_and_losses() {
    let mut person = Person::at(aligned());
    person.press("tab c a");
    insta::assert_snapshot!("nothing_learned", symbols(&person.look_at_screen()));
    report(&mut person.app, Event::Lessons(Arc::new(lessons())));
    insta::assert_snapshot!("learned", symbols(&person.look_at_screen()));
    assert_eq!(person.press("esc").state(), "pairs 1:1");
}

#[test]
fn what_was_learned_joins_the_score_cycle() {
    let mut person = Person::at(aligned());
    assert_eq!(person.press("S").state(), "grid 1:1 margin x2");
    report(&mut person.app, Event::Lessons(Arc::new(lessons())));
    assert_eq!(person.press("s").state(), "grid 1:1 learned x2");
    assert_eq!(person.press("s").state(), "grid 1:1 learned less cosine x2");
    assert_eq!(person.press("s").state(), "grid 1:1 cosine x2");
}
