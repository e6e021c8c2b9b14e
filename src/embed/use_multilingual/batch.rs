//! Flat batches: sequences of tokens laid end to end, so that each matrix is read once for all of them.

/// Tokens on either side that a token's features depend on: two convolutions that reach two tokens each.
pub(super) const CONTEXT: usize = 4;
/// Tokens after which a sequence is cut and a batch is full: the working set stays in the cache.
const BUDGET: usize = 384;

/// Tokens that see each other, and the row to which each token's features are added; `None` marks mere context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sequence {
    ids: Vec<u32>,
    rows: Vec<Option<usize>>,
}

impl Sequence {
    /// A sequence of which every token counts towards `row`.
    pub(super) fn whole(ids: Vec<u32>, row: usize) -> Self {
        let rows = vec![Some(row); ids.len()];
        Self { ids, rows }
    }

    /// One row, or none, a token.
    pub(super) fn new(ids: Vec<u32>, rows: Vec<Option<usize>>) -> Self {
        debug_assert_eq!(ids.len(), rows.len());
        Self { ids, rows }
    }

    /// Cuts a long sequence into stretches, each with as much context as the features of its own tokens need.
    fn stretches(self) -> Vec<Self> {
        if self.ids.len() <= BUDGET {
            return vec![self];
        }
        let length = self.ids.len();
        let cut = |start: usize| {
            let end = (start + BUDGET).min(length);
            let seen = start.saturating_sub(CONTEXT)..(end + CONTEXT).min(length);
            let rows = seen
                .clone()
                .map(|at| self.rows[at].filter(|_| (start..end).contains(&at)))
                .collect();
            Self {
                ids: self.ids[seen].to_vec(),
                rows,
            }
        };
        (0..length).step_by(BUDGET).map(cut).collect()
    }
}

/// Several sequences, one after another.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) ids: Vec<u32>,
    pub(super) rows: Vec<Option<usize>>,
    /// Where each sequence ends.
    ends: Vec<usize>,
}

impl Batch {
    /// Distributes `sequences`, in order, over batches of about [`BUDGET`] tokens.
    pub(super) fn pack(sequences: Vec<Sequence>) -> Vec<Self> {
        let mut batches: Vec<Self> = Vec::new();
        for sequence in sequences.into_iter().flat_map(Sequence::stretches) {
            match batches.last_mut() {
                Some(batch) if batch.ids.len() + sequence.ids.len() <= BUDGET => batch.push(sequence),
                _ => {
                    let mut batch = Self::default();
                    batch.push(sequence);
                    batches.push(batch);
                }
            }
        }
        batches
    }

    fn push(&mut self, sequence: Sequence) {
        self.ids.extend(sequence.ids);
        self.rows.extend(sequence.rows);
        self.ends.push(self.ids.len());
    }

    /// For each token the places of the `order` tokens that start `left` before it; places outside its sequence are
    /// the number of tokens, where a row of zeros is expected.
    pub(super) fn windows(&self, order: usize, left: usize) -> Vec<u32> {
        let outside = self.ids.len();
        let mut windows = Vec::with_capacity(outside * order);
        let mut start = 0;
        for &end in &self.ends {
            for token in start..end {
                let places = (token..token + order).map(|place| place.wrapping_sub(left));
                windows.extend(places.map(|place| if (start..end).contains(&place) { place } else { outside } as u32));
            }
            start = end;
        }
        windows
    }
}

/// Sums of features, one row of width `width` for each of `rows`.
#[derive(Debug)]
pub(super) struct Partial {
    rows: Vec<usize>,
    sums: Vec<f32>,
    width: usize,
}

impl Partial {
    /// Adds the rows of `features`, one a token, up by the row that each counts towards.
    pub(super) fn new(rows: &[Option<usize>], features: &[f32], width: usize) -> Self {
        let mut partial = Self {
            rows: Vec::new(),
            sums: Vec::new(),
            width,
        };
        for (row, features) in rows.iter().zip(features.chunks_exact(width)) {
            let Some(row) = *row else { continue };
            if partial.rows.last() != Some(&row) {
                partial.rows.push(row);
                partial.sums.resize(partial.sums.len() + width, 0.0);
            }
            let last = partial.sums.len() - width;
            add(&mut partial.sums[last..], features);
        }
        partial
    }

    /// Adds each row to its place in `sums`.
    pub(super) fn add_to(&self, sums: &mut [f32]) {
        for (&row, partial) in self.rows.iter().zip(self.sums.chunks_exact(self.width)) {
            add(&mut sums[row * self.width..(row + 1) * self.width], partial);
        }
    }
}

/// Adds `term` to `sum`, element by element.
pub(super) fn add(sum: &mut [f32], term: &[f32]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}
