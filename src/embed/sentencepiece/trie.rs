//! Pieces as a trie over bytes: some fifteen bytes a node, where a map of strings takes a hundred a piece.

use std::ops::Range;

use super::{Piece, TableError};

/// A vocabulary to be searched byte by byte.
#[derive(Debug)]
pub(crate) struct Trie {
    /// Level by level; the children of a node stand side by side in the order of their bytes.
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    byte: u8,
    children: u16,
    first_child: u32,
    /// The piece that ends here, or [`NONE`].
    id: u32,
    score: f32,
}

/// Id where no piece ends.
const NONE: u32 = u32::MAX;

impl Node {
    fn inner(byte: u8) -> Self {
        Self {
            byte,
            children: 0,
            first_child: 0,
            id: NONE,
            score: 0.0,
        }
    }
}

impl Trie {
    /// Builds the trie of `pieces`, which stand in the order of their bytes, each once.
    pub(crate) fn new(pieces: &[Piece]) -> Result<Self, TableError> {
        let ordered = pieces.windows(2).all(|pair| pair[0].text < pair[1].text);
        if !ordered || pieces.first().is_none_or(|piece| piece.text.is_empty()) {
            return Err(TableError::Pieces);
        }
        Ok(Self { nodes: nodes(pieces) })
    }

    /// Id of a whole piece.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let node = self.walk(self.nodes[0], text.as_bytes())?;
        (node.id != NONE).then_some(node.id)
    }

    /// The pieces that stand in `text` at `start`, shortest first: their end, id and score.
    pub(crate) fn prefixes<'a>(&'a self, text: &'a [u8], start: usize) -> impl Iterator<Item = (usize, u32, f32)> + 'a {
        self.prefixes_from(self.nodes[0], text, start)
    }

    /// The longest piece that begins with `mark` and goes on as `text` does: how much of `text` it takes, and its id.
    pub(crate) fn longest(&self, mark: &str, text: &str) -> Option<(usize, u32)> {
        let node = self.walk(self.nodes[0], mark.as_bytes())?;
        let longest = self.prefixes_from(node, text.as_bytes(), 0).last();
        longest.map(|(end, id, _)| (end, id))
    }

    fn prefixes_from<'a>(
        &'a self,
        mut node: Node,
        text: &'a [u8],
        start: usize,
    ) -> impl Iterator<Item = (usize, u32, f32)> + 'a {
        (start..text.len())
            .map_while(move |at| {
                node = *self.child(node, text[at])?;
                Some((at + 1, node))
            })
            .filter(|(_, node)| node.id != NONE)
            .map(|(end, node)| (end, node.id, node.score))
    }

    fn walk(&self, node: Node, bytes: &[u8]) -> Option<Node> {
        bytes
            .iter()
            .try_fold(node, |node, &byte| self.child(node, byte).copied())
    }

    fn child(&self, node: Node, byte: u8) -> Option<&Node> {
        let first = node.first_child as usize;
        let children = &self.nodes[first..first + usize::from(node.children)];
        let index = children.binary_search_by_key(&byte, |child| child.byte).ok()?;
        Some(&children[index])
    }
}

/// Breadth first: a node is a range of pieces that share their first `depth` bytes.
fn nodes(pieces: &[Piece]) -> Vec<Node> {
    let mut nodes = vec![Node::inner(0)];
    let mut level: Vec<(usize, Range<usize>)> = vec![(0, 0..pieces.len())];
    let mut depth = 0;
    while !level.is_empty() {
        let mut next = Vec::new();
        for (node, range) in level {
            nodes[node].first_child = nodes.len() as u32;
            for (byte, mut range) in children(pieces, range, depth) {
                nodes[node].children += 1;
                let mut child = Node::inner(byte);
                let first = &pieces[range.start];
                if first.text.len() == depth + 1 {
                    (child.id, child.score) = (first.id, first.score);
                    range.start += 1;
                }
                nodes.push(child);
                if !range.is_empty() {
                    next.push((nodes.len() - 1, range));
                }
            }
        }
        level = next;
        depth += 1;
    }
    nodes.shrink_to_fit();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_whole_and_behind_a_mark() {
        let texts = ["##e", "##ein", "a", "abc", "ein"];
        let pieces: Vec<Piece> = (0..)
            .zip(texts)
            .map(|(id, text)| Piece { text, id, score: 0.5 })
            .collect();
        let trie = Trie::new(&pieces).unwrap();
        assert_eq!(
            (trie.find("abc"), trie.find("ab"), trie.find("")),
            (Some(3), None, None)
        );
        assert_eq!(trie.longest("", "abcd"), Some((3, 3)));
        assert_eq!(trie.longest("##", "eine"), Some((3, 1)));
        assert_eq!(trie.longest("##", "x"), None);
        let ends: Vec<usize> = trie.prefixes(b"xabc", 1).map(|(end, ..)| end).collect();
        assert_eq!(ends, [2, 4]);
        assert!(Trie::new(&[pieces[1], pieces[0]]).is_err());
    }
}
