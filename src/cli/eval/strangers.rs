//! `enface eval --strangers`: what comes out where two documents have nothing to do with each other.

use std::io::{self, Write};

use anyhow::ensure;

use super::teaching::aligned;
use crate::align::{EmbeddedTexts, Options, Text};
use crate::cli::gold::Embedded;
use crate::eval::strangers::{Crop, Stock, strangers};
use crate::pipeline::Adapt;

/// How many pairs, which draw it is, and whether they are learned from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) count: usize,
    pub(super) seed: u64,
    pub(super) adapt: Adapt,
}

/// Beads that join strangers.
#[derive(Default)]
struct Joined {
    /// Segments of the shorter sides.
    segments: usize,
    beads: usize,
    /// Beads that are said to be rather right than wrong.
    likely: usize,
    /// Beads that are said to be right four times in five.
    sure: usize,
}

/// Aligns crops of different families, and prints what was joined. The weights are those of the source's set.
pub(super) fn run(sets: &[Embedded], options: &[Options], plan: Plan, out: &mut impl Write) -> anyhow::Result<()> {
    let stock: Vec<Stock> = sets
        .iter()
        .map(|set| Stock {
            family: set.set.family(),
            segments: [set.texts[0].len(), set.texts[1].len()],
        })
        .collect();
    let pairs = strangers(&stock, plan.count, plan.seed);
    ensure!(
        !pairs.is_empty(),
        "strangers are cut from sets of different families: name sets whose names begin with different words"
    );
    writeln!(
        out,
        "{:<58} {:>9} {:>6} {:>6} {:>6}",
        "strangers", "segments", "beads", "> .5", "> .8"
    )?;
    let mut all = Joined::default();
    for [source, target] in &pairs {
        let joined = join(sets, [source, target], &options[source.set], plan.adapt)?;
        write_row(
            out,
            &format!("{} beside {}", name(sets, source), name(sets, target)),
            &joined,
        )?;
        all.segments += joined.segments;
        all.beads += joined.beads;
        all.likely += joined.likely;
        all.sure += joined.sure;
    }
    Ok(write_row(out, &format!("all {}", pairs.len()), &all)?)
}

fn join(sets: &[Embedded], crops: [&Crop; 2], options: &Options, adapt: Adapt) -> anyhow::Result<Joined> {
    let texts = crops.map(|crop| &sets[crop.set].texts[crop.side][crop.segments.clone()]);
    let rows = crops.map(|crop| sets[crop.set].vectors[crop.side].rows(crop.segments.clone()));
    let vectors = [0, 1].map(|side| EmbeddedTexts {
        embedder: sets[crops[side].set].model,
        texts: texts[side],
        vectors: &rows[side],
    });
    let text = |side: usize| Text {
        segments: texts[side],
        vectors: &vectors[side],
        map: None,
    };
    let alignment = aligned(text(0), text(1), options, adapt)?;
    let matches = || alignment.beads.iter().filter(|bead| !bead.is_null());
    let above = |least: f32| matches().filter(|bead| bead.posterior > least).count();
    Ok(Joined {
        segments: texts[0].len().min(texts[1].len()),
        beads: matches().count(),
        likely: above(0.5),
        sure: above(0.8),
    })
}

fn name(sets: &[Embedded], crop: &Crop) -> String {
    let side = ["source", "target"][crop.side];
    format!("{} {side} {}", sets[crop.set].set.name, crop.segments.start)
}

fn write_row(out: &mut impl Write, name: &str, joined: &Joined) -> io::Result<()> {
    writeln!(
        out,
        "{name:<58} {:>9} {:>6} {:>6} {:>6}",
        joined.segments, joined.beads, joined.likely, joined.sure
    )
}
