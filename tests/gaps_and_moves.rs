//! What the aligner makes of documents that lack a passage or have it elsewhere, with the bundled sample and model.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

use std::sync::LazyLock;

use enface::align::{
    Alignment, Bead, EmbeddedTexts, GoldBead, MovedBlock, Options, Pins, Study, Text, moved_blocks, with_moved,
};
use enface::document::sample;
use enface::embed::{Embedder as _, UseMultilingual, Vectors};
use enface::eval::damage::{Damaged, Harm, Origin, Place, Toll, untouched};

/// Both sides' sentences and their vectors, embedded once.
struct Sample {
    model: UseMultilingual,
    texts: [Vec<String>; 2],
    vectors: [Vectors; 2],
}

static SAMPLE: LazyLock<Sample> = LazyLock::new(|| {
    let model = UseMultilingual::load().unwrap();
    let (english, french) = sample::documents().unwrap();
    let texts = [english, french].map(|document| document.segments.into_iter().map(|segment| segment.text).collect());
    let vectors = texts.each_ref().map(|side: &Vec<String>| {
        let side: Vec<&str> = side.iter().map(String::as_str).collect();
        model.encode(&side).unwrap()
    });
    Sample { model, texts, vectors }
});

/// The given segments of both sides aligned, and what seems to have been moved.
fn align_some(source: &[usize], target: &[usize]) -> (Alignment, Vec<MovedBlock>) {
    align_around(source, target, &Pins::default())
}

/// The same, around what a person settled.
fn align_around(source: &[usize], target: &[usize], pins: &Pins) -> (Alignment, Vec<MovedBlock>) {
    let pick = |side: usize, numbers: &[usize]| {
        let texts: Vec<&str> = numbers
            .iter()
            .map(|&number| SAMPLE.texts[side][number].as_str())
            .collect();
        let vectors = &SAMPLE.vectors[side];
        let rows = numbers.iter().flat_map(|&number| vectors.row(number).iter().copied());
        (texts, Vectors::new(vectors.dimension(), rows.collect()))
    };
    let sides = [pick(0, source), pick(1, target)];
    let embedded = sides.each_ref().map(|(texts, vectors)| EmbeddedTexts {
        embedder: &SAMPLE.model,
        texts,
        vectors,
    });
    let [source, target] = [0, 1].map(|side| Text {
        segments: &sides[side].0,
        vectors: &embedded[side],
        map: None,
    });
    let options = Options::bundled().unwrap();
    let study = Study::new(source, target, &options, &mut ()).unwrap();
    let alignment = study.weigh(None, &mut ()).unwrap().alignment(pins).unwrap();
    let moved = moved_blocks(&study, None, &alignment, &mut ()).unwrap();
    (alignment, moved)
}

fn all(side: usize) -> Vec<usize> {
    (0..SAMPLE.texts[side].len()).collect()
}

fn beads(alignment: &[Bead]) -> Vec<GoldBead> {
    let pairs = alignment
        .iter()
        .map(|bead| (bead.source.clone().collect(), bead.target.clone().collect()));
    pairs.collect()
}

/// Number of the second chapter's heading.
fn second_chapter(side: usize) -> usize {
    SAMPLE.texts[side].iter().position(|text| text == "II").unwrap()
}

#[test]
fn a_missing_passage_costs_only_the_beads_at_the_cut() {
    let (n, m) = (all(0).len(), all(1).len());
    let before = beads(&align_some(&all(0), &all(1)).0.beads);
    let mut sum = (0, 0);
    for (seed, share) in [(1, 0.1), (2, 0.2), (3, 0.3)] {
        for place in [Place::Start, Place::Within, Place::End] {
            for side in [0, 1] {
                let mut documents = [Damaged::intact(n), Damaged::intact(m)];
                documents[side] = Damaged::plant([n, m][side], 0, Harm::Missing, place, share, seed);
                let numbers = documents.each_ref().map(|document| {
                    let own = |origin: &Origin| match *origin {
                        Origin::Own(number) | Origin::Strange(number) => number,
                    };
                    document.segments.iter().map(own).collect::<Vec<_>>()
                });
                let (after, moved) = align_some(&numbers[0], &numbers[1]);
                let left = untouched(&before, (n, m), &documents[0], &documents[1]);
                let toll = Toll::of(&left, &before, &beads(&after.beads));
                sum = (sum.0 + toll.both, sum.1 + toll.before);
                assert!(moved.is_empty(), "{moved:?}");
            }
        }
    }
    assert!(sum.0 * 100 >= sum.1 * 97, "{} of {} beads kept", sum.0, sum.1);
}

#[test]
fn a_faithful_translation_has_no_moved_passage() {
    assert_eq!(align_some(&all(0), &all(1)).1, []);
}

