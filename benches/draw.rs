//! Time of a whole frame on a large terminal over a large pair. A frame must be well under 16 ms.

// A benchmark may stop on the first surprise.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use divan::Bencher;
use enface::action::Action;
use enface::align::{Alignment, Bead};
use enface::app::{App, Message};
use enface::document::{Document, Segment};
use enface::embed::Vectors;
use enface::keymap::Keymap;
use enface::pipeline::{Bitext, Side};
use enface::theme::{Depth, Theme};
use enface::ui::text::Bidi;
use enface::ui::{self, Look};
use enface::worker::{Event, Report};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Sentences a side, and width of a vector.
const SENTENCES: usize = 10_000;
const DIMENSION: usize = 512;

fn main() {
    divan::main();
}

fn document(word: &str) -> Document {
    let segment = |at| Segment {
        text: format!("{word} {at} ").repeat(12),
        paragraph: at / 4,
    };
    Document {
        name: word.into(),
        language: None,
        segments: (0..SENTENCES).map(segment).collect(),
    }
}

/// Unit rows of some variety; what they mean does not matter to the clock.
fn vectors(seed: usize) -> Vectors {
    let value = |at: usize| (((at * 2_654_435_761 + seed) >> 7) % 1000) as f32 / 500.0 - 1.0;
    let mut data: Vec<f32> = (0..SENTENCES * DIMENSION).map(value).collect();
    for row in data.chunks_mut(DIMENSION) {
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        for x in row {
            *x /= length;
        }
    }
    Vectors::new(DIMENSION, data)
}

fn app(actions: &[Action]) -> App {
    let mut app = App::new(String::new());
    app.start();
    let bitext = Bitext {
        source: document("Quelle"),
        target: document("ziel 日本語"),
    };
    let bead = |at: usize| Bead {
        source: at..at + 1,
        target: at..at + 1,
        score: 0.8,
        posterior: 0.9,
    };
    let alignment = Alignment {
        beads: (0..SENTENCES).map(bead).collect(),
    };
    let vectors = |side, seed| Event::Vectors {
        side,
        first: 0,
        chunk: Arc::new(vectors(seed)),
    };
    for event in [
        Event::Documents(Arc::new(bitext)),
        vectors(Side::Source, 1),
        vectors(Side::Target, 2),
        Event::Alignment(Arc::new(alignment)),
    ] {
        app.update(Message::Report(Report { generation: 1, event }));
    }
    for &action in actions {
        app.update(Message::Action(action));
    }
    app
}

fn frame(bencher: Bencher, actions: &[Action]) {
    let mut app = app(actions);
    let look = Look {
        theme: Theme::new(Depth::True),
        bidi: Bidi::Reorder,
        keymap: Keymap::shipped().unwrap(),
    };
    let area = Rect::new(0, 0, 200, 60);
    bencher.bench_local(|| {
        let mut buffer = Buffer::empty(area);
        ui::draw(&mut app, &look, area, &mut buffer);
        buffer
    });
}

/// Two columns a cell, as the program opens.
#[divan::bench]
fn grid(bencher: Bencher) {
    frame(bencher, &[]);
}

/// One column a cell: the most scores that a frame computes.
#[divan::bench]
fn grid_narrow(bencher: Bencher) {
    frame(bencher, &[Action::ZoomOut]);
}

/// Cells with figures.
#[divan::bench]
fn grid_figures(bencher: Bencher) {
    frame(bencher, &[Action::ZoomIn, Action::ZoomIn]);
}

/// A cell for every 64 x 64 sentences, computed elsewhere.
#[divan::bench]
fn overview(bencher: Bencher) {
    frame(bencher, &[Action::ZoomOut; 7]);
}

/// Beads side by side, at the end of the documents.
#[divan::bench]
fn pairs(bencher: Bencher) {
    frame(bencher, &[Action::Switch, Action::Last]);
}
