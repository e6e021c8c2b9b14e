//! Vectors of joined texts from shared parts.
//!
//! The texts of a stretch of the document are one *stream* of tokens. Joining the texts of a run takes a piece of that
//! stream between two markers. Four tokens from either end ([`CONTEXT`]), a token sees nothing of the ends, so its
//! features are the same in every run that holds it there; and the features of the marker and the four tokens at an
//! end are the same for every run that has this end. So each token is computed once as part of the stream and each
//! end of a text once as an end; a run is the sum of a head, a piece of the stream and a tail. Only runs of fewer than
//! eight tokens, whose ends see each other, are computed on their own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::batch::{CONTEXT, Sequence, add};
use super::tokens::FEATURES;
use super::{BEGIN, END, EmbedError, UseMultilingual, enclose};

impl UseMultilingual {
    /// Vectors of `runs`, which lie near each other in `texts`, row after row.
    pub(super) fn encode_run_group(&self, texts: &[&str], runs: &[Range<usize>]) -> Result<Vec<f32>, EmbedError> {
        let plan = Plan::new(runs, |text| self.tokenizer.encode(texts[text]));
        let sums = self.network.sums(plan.sequences, plan.rows);
        let mut joined = vec![0.0; runs.len() * FEATURES];
        for (sum, run) in joined.chunks_exact_mut(FEATURES).zip(&plan.runs) {
            for row in run.rows.iter().cloned().flatten() {
                add(sum, &sums[row * FEATURES..(row + 1) * FEATURES]);
            }
        }
        let counts: Vec<usize> = plan.runs.iter().map(|run| run.tokens).collect();
        Ok(self.network.head(&joined, &counts)?)
    }
}

/// What must be computed for a set of runs, and how the results add up.
#[derive(Debug, Default)]
struct Plan {
    sequences: Vec<Sequence>,
    /// Number of rows that the sequences' tokens add up to.
    rows: usize,
    runs: Vec<Run>,
}

#[derive(Debug, Clone, Default)]
struct Run {
    /// The rows that make it up.
    rows: Vec<Range<usize>>,
    /// Number of its tokens, markers included.
    tokens: usize,
}

impl Plan {
    /// `tokenize` gives the pieces of a text by its index.
    fn new(runs: &[Range<usize>], tokenize: impl Fn(usize) -> Vec<u32>) -> Self {
        let mut plan = Self {
            runs: vec![Run::default(); runs.len()],
            ..Self::default()
        };
        for stretch in stretches(runs) {
            let members: Vec<usize> = (0..runs.len())
                .filter(|&run| stretch.start <= runs[run].start && runs[run].end <= stretch.end)
                .collect();
            let stream = Stream::new(stretch, &tokenize);
            plan.add_stretch(&stream, &members, runs);
        }
        plan
    }

    fn add_stretch(&mut self, stream: &Stream, members: &[usize], runs: &[Range<usize>]) {
        let mut ends = Ends::default();
        let mut shared = Vec::new();
        for &member in members {
            let place = stream.place(&runs[member]);
            self.runs[member].tokens = place.len().max(1) + 2;
            if place.len() < 2 * CONTEXT {
                let row = self.add_sequence(|row| Sequence::whole(enclose(&stream.tokens[place]), row));
                self.runs[member].rows.push(row..row + 1);
            } else {
                let head = *ends
                    .heads
                    .entry(place.start)
                    .or_insert_with(|| self.add_head(&stream.tokens, place.start));
                let tail = *ends
                    .tails
                    .entry(place.end)
                    .or_insert_with(|| self.add_tail(&stream.tokens, place.end));
                self.runs[member].rows.extend([head..head + 1, tail..tail + 1]);
                shared.push((member, place.start + CONTEXT..place.end - CONTEXT));
            }
        }
        self.add_middles(&stream.tokens, &shared);
    }

    /// Adds the stream itself, cut wherever the middle of a run begins or ends, and gives each run its cuts.
    fn add_middles(&mut self, tokens: &[u32], middles: &[(usize, Range<usize>)]) {
        let cuts: BTreeSet<usize> = middles
            .iter()
            .flat_map(|(_, middle)| [middle.start, middle.end])
            .collect();
        let cuts: Vec<usize> = cuts.into_iter().collect();
        if cuts.len() < 2 {
            return;
        }
        let first = self.rows;
        let row = |token: usize| match cuts.partition_point(|&cut| cut <= token) {
            0 => None,
            passed => (passed < cuts.len()).then_some(first + passed - 1),
        };
        self.sequences
            .push(Sequence::new(tokens.to_vec(), (0..tokens.len()).map(row).collect()));
        self.rows += cuts.len() - 1;
        for (member, middle) in middles {
            let [start, end] = [middle.start, middle.end].map(|place| cuts.partition_point(|&cut| cut < place));
            self.runs[*member].rows.push(first + start..first + end);
        }
    }

    /// The marker of the beginning and the first tokens after it, in the sight of those that follow.
    fn add_head(&mut self, tokens: &[u32], start: usize) -> usize {
        let ids = [&[BEGIN], &tokens[start..start + 2 * CONTEXT]].concat();
        self.add_sequence(|row| {
            let rows = (0..ids.len()).map(|token| (token <= CONTEXT).then_some(row)).collect();
            Sequence::new(ids, rows)
        })
    }

    /// The last tokens and the marker of the end, in the sight of those before.
    fn add_tail(&mut self, tokens: &[u32], end: usize) -> usize {
        let ids = [&tokens[end - 2 * CONTEXT..end], &[END]].concat();
        self.add_sequence(|row| {
            let rows = (0..ids.len()).map(|token| (token >= CONTEXT).then_some(row)).collect();
            Sequence::new(ids, rows)
        })
    }

    fn add_sequence(&mut self, sequence: impl FnOnce(usize) -> Sequence) -> usize {
        let row = self.rows;
        self.sequences.push(sequence(row));
        self.rows += 1;
        row
    }
}

/// The rows of the ends already planned, by the token where they stand.
#[derive(Debug, Default)]
struct Ends {
    heads: BTreeMap<usize, usize>,
    tails: BTreeMap<usize, usize>,
}

/// The tokens of consecutive texts, without markers.
#[derive(Debug)]
struct Stream {
    first_text: usize,
    tokens: Vec<u32>,
    /// Where each text starts, and where the last one ends.
    starts: Vec<usize>,
}

impl Stream {
    fn new(texts: Range<usize>, tokenize: impl Fn(usize) -> Vec<u32>) -> Self {
        let mut stream = Self {
            first_text: texts.start,
            tokens: Vec::new(),
            starts: vec![0],
        };
        for text in texts {
            stream.tokens.extend(tokenize(text));
            stream.starts.push(stream.tokens.len());
        }
        stream
    }

    /// The tokens of a run of texts.
    fn place(&self, run: &Range<usize>) -> Range<usize> {
        self.starts[run.start - self.first_text]..self.starts[run.end - self.first_text]
    }
}

/// Merges runs that touch: the texts that they cover, as few ranges as possible.
fn stretches(runs: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut sorted = runs.to_vec();
    sorted.sort_unstable_by_key(|run| (run.start, run.end));
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for run in sorted {
        match stretches.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => stretches.push(run),
        }
    }
    stretches
}
