//! Pictures of the screen, with styles where colour is the point.

use std::fmt::Write as _;
use std::sync::Arc;

use enface::pipeline::Side;
use enface::theme::Depth;
use enface::worker::Event;

use crate::pair::{self, ENGLISH, GERMAN, Sentences, aligned};
use crate::person::{Person, styled, symbols};

#[test]
fn the_first_frame_is_drawn_before_anything_is_known() {
    insta::assert_snapshot!(symbols(&Person::at(pair::started()).look_at_screen()));
}

#[test]
fn the_grid_fills_while_vectors_arrive() {
    let mut app = pair::read(ENGLISH, GERMAN);
    let few = pair::vectors(&ENGLISH[..4]);
    pair::report(
        &mut app,
        Event::Vectors {
            side: Side::Source,
            first: 0,
            chunk: Arc::new(few),
        },
    );
    let few = pair::vectors(&GERMAN[..6]);
    pair::report(
        &mut app,
        Event::Vectors {
            side: Side::Target,
            first: 0,
            chunk: Arc::new(few),
        },
    );
    insta::assert_snapshot!(symbols(&Person::at(app).look_at_screen()));
}

#[test]
fn the_grid_is_readable_without_colour() {
    let mut person = Person::at(aligned());
    insta::assert_snapshot!(styled(&person.press("n n").look_at_screen()));
}

#[test]
fn the_grid_in_true_colour() {
    let mut person = Person::at(aligned());
    person.look = pair::look(Depth::True);
    person.size = (60, 20);
    insta::assert_snapshot!(styled(&person.press("n n n").look_at_screen()));
}

#[test]
fn the_grid_in_sixteen_colours_shows_probabilities() {
    let mut person = Person::at(aligned());
    person.look = pair::look(Depth::Named);
    person.size = (60, 20);
    insta::assert_snapshot!(styled(&person.press("s + +").look_at_screen()));
}

#[test]
fn the_overview_shows_the_highest_score_of_each_block() {
    let mut person = Person::at(aligned());
    insta::assert_snapshot!(symbols(&person.press("- - j l").look_at_screen()));
}

#[test]
fn pairs_stand_side_by_side() {
    let mut person = Person::at(aligned());
    insta::assert_snapshot!(styled(&person.press("tab G k").look_at_screen()));
}

#[test]
fn pairs_stand_one_below_the_other_on_a_narrow_terminal() {
    let mut person = Person::at(aligned());
    person.size = (30, 16);
    insta::assert_snapshot!(symbols(&person.press("tab n n").look_at_screen()));
}

#[test]
fn help_is_made_from_the_keymap() {
    let mut person = Person::at(aligned());
    person.size = (100, 74);
    insta::assert_snapshot!(symbols(&person.press("?").look_at_screen()));
    person.size = (80, 24);
    assert!(symbols(&person.look_at_screen()).contains('▼'), "there is more below");
    let end = symbols(&person.press("G").look_at_screen());
    assert!(end.contains('▲') && end.contains("In this list") && !end.contains('▼'));
}

#[test]
fn the_prompt_and_the_question_stand_in_the_status_line() {
    let mut person = Person::at(aligned());
    let prompt = symbols(&person.press("e").look_at_screen());
    assert!(prompt.contains("export to: /books/keeper.tsv"));
    person.size = (24, 5);
    assert!(
        symbols(&person.look_at_screen()).contains("to: s/keeper.tsv"),
        "the end of a long path is shown"
    );
}

/// Chinese, Japanese with halfwidth marks, Arabic, Hebrew with numbers, Thai, Devanagari, combining marks, emoji.
const SCRIPTS: Sentences = &[
    ("吾輩は猫である。名前はまだ無い。", &[0]),
    ("ﾊﾟｿｺﾝが壊れた。", &[1]),
    ("كان حارس المنارة (العجوز) وحيدا.", &[2]),
    ("בשנת 1923 הוא כתב: \"שלום\".", &[3]),
    ("ผู้ดูแลประภาคารไม่ได้พูดกับใครเลย", &[4]),
    ("क्षत्रिय ने दीप जलाया।", &[5]),
    ("Cafe\u{301} \u{1b}[31mrouge\u{1b}[0m, nai\u{308}ve\u{202e}.", &[6]),
    ("👩‍👩‍👧 and 🇩🇪 went home.", &[7]),
];

#[test]
fn every_script_stays_in_its_columns() {
    let mut person = Person::at(pair::ranked(SCRIPTS, SCRIPTS));
    person.size = (70, 22);
    insta::assert_snapshot!(symbols(&person.press("j j l l l").look_at_screen()));
    for _ in 0..SCRIPTS.len() {
        let buffer = person.press("j l").look_at_screen();
        for row in 0..buffer.area.height {
            let symbols = (0..buffer.area.width).map(|x| buffer[(x, row)].symbol());
            assert!(symbols.clone().all(|symbol| !symbol.is_empty()), "row {row}");
        }
    }
}

#[test]
fn tiny_terminals_show_what_they_can() {
    let mut person = Person::at(aligned());
    let mut shown = String::new();
    for size in [(1, 1), (2, 2), (10, 3), (20, 5), (40, 8), (0, 0), (80, 0), (0, 24)] {
        person.size = size;
        let screen = symbols(&person.look_at_screen());
        _ = writeln!(shown, "{} x {}\n{screen}\n", size.0, size.1);
    }
    insta::assert_snapshot!(shown);
}
