//! What keys do: a state, keys, the state after them.

use enface::app::{App, Effect, Message, Notice};
use enface::embed::coverage::Uncovered;
use enface::pipeline::{Progress, Stage};
use enface::worker::Event;
use ratatui::layout::Position;

use crate::pair::{self, ENGLISH, GERMAN, aligned, ranked, report, started};
use crate::person::{Person, symbols};

/// Presses `keys` before `app` and returns the state.
fn after(app: App, keys: &str) -> String {
    Person::at(app).press(keys).state()
}

#[test]
fn arrows_and_letters_move_through_the_grid_and_stop_at_its_edges() {
    for (keys, state) in [
        ("", "grid 1:1 cosine x2"),
        ("down j", "grid 3:1 cosine x2"),
        ("right l l", "grid 1:4 cosine x2"),
        ("j l k h", "grid 1:1 cosine x2"),
        ("up left", "grid 1:1 cosine x2"),
        ("end", "grid 1:11 cosine x2"),
        ("$ home", "grid 1:1 cosine x2"),
        ("G", "grid 10:11 cosine x2"),
        ("G down right", "grid 10:11 cosine x2"),
        ("G g g", "grid 1:1 cosine x2"),
    ] {
        assert_eq!(after(aligned(), keys), state, "{keys}");
    }
}

#[test]
fn bead_keys_visit_every_bead_once() {
    let mut person = Person::at(aligned());
    let mut places = vec![person.state()];
    for _ in 0..9 {
        places.push(person.press("n").state());
    }
    let expected = ["1:1", "2:2", "3:3", "4:5", "5:6", "6:7", "7:8", "9:9", "10:10", "10:11"];
    assert_eq!(places, expected.map(|place| format!("grid {place} cosine x2")));
    assert_eq!(
        person.press("n").state(),
        "grid 10:11 cosine x2",
        "the last bead is the end"
    );
    assert_eq!(person.press("p p").state(), "grid 9:9 cosine x2");
}

#[test]
fn pages_follow_the_alignment_and_enter_finds_it_again() {
    assert_eq!(after(aligned(), "pagedown"), "grid 10:11 cosine x2");
    assert_eq!(after(aligned(), "pagedown pageup"), "grid 1:1 cosine x2");
    assert_eq!(after(aligned(), "j j j enter"), "grid 4:5 cosine x2");
    assert_eq!(
        after(ranked(ENGLISH, GERMAN), "pagedown"),
        "grid 10:11 cosine x2",
        "or else the proportion"
    );
}

#[test]
fn tab_shows_the_same_place_as_pairs_and_back() {
    assert_eq!(after(aligned(), "n n tab"), "pairs 3:3");
    assert_eq!(after(aligned(), "n n tab j j tab"), "grid 5:6 cosine x2");
    assert_eq!(after(aligned(), "tab end"), "pairs 10:11");
    assert_eq!(
        after(aligned(), "tab G k"),
        "pairs 10:10",
        "the sentence without translation is a bead too"
    );
    assert_eq!(after(aligned(), "tab G k k tab"), "grid 9:9 cosine x2");
}

#[test]
fn a_bead_taller_than_the_screen_is_read_screen_by_screen() {
    let long = (1..=60)
        .map(|number| format!("word{number} "))
        .collect::<Vec<_>>()
        .concat();
    let sentences: &[(&str, &[usize])] = &[(&long, &[0]), ("The end.", &[1])];
    let mut app = ranked(sentences, sentences);
    let bead = |at: usize| enface::align::Bead {
        source: at..at + 1,
        target: at..at + 1,
        score: 1.0,
        posterior: 1.0,
    };
    let alignment = enface::align::Alignment {
        beads: vec![bead(0), bead(1)],
    };
    report(&mut app, Event::Alignment(std::sync::Arc::new(alignment)));
    let mut person = Person::at(app);
    person.size = (60, 9);
    person.press("tab");
    assert!(symbols(&person.look_at_screen()).contains("word1 "));
    let mut seen = String::new();
    while !seen.contains("word60") {
        seen = symbols(&person.press("j").look_at_screen());
        assert_eq!(person.state(), "pairs 1:1");
    }
    assert_eq!(person.press("j").state(), "pairs 2:2");
    assert_eq!(person.press("k").state(), "pairs 1:1");
}

#[test]
fn zoom_goes_from_figures_to_overview() {
    assert_eq!(after(aligned(), "+ + + + + + +"), "grid 1:1 cosine x6");
    assert_eq!(after(aligned(), "- -"), "grid 1:1 cosine /2");
    assert_eq!(after(aligned(), "- - j l"), "grid 3:3 cosine /2", "a step is a cell");
    assert_eq!(
        after(aligned(), "- - - - - -"),
        "grid 1:1 cosine /2",
        "smaller would show nothing new"
    );
}

#[test]
fn the_score_goes_round() {
    let names = ["s", "s s", "s s s", "s s s s", "s s s s s", "S"].map(|keys| after(aligned(), keys));
    let expected = [
        "P(target|source)",
        "P(source|target)",
        "P both ways",
        "margin",
        "cosine",
        "margin",
    ];
    assert_eq!(names, expected.map(|name| format!("grid 1:1 {name} x2")));
}

