//! A small bitext and a hand-made embedding for it: one axis a topic, so that every score can be foreseen.

use std::sync::Arc;

use enface::align::{Alignment, Bead};
use enface::app::{App, Message};
use enface::document::{Document, Segment};
use enface::embed::Vectors;
use enface::keymap::Keymap;
use enface::pipeline::{Bitext, Side};
use enface::rank::{Ranking, TEMPERATURE};
use enface::theme::{Depth, Theme};
use enface::ui::Look;
use enface::ui::text::Bidi;
use enface::worker::{Event, Report};

/// Axes of the embedding.
const TOPICS: usize = 16;

/// Sentences, each with the topics it speaks of.
pub(crate) type Sentences<'a> = &'a [(&'a str, &'a [usize])];

pub(crate) const ENGLISH: Sentences = &[
    ("The lighthouse keeper had not spoken to anyone for three weeks.", &[0]),
    ("Every evening he climbed the ninety-nine steps and lit the lamp.", &[1]),
    (
        "“Tonight the sea will bring something,” he told the cat, who did not answer.",
        &[2, 3],
    ),
    ("A storm came up from the west.", &[4]),
    (
        "By midnight the waves were as high as the gallery, and the whole tower trembled like a glass on a table when a cart goes by.",
        &[5],
    ),
    ("He counted the seconds between the flashes.", &[6]),
    ("Then he heard knocking at the door.", &[7]),
    ("Nobody had ever knocked there.", &[8]),
    ("He went down slowly, one hand on the cold wall.", &[9]),
    ("It was the cat.", &[11]),
];

pub(crate) const GERMAN: Sentences = &[
    (
        "Der Leuchtturmwärter hatte seit drei Wochen mit niemandem gesprochen.",
        &[0],
    ),
    (
        "Jeden Abend stieg er die neunundneunzig Stufen hinauf und zündete die Lampe an.",
        &[1],
    ),
    ("»Heute Nacht bringt das Meer etwas«, sagte er zur Katze.", &[2]),
    ("Sie antwortete nicht.", &[3]),
    ("Von Westen zog ein Sturm auf.", &[4]),
    (
        "Um Mitternacht reichten die Wellen bis zur Galerie, und der ganze Turm zitterte wie ein Glas auf dem Tisch, wenn ein Karren vorbeifährt.",
        &[5],
    ),
    ("Er zählte die Sekunden zwischen den Blitzen.", &[6]),
    (
        "Da klopfte es an der Tür, an der noch nie jemand geklopft hatte.",
        &[7, 8],
    ),
    ("Langsam ging er hinunter, eine Hand an der kalten Mauer.", &[9]),
    ("Er öffnete.", &[10]),
    ("Es war die Katze.", &[11]),
];

fn document(name: &str, sentences: Sentences) -> Document {
    let segment = |(paragraph, (text, _)): (usize, &(&str, &[usize]))| Segment {
        text: (*text).to_owned(),
        paragraph,
    };
    Document {
        name: name.into(),
        language: None,
        segments: sentences.iter().enumerate().map(segment).collect(),
    }
}

/// Unit vectors: strong on the sentence's topics, weak on their neighbours, a little of everything.
pub(crate) fn vectors(sentences: Sentences) -> Vectors {
    let mut data = Vec::new();
    for (_, topics) in sentences {
        let mut row = [0.15_f32; TOPICS];
        for &topic in *topics {
            row[topic] += 1.0;
            row[(topic + 1) % TOPICS] += 0.3;
        }
        let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        data.extend(row.iter().map(|x| x / length));
    }
    Vectors::new(TOPICS, data)
}

fn bead(source: std::ops::Range<usize>, target: std::ops::Range<usize>, score: f32, posterior: f32) -> Bead {
    Bead {
        source,
        target,
        score,
        posterior,
    }
}

/// The right alignment of [`ENGLISH`] and [`GERMAN`].
pub(crate) fn alignment() -> Alignment {
    let beads = vec![
        bead(0..1, 0..1, 1.0, 0.99),
        bead(1..2, 1..2, 1.0, 0.99),
        bead(2..3, 2..4, 0.97, 0.95),
        bead(3..4, 4..5, 1.0, 0.98),
        bead(4..5, 5..6, 1.0, 0.99),
        bead(5..6, 6..7, 1.0, 0.99),
        bead(6..8, 7..8, 0.98, 0.88),
        bead(8..9, 8..9, 1.0, 0.97),
        bead(9..9, 9..10, 0.0, 0.42),
        bead(9..10, 10..11, 1.0, 0.91),
    ];
    Alignment { beads }
}

pub(crate) fn report(app: &mut App, event: Event) {
    let generation = app.job.generation;
    app.update(Message::Report(Report { generation, event }));
}

/// The state right after the job was started.
pub(crate) fn started() -> App {
    let mut app = App::new("/books/keeper.tsv".into());
    app.start();
    app
}

/// The documents are read.
pub(crate) fn read(source: Sentences, target: Sentences) -> App {
    let mut app = started();
    let bitext = Bitext {
        source: document("keeper.en.txt", source),
        target: document("waerter.de.txt", target),
    };
    report(&mut app, Event::Documents(Arc::new(bitext)));
    app
}

/// All vectors and the ranking are there as well.
pub(crate) fn ranked(source: Sentences, target: Sentences) -> App {
    let mut app = read(source, target);
    let (left, right) = (Arc::new(vectors(source)), Arc::new(vectors(target)));
    report(
        &mut app,
        Event::Vectors {
            side: Side::Source,
            first: 0,
            chunk: Arc::clone(&left),
        },
    );
    report(
        &mut app,
        Event::Vectors {
            side: Side::Target,
            first: 0,
            chunk: Arc::clone(&right),
        },
    );
    let ranking = Ranking::compute(&left, &right, TEMPERATURE, &mut ()).unwrap();
    report(&mut app, Event::Ranking(Arc::new(ranking)));
    app
}

/// The job is done: [`ENGLISH`] and [`GERMAN`], aligned.
pub(crate) fn aligned() -> App {
    let mut app = ranked(ENGLISH, GERMAN);
    report(&mut app, Event::Alignment(Arc::new(alignment())));
    report(&mut app, Event::Finished);
    app
}

pub(crate) fn look(depth: Depth) -> Look {
    Look {
        theme: Theme::new(depth),
        bidi: Bidi::Reorder,
        keymap: Keymap::shipped().unwrap(),
    }
}
