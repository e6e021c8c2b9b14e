//! Whatever is pressed, pasted, clicked or reported, on whatever terminal: nothing breaks.

use enface::action::Action;
use enface::app::{App, Message};
use enface::theme::Depth;
use enface::worker::{Event, Report};
use proptest::prelude::*;
use ratatui::layout::Position;

use crate::models::shelf;
use crate::pair::{self, ENGLISH, GERMAN, Sentences};
use crate::person::Person;

/// Text that has broken terminals before.
const NASTY: Sentences = &[
    ("", &[0]),
    ("\u{1b}[2J\u{1b}]0;owned\u{7} \0 \u{9b}31m", &[1]),
    ("שלום (עולם) 123 abc", &[2]),
    ("مرحبا بالعالم", &[3]),
    ("👩‍👩‍👧‍👦 é́́́́́́́́́́́́́́ 🇩🇪🇫🇷", &[4]),
    ("\u{202e}\u{2066}evil\u{200b}\u{feff}", &[5]),
    ("日本語の文章はとても長いので折り返す必要があります。", &[6]),
    ("Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz", &[7]),
    ("ภาษาไทยไม่มีช่องว่างระหว่างคำ", &[8]),
    ("\u{301}\u{302} क्षत्रिय\u{94d}", &[9]),
];

fn apps() -> impl Strategy<Value = fn() -> App> {
    prop::sample::select(vec![
        pair::started as fn() -> App,
        || pair::read(ENGLISH, GERMAN),
        || pair::read(&[], GERMAN),
        || pair::ranked(NASTY, NASTY),
        pair::aligned,
        || {
            let mut app = pair::ranked(NASTY, GERMAN);
            pair::report(&mut app, Event::Alignment(std::sync::Arc::new(pair::alignment())));
            app
        },
    ])
}

fn messages() -> impl Strategy<Value = Message> {
    prop_oneof![
        8 => prop::sample::select(Action::ALL.to_vec()).prop_map(Message::Action),
        1 => any::<String>().prop_map(Message::Text),
        1 => (0..130_u16, 0..60_u16).prop_map(|(x, y)| Message::Click(Position::new(x, y))),
        1 => (-3..4_isize, -3..4_isize).prop_map(|(rows, columns)| Message::Wheel(rows, columns)),
        1 => Just(Message::Tick),
        1 => prop::sample::select(vec![
            Event::Shelf(shelf()),
            Event::Finished,
            Event::Cancelled,
            Event::Failed("it broke".into()),
            Event::Absent("labse is not here".into()),
        ]).prop_map(|event| Message::Report(Report { generation: 1, event })),
    ]
}

fn sizes() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(0..12_u16, 0..12_u16), (0..140_u16, 0..50_u16)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_breaks(
        app in apps(),
        depth in prop::sample::select(vec![Depth::Mono, Depth::Named, Depth::Indexed, Depth::True]),
        steps in prop::collection::vec((messages(), prop::option::weighted(0.3, sizes())), 0..40),
    ) {
        let mut person = Person::at(app());
        person.look = pair::look(depth);
        for (message, size) in steps {
            person.size = size.unwrap_or(person.size);
            person.send(message);
            let buffer = person.look_at_screen();
            let dangerous = |symbol: &str| symbol.chars().any(char::is_control);
            prop_assert!(!buffer.content.iter().any(|cell| dangerous(cell.symbol())));
        }
    }

    #[test]
    fn the_place_is_always_on_screen(
        steps in prop::collection::vec(messages(), 0..30),
        size in (30..140_u16, 8..50_u16),
    ) {
        let mut person = Person::at(pair::aligned());
        person.size = size;
        for message in steps {
            person.send(message);
            person.look_at_screen();
            let (app, window) = (&person.app, person.app.view.grid);
            if app.mode == enface::app::Mode::Grid && app.layer == enface::app::Layer::None {
                let (row, column) = app.grid.cell_of(&app.place);
                prop_assert!((window.top..window.top + window.rows).contains(&row));
                prop_assert!((window.left..window.left + window.columns).contains(&column));
            }
        }
    }
}
