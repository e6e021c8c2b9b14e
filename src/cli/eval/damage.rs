//! `enface eval --damage`: what a missing or a strange block costs the beads that it does not touch.

use std::io::{self, Write};

use super::found;
use super::teaching::aligned;
use crate::align::{EmbeddedTexts, GoldBead, GoldKind, Options, Remembered, Text};
use crate::cli::gold::Embedded;
use crate::embed::Vectors;
use crate::eval::damage::{Damaged, Harm, Origin, Place, Toll, untouched};
use crate::pipeline::Adapt;

/// Where the blocks are planted: what is missing lies anywhere, what is strange stands inside.
const CASES: [(Harm, Place); 4] = [
    (Harm::Missing, Place::Start),
    (Harm::Missing, Place::Within),
    (Harm::Missing, Place::End),
    (Harm::Strange, Place::Within),
];

/// How much is harmed, which draw it is, and whether the harmed pair is learned from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) share: f64,
    pub(super) seed: u64,
    pub(super) adapt: Adapt,
}

/// Plants every case on either side of every exact set, and prints what it costs.
pub(super) fn run(sets: &[Embedded], options: &[Options], plan: Plan, out: &mut impl Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "{:<26} {:>9} {:>7} {:>7} {:>7}  worst",
        "set", "untouched", "before", "after", "kept"
    )?;
    let mut all = Vec::new();
    for (set, options) in sets.iter().zip(options) {
        if set.set.kind != GoldKind::Exact {
            continue;
        }
        let tolls = set_tolls(set, sets, options, plan)?;
        write_row(out, &set.set.name, &tolls)?;
        all.extend(tolls);
    }
    Ok(write_row(out, "all", &all)?)
}

/// A toll and what it was paid for.
type Case = (Toll, String);

fn set_tolls(set: &Embedded, sets: &[Embedded], options: &Options, plan: Plan) -> anyhow::Result<Vec<Case>> {
    let (n, m) = (set.texts[0].len(), set.texts[1].len());
    let intact = [Damaged::intact(n), Damaged::intact(m)];
    let before = align_damaged(set, None, &intact, (options, plan.adapt))?;
    let mut tolls = Vec::new();
    for (number, (harm, place)) in CASES.into_iter().enumerate() {
        for (side, name) in [(0, "source"), (1, "target")] {
            let stranger = stranger(set, sets, side);
            let strange = stranger.map_or(0, |(texts, _)| texts.len());
            if harm == Harm::Strange && strange == 0 {
                continue;
            }
            let seed = plan.seed.wrapping_mul(31).wrapping_add(2 * number as u64 + side as u64);
            let mut documents = intact.clone();
            documents[side] = Damaged::plant(intact[side].segments.len(), strange, harm, place, plan.share, seed);
            let after = align_damaged(set, stranger, &documents, (options, plan.adapt))?;
            let left = untouched(&set.set.beads, (n, m), &documents[0], &documents[1]);
            tolls.push((Toll::of(&left, &before, &after), format!("{harm:?} {place:?} {name}")));
        }
    }
    Ok(tolls)
}

/// Texts and vectors that strange blocks are cut from.
type Stranger<'a> = (&'a [&'a str], &'a Vectors);

/// One side of a set of another family, whose texts may be the same: in the same language, where there is one.
fn stranger<'a>(set: &Embedded, sets: &'a [Embedded], side: usize) -> Option<Stranger<'a>> {
    let language = |set: &Embedded, side: usize| [&set.set.source, &set.set.target][side].language.clone();
    let wanted = language(set, side);
    let strange = sets.iter().filter(|other| other.set.family() != set.set.family());
    let sides = strange.flat_map(|other| [(other, 0), (other, 1)]);
    let other = sides
        .clone()
        .find(|&(other, side)| language(other, side) == wanted)
        .or_else(|| sides.clone().next());
    other.map(|(other, side)| (&other.texts[side][..], &other.vectors[side]))
}

fn align_damaged(
    set: &Embedded,
    stranger: Option<Stranger>,
    documents: &[Damaged; 2],
    (options, adapt): (&Options, Adapt),
) -> anyhow::Result<Vec<GoldBead>> {
    let build = |side: usize| {
        let mut texts = Vec::new();
        let mut rows = Vec::new();
        let width = set.vectors[side].dimension();
        for origin in &documents[side].segments {
            let (from, vectors, at) = match (*origin, stranger) {
                (Origin::Own(at), _) => (&set.texts[side][..], &set.vectors[side], at),
                (Origin::Strange(at), Some((texts, vectors))) => (texts, vectors, at),
                (Origin::Strange(_), None) => continue,
            };
            texts.push(from[at]);
            rows.extend_from_slice(vectors.row(at));
        }
        (texts, Vectors::new(width, rows))
    };
    let sides = [build(0), build(1)];
    let vectors = [0, 1].map(|side| EmbeddedTexts {
        embedder: set.model,
        texts: &sides[side].0,
        vectors: &sides[side].1,
    });
    let remembered = vectors.each_ref().map(|vectors| Remembered::new(vectors));
    let text = |side: usize| Text {
        segments: &sides[side].0,
        vectors: &remembered[side],
        map: None,
    };
    Ok(found(&aligned(text(0), text(1), options, adapt)?))
}

fn write_row(out: &mut impl Write, name: &str, cases: &[Case]) -> io::Result<()> {
    let mut sum = Toll::default();
    for (toll, _) in cases {
        sum.untouched += toll.untouched;
        sum.before += toll.before;
        sum.after += toll.after;
        sum.both += toll.both;
    }
    let worst = cases.iter().min_by(|(a, _), (b, _)| a.kept().total_cmp(&b.kept()));
    let before = sum.before as f64 / sum.untouched.max(1) as f64;
    write!(
        out,
        "{name:<26} {:>9} {before:>7.4} {:>7.4} {:>7.4}",
        sum.untouched,
        sum.right(),
        sum.kept()
    )?;
    match worst {
        Some((toll, case)) => writeln!(out, "  {:.4} {case}", toll.kept()),
        None => writeln!(out),
    }
}
