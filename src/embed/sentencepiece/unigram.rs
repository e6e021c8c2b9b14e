//! Segmentation under a unigram language model: the sequence of pieces with the highest sum of scores (Viterbi).

use std::ops::Range;

use super::TableError;

/// A piece of the vocabulary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) id: u32,
    /// Log probability.
    pub(crate) score: f32,
}

/// Below the worst piece by this much stands an unknown character.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A vocabulary as a trie over bytes.
#[derive(Debug)]
pub(crate) struct Unigram {
    /// Level by level; the children of a node stand side by side in the order of their bytes.
    nodes: Vec<Node>,
    unknown: u32,
    unknown_score: f64,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    byte: u8,
    children: u16,
    first_child: u32,
    /// The piece that ends here.
    end: Option<(u32, f32)>,
}

/// The best way to reach a place in the text.
#[derive(Clone, Copy)]
struct Best {
    score: f64,
    start: usize,
    id: u32,
}

impl Unigram {
    /// Builds the trie of `pieces`, which stand in the order of their bytes, each once. `unknown` is the id that
    /// characters outside the vocabulary get.
    pub(crate) fn new(pieces: &[Piece], unknown: u32) -> Result<Self, TableError> {
        let ordered = pieces.windows(2).all(|pair| pair[0].text < pair[1].text);
        if !ordered || pieces.first().is_none_or(|piece| piece.text.is_empty()) {
            return Err(TableError::Pieces);
        }
        let worst = pieces.iter().map(|piece| piece.score).fold(f32::INFINITY, f32::min);
        let unknown_score = f64::from(worst) - UNKNOWN_PENALTY;
        Ok(Self {
            nodes: trie(pieces),
            unknown,
            unknown_score,
        })
    }

    /// Ids of the best segmentation; of equal ones, the one whose pieces start earliest, as in SentencePiece.
    pub(crate) fn segment(&self, text: &str) -> Vec<u32> {
        let unreached = Best {
            score: f64::NEG_INFINITY,
            start: 0,
            id: self.unknown,
        };
        let mut best = vec![unreached; text.len() + 1];
        best[0].score = 0.0;
        for (start, character) in text.char_indices() {
            let base = best[start].score;
            let mut known = false;
            for (end, id, score) in self.prefixes(text.as_bytes(), start) {
                known |= end - start == character.len_utf8();
                improve(
                    &mut best[end],
                    Best {
                        score: base + f64::from(score),
                        start,
                        id,
                    },
                );
            }
            if !known {
                let unknown = Best {
                    score: base + self.unknown_score,
                    start,
                    id: self.unknown,
                };
                improve(&mut best[start + character.len_utf8()], unknown);
            }
        }
        let mut ids = Vec::new();
        let mut end = text.len();
        while end > 0 {
            ids.push(best[end].id);
            end = best[end].start;
        }
        ids.reverse();
        ids
    }

    /// The pieces that stand in `text` at `start`, shortest first: their end, id and score.
    fn prefixes<'a>(&'a self, text: &'a [u8], start: usize) -> impl Iterator<Item = (usize, u32, f32)> + 'a {
        let mut node = self.nodes[0];
        (start..text.len())
            .map_while(move |at| {
                node = *self.child(node, text[at])?;
                Some((at + 1, node.end))
            })
            .filter_map(|(end, piece)| piece.map(|(id, score)| (end, id, score)))
    }

    fn child(&self, node: Node, byte: u8) -> Option<&Node> {
        let first = node.first_child as usize;
        let children = &self.nodes[first..first + usize::from(node.children)];
        let index = children.binary_search_by_key(&byte, |child| child.byte).ok()?;
        Some(&children[index])
    }
}

fn improve(best: &mut Best, candidate: Best) {
    if candidate.score > best.score {
        *best = candidate;
    }
}

/// Breadth first: a node is a range of pieces that share their first `depth` bytes.
fn trie(pieces: &[Piece]) -> Vec<Node> {
    let mut nodes = vec![Node {
        byte: 0,
        children: 0,
        first_child: 0,
        end: None,
    }];
    let mut level: Vec<(usize, Range<usize>)> = vec![(0, 0..pieces.len())];
    let mut depth = 0;
    while !level.is_empty() {
        let mut next = Vec::new();
        for (node, range) in level {
            nodes[node].first_child = nodes.len() as u32;
            for (byte, range) in children(pieces, range, depth) {
                nodes[node].children += 1;
                let first = &pieces[range.start];
                let end = (first.text.len() == depth + 1).then_some((first.id, first.score));
                nodes.push(Node {
                    byte,
                    children: 0,
                    first_child: 0,
                    end,
                });
                let longer = range.start + usize::from(end.is_some())..range.end;
                if !longer.is_empty() {
                    next.push((nodes.len() - 1, longer));
                }
            }
        }
        level = next;
        depth += 1;
    }
    nodes
}

/// Cuts `range` where the byte at `depth` changes.
fn children(pieces: &[Piece], range: Range<usize>, depth: usize) -> Vec<(u8, Range<usize>)> {
    let mut children: Vec<(u8, Range<usize>)> = Vec::new();
    for index in range {
        let byte = pieces[index].text.as_bytes()[depth];
        match children.last_mut() {
            Some((last, range)) if *last == byte => range.end = index + 1,
            _ => children.push((byte, index..index + 1)),
        }
    }
    children
}