#[test]
fn swapped_chapters_are_found_and_put_in_place() {
    let cut = second_chapter(1);
    let swapped: Vec<usize> = (cut..all(1).len()).chain(0..cut).collect();
    let (alignment, moved) = align_some(&all(0), &swapped);
    let [block] = &moved[..] else { panic!("{moved:?}") };
    assert!(block.probability > 0.9 && block.beads.len() > 20, "{block:?}");
    let faithful = align_some(&all(0), &all(1)).0;
    let known: Vec<GoldBead> = beads(&faithful.beads)
        .into_iter()
        .filter(|(x, y)| !x.is_empty() && !y.is_empty())
        .collect();
    let back = beads(&with_moved(&alignment, &moved)).into_iter().map(|(x, y)| {
        let mut y: Vec<usize> = y.into_iter().map(|j| swapped[j]).collect();
        y.sort_unstable();
        (x, y)
    });
    let back: Vec<GoldBead> = back.collect();
    let found = known.iter().filter(|bead| back.contains(bead)).count();
    assert!(found * 100 >= known.len() * 95, "{found} of {}", known.len());
}

/// Beads of one longer sentence a side, as notes are; some way from each other and from the end of the document.
fn notes() -> Vec<(usize, usize)> {
    let (alignment, _) = align_some(&all(0), &all(1));
    let long = |side: usize, at: usize| SAMPLE.texts[side][at].len() > 40;
    let single = alignment.beads.iter().filter(|bead| {
        let (x, y) = (&bead.source, &bead.target);
        x.len() == 1 && y.len() == 1 && bead.posterior > 0.95 && long(0, x.start) && long(1, y.start)
    });
    let pairs: Vec<(usize, usize)> = single.map(|bead| (bead.source.start, bead.target.start)).collect();
    pairs.into_iter().skip(2).step_by(6).take(7).collect()
}

#[test]
fn notes_gathered_at_the_end_are_offered_where_they_belong() {
    let notes = notes();
    let is_note = |side: usize, at: usize| notes.iter().any(|&(x, y)| [x, y][side] == at);
    for side in [0, 1] {
        let mut documents = [all(0), all(1)];
        documents[side].retain(|&at| !is_note(side, at));
        documents[side].extend(notes.iter().map(|&(x, y)| [x, y][side]));
        let (alignment, moved) = align_some(&documents[0], &documents[1]);
        let own = |bead: &Bead| (documents[0][bead.source.start], documents[1][bead.target.start]);
        let offered: Vec<(usize, usize)> = moved.iter().flat_map(|block| &block.beads).map(own).collect();
        assert!(
            offered.iter().all(|pair| notes.contains(pair)),
            "{offered:?} of {notes:?}"
        );
        assert!(offered.len() * 3 >= notes.len() * 2, "{offered:?} of {notes:?}");
        let accepted = beads(&with_moved(&alignment, &moved));
        for (side, document) in documents.iter().enumerate() {
            let sides = accepted.iter().flat_map(|bead| [&bead.0, &bead.1][side]);
            let mut segments: Vec<usize> = sides.copied().collect();
            segments.sort_unstable();
            assert_eq!(segments, (0..document.len()).collect::<Vec<_>>());
        }
    }
}

#[test]
fn accepted_moves_hold_every_segment_once() {
    let swapped: Vec<usize> = (80..130).chain(0..80).collect();
    let (alignment, moved) = align_some(&all(0), &swapped);
    assert!(!moved.is_empty());
    let accepted = beads(&with_moved(&alignment, &moved));
    for (side, count) in [(0, 97), (1, 130)] {
        let mut segments: Vec<usize> = accepted
            .iter()
            .flat_map(|bead| [&bead.0, &bead.1][side])
            .copied()
            .collect();
        segments.sort_unstable();
        assert_eq!(segments, (0..count).collect::<Vec<_>>());
    }
}

/// A chapter, and another one of the translation.
fn strangers() -> [Vec<usize>; 2] {
    let (english, french) = (second_chapter(0), second_chapter(1));
    [(0..english).collect(), (french..all(1).len()).collect()]
}

#[test]
fn another_chapter_is_no_translation_and_no_moved_passage() {
    let [first, second] = strangers();
    let (alignment, moved) = align_some(&first, &second);
    assert_eq!(moved, []);
    let joined: Vec<&Bead> = alignment.beads.iter().filter(|bead| !bead.is_null()).collect();
    assert!(joined.is_empty(), "{joined:?}");
    let covered = |side: fn(&Bead) -> usize| alignment.beads.iter().map(side).sum::<usize>();
    assert_eq!(covered(|bead| bead.source.len()), first.len());
    assert_eq!(covered(|bead| bead.target.len()), second.len());
    assert!(alignment.beads.iter().all(|bead| bead.posterior > 0.5));
}

#[test]
fn what_a_person_joins_vouches_for_its_surroundings() {
    let [first, second] = strangers();
    let pins = Pins {
        forced: vec![(3..4, 3..4)],
        ..Pins::default()
    };
    let (alignment, _) = align_around(&first, &second, &pins);
    let joined = alignment.beads.iter().filter(|bead| !bead.is_null());
    assert!(
        joined
            .clone()
            .any(|bead| bead.source == (3..4) && bead.target == (3..4))
    );
    assert!(joined.count() > 5);
}
