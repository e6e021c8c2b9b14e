//! Figures that take more than a frame to compute: the rank of a cell among all others, and cells that stand for many
//! sentences. The screen asks, a thread answers, and what was answered is kept.

use std::collections::HashMap;
use std::ops::Range;

use super::findings::Findings;
use super::score::Score;
use crate::pipeline::Side;
use crate::rank::cosine;

/// Cells along the edge of a tile.
pub const TILE: usize = 16;

/// Tiles kept at most; a tile takes about a kilobyte.
const KEPT: usize = 8192;

/// Which tile of the zoomed-out grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileKey {
    /// The score shown.
    pub score: Score,
    /// Sentences along the edge of a cell.
    pub step: usize,
    /// Row of the tile, counted in tiles.
    pub row: usize,
    /// Column of the tile, counted in tiles.
    pub column: usize,
}

/// A square of cells, each the highest score among its sentences.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    cells: Vec<Option<f32>>,
    /// Version of the findings that it was made from, where more findings could still change it.
    provisional: Option<u64>,
}

/// Rank of a cell each way, 1 being the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranks {
    /// Source segment.
    pub source: usize,
    /// Target segment.
    pub target: usize,
    /// Rank of the target among all targets of this source.
    pub of_target: usize,
    /// Rank of the source among all sources of this target.
    pub of_source: usize,
}

/// What the screen would like to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// Ranks of a cell: source, target.
    Ranks(usize, usize),
    /// A tile.
    Tile(TileKey),
}

/// What it is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Ranks of a cell.
    Ranks(Ranks),
    /// A tile.
    Tile(TileKey, Tile),
}

impl Question {
    /// Computes the answer. A tile takes time with the square of its step, ranks with the length of both documents.
    pub fn answer(self, findings: &Findings) -> Option<Answer> {
        match self {
            Self::Ranks(source, target) => ranks(findings, source, target).map(Answer::Ranks),
            Self::Tile(key) => Some(Answer::Tile(key, tile(findings, key))),
        }
    }
}

fn ranks(findings: &Findings, source: usize, target: usize) -> Option<Ranks> {
    let score = findings.cosine(source, target)?;
    let better = |pairs: &mut dyn Iterator<Item = (usize, usize)>| {
        1 + pairs
            .filter(|&(s, t)| findings.cosine(s, t).is_some_and(|other| other > score))
            .count()
    };
    Some(Ranks {
        source,
        target,
        of_target: better(&mut (0..findings.len(Side::Target)).map(|other| (source, other))),
        of_source: better(&mut (0..findings.len(Side::Source)).map(|other| (other, target))),
    })
}

fn tile(findings: &Findings, key: TileKey) -> Tile {
    let block =
        |at: usize, side| (at * key.step).min(findings.len(side))..((at + 1) * key.step).min(findings.len(side));
    let mut cells = Vec::with_capacity(TILE * TILE);
    for row in key.row * TILE..(key.row + 1) * TILE {
        let sources = block(row, Side::Source);
        for column in key.column * TILE..(key.column + 1) * TILE {
            cells.push(highest(
                findings,
                key.score,
                sources.clone(),
                block(column, Side::Target),
            ));
        }
    }
    let edge = TILE * key.step;
    let whole = |side, at: usize| {
        let last = ((at + 1) * edge).min(findings.len(side));
        last.checked_sub(1)
            .is_none_or(|last| findings.row(side, last).is_some())
    };
    let ranked = match key.score {
        Score::Cosine => true,
        Score::Adapted | Score::Difference => findings.is_adapted(),
        _ => findings.ranking().is_some(),
    };
    let complete = ranked && whole(Side::Source, key.row) && whole(Side::Target, key.column);
    Tile {
        cells,
        provisional: (!complete).then(|| findings.version()),
    }
}

fn highest(findings: &Findings, score: Score, sources: Range<usize>, targets: Range<usize>) -> Option<f32> {
    let mut best: Option<f32> = None;
    for source in sources {
        let Some(row) = findings.row(Side::Source, source) else {
            continue;
        };
        for target in targets.clone() {
            let Some(column) = findings.row(Side::Target, target) else {
                continue;
            };
            let value = score.from_cosine(findings, source, target, cosine(row, column))?;
            best = Some(best.map_or(value, |best| best.max(value)));
        }
    }
    best
}

/// Answers that came in, and the questions that drawing found open.
#[derive(Debug, Default)]
pub struct Lens {
    tiles: HashMap<TileKey, Tile>,
    ranks: Option<Ranks>,
    open: Vec<Question>,
}

impl Lens {
    /// Value of the zoomed-out cell at `row`, `column`; notes the question when there is none of this version.
    pub fn cell(&mut self, score: Score, step: usize, (row, column): (usize, usize), version: u64) -> Option<f32> {
        let key = TileKey {
            score,
            step,
            row: row / TILE,
            column: column / TILE,
        };
        let tile = self.tiles.get(&key);
        let stale = |tile: &Tile| tile.provisional.is_some_and(|made_from| made_from != version);
        if tile.is_none_or(stale) && !self.open.contains(&Question::Tile(key)) {
            self.open.push(Question::Tile(key));
        }
        tile?.cells[row % TILE * TILE + column % TILE]
    }

    /// Ranks of a cell; notes the question when they are not known.
    pub fn ranks(&mut self, source: usize, target: usize) -> Option<Ranks> {
        let known = self
            .ranks
            .filter(|ranks| (ranks.source, ranks.target) == (source, target));
        if known.is_none() {
            self.open.insert(0, Question::Ranks(source, target));
        }
        known
    }

    /// Keeps an answer.
    pub fn learn(&mut self, answer: Answer) {
        match answer {
            Answer::Ranks(ranks) => self.ranks = Some(ranks),
            Answer::Tile(key, tile) => {
                if self.tiles.len() >= KEPT {
                    self.tiles
                        .retain(|kept, _| kept.score == key.score && kept.step == key.step);
                }
                if self.tiles.len() >= KEPT {
                    self.tiles.clear();
                }
                self.tiles.insert(key, tile);
            }
        }
    }

    /// Forgets everything: what it was computed from is being replaced.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Begins a new frame.
    pub fn begin(&mut self) {
        self.open.clear();
    }

    /// The questions that the last frame left open, the most urgent first.
    pub fn questions(&self) -> &[Question] {
        &self.open
    }
}