#[test]
fn the_mouse_goes_where_it_points() {
    let mut person = Person::at(aligned());
    person.send(Message::Click(Position::new(26 + 4, 3 + 6)));
    assert_eq!(person.state(), "grid 7:3 cosine x2");
    person.send(Message::Click(Position::new(79, 0)));
    assert_eq!(person.state(), "grid 7:3 cosine x2", "the title is no cell");
    person.send(Message::Wheel(1, 0));
    person.send(Message::Wheel(0, -1));
    assert_eq!(person.state(), "grid 8:2 cosine x2");
    person.press("g g tab");
    person.send(Message::Click(Position::new(40, 6)));
    assert_eq!(person.state(), "pairs 2:2");
    person.send(Message::Wheel(1, 0));
    assert_eq!(person.state(), "pairs 3:3");
}

#[test]
fn export_suggests_a_path_and_asks_before_it_overwrites() {
    let mut person = Person::at(aligned());
    assert_eq!(
        person.press("e").state(),
        "grid 1:1 cosine x2, export to /books/keeper.tsv|"
    );
    person.press("ctrl-w");
    person.send(Message::Text("mine.tsv\r".into()));
    assert_eq!(person.press("enter").state(), "grid 1:1 cosine x2");
    let write = |overwrite| Effect::Export {
        path: "/books/mine.tsv".into(),
        overwrite,
    };
    assert_eq!(person.effects, [write(false)]);

    report(&mut person.app, Event::ExportExists("/books/mine.tsv".into()));
    assert_eq!(person.state(), "grid 1:1 cosine x2, overwrite /books/mine.tsv?");
    assert_eq!(
        person.press("q j enter").state(),
        "grid 1:1 cosine x2, overwrite /books/mine.tsv?"
    );
    assert_eq!(person.press("n").effects, [write(false)], "no means no");
    report(&mut person.app, Event::ExportExists("/books/mine.tsv".into()));
    assert_eq!(person.press("y").effects, [write(false), write(true)]);
    report(&mut person.app, Event::Exported("/books/mine.tsv".into(), 10));
    assert!(symbols(&person.look_at_screen()).contains("10 pairs written to /books/mine.tsv"));
}

#[test]
fn export_can_be_left_and_needs_a_name_and_an_alignment() {
    let mut person = Person::at(aligned());
    assert_eq!(person.press("e esc").state(), "grid 1:1 cosine x2");
    person.press("e ctrl-u enter");
    assert!(matches!(&person.app.notice, Some(Notice::Problem(text)) if text.contains("no file")));
    assert!(person.effects.is_empty());
    let mut early = Person::at(ranked(ENGLISH, GERMAN));
    assert_eq!(early.press("e").state(), "grid 1:1 cosine x2");
    assert!(symbols(&early.look_at_screen()).contains("nothing to export before the alignment"));
}

#[test]
fn help_lists_the_keys_and_goes_away() {
    let mut person = Person::at(aligned());
    assert_eq!(person.press("? j j").state(), "grid 1:1 cosine x2, help from 2");
    assert_eq!(person.press("k k k").state(), "grid 1:1 cosine x2, help from 0");
    for leave in ["esc", "? ?", "? q", "? enter"] {
        assert_eq!(person.press(leave).state(), "grid 1:1 cosine x2", "{leave}");
    }
}

#[test]
fn a_running_job_is_cancelled_and_started_again() {
    let mut person = Person::at(pair::read(ENGLISH, GERMAN));
    report(
        &mut person.app,
        Event::Progress(Progress {
            stage: Stage::Embedding,
            done: 7,
            total: 21,
        }),
    );
    assert!(symbols(&person.look_at_screen()).contains("embedding sentences 7/21 (33%)"));
    assert_eq!(person.press("r").effects, [], "it is running already");
    assert_eq!(person.press("esc").effects, [Effect::Cancel]);
    report(&mut person.app, Event::Cancelled);
    assert!(symbols(&person.look_at_screen()).contains("cancelled; r starts it again"));
    assert_eq!(person.press("r").effects, [Effect::Cancel, Effect::Start(2)]);
}

#[test]
fn news_of_an_earlier_job_is_not_believed() {
    let mut app = started();
    let old = app.job.generation;
    report(&mut app, Event::Cancelled);
    app.start();
    let late = enface::worker::Report {
        generation: old,
        event: Event::Failed("too late".into()),
    };
    app.update(Message::Report(late));
    assert!(app.job.is_running());
}

#[test]
fn a_failure_before_the_documents_leaves_and_one_after_them_stays() {
    let failed = |app: &mut App| {
        let generation = app.job.generation;
        let event = Event::Failed("a.txt is empty".into());
        app.update(Message::Report(enface::worker::Report { generation, event }))
    };
    assert_eq!(failed(&mut started()), [Effect::GiveUp("a.txt is empty".into())]);
    let mut person = Person::at(pair::read(ENGLISH, GERMAN));
    assert_eq!(failed(&mut person.app), []);
    assert!(symbols(&person.look_at_screen()).contains("a.txt is empty"));
}

#[test]
fn q_quits_but_not_while_typing() {
    assert_eq!(Person::at(aligned()).press("q").effects, [Effect::Quit]);
    assert_eq!(Person::at(aligned()).press("ctrl-c").effects, [Effect::Quit]);
    assert_eq!(after(aligned(), "e ctrl-u q"), "grid 1:1 cosine x2, export to q|");
}

#[test]
fn a_language_that_the_model_does_not_know_is_told_until_the_next_key() {
    let mut person = Person::at(aligned());
    let gap = Uncovered {
        document: "hadithi.txt".into(),
        language: "sw".into(),
        model: "use-multilingual".into(),
    };
    report(&mut person.app, Event::Uncovered(gap));
    let screen = symbols(&person.look_at_screen());
    assert!(
        screen.contains("use-multilingual does not know \"sw\"; m offers labse, e5-small"),
        "{screen}"
    );
    person.press("j");
    assert_eq!(person.app.notice, None);
}
