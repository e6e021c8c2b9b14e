//! Flat batches: sequences of tokens laid end to end, so that each matrix is read once for all of them.

/// Tokens on either side that a token's features depend on: two convolutions that reach two tokens each.
pub(super) const CONTEXT: usize = 2 * PADDING;
/// Tokens on either side that one convolution reaches.
pub(super) const PADDING: usize = 2;
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

/// Several sequences, one after another, with [`PADDING`] empty places before, between and after them.
#[derive(Debug)]
pub(super) struct Batch {
    ids: Vec<Option<u32>>,
    rows: Vec<Option<usize>>,
}

impl Batch {
    fn empty() -> Self {
        Self {
            ids: vec![None; PADDING],
            rows: vec![None; PADDING],
        }
    }

    /// Distributes `sequences`, in order, over batches of about [`BUDGET`] tokens.
    pub(super) fn pack(sequences: Vec<Sequence>) -> Vec<Self> {
        let mut batches: Vec<Self> = Vec::new();
        for sequence in sequences.into_iter().flat_map(Sequence::stretches) {
            match batches.last_mut() {
                Some(batch) if batch.ids.len() + sequence.ids.len() <= BUDGET => batch.push(sequence),
                _ => {
                    let mut batch = Self::empty();
                    batch.push(sequence);
                    batches.push(batch);
                }
            }
        }
        batches
    }

    fn push(&mut self, sequence: Sequence) {
        self.ids
            .extend(sequence.ids.into_iter().map(Some).chain([None; PADDING]));
        self.rows.extend(sequence.rows.into_iter().chain([None; PADDING]));
    }

    /// The piece at each place, or none in the padding.
    pub(super) fn ids(&self) -> &[Option<u32>] {
        &self.ids
    }

    /// For each place the row that its features count towards; none in the padding and for mere context.
    pub(super) fn rows(&self) -> &[Option<usize>] {
        &self.rows
    }
}

/// Sums of features by row.
#[derive(Debug)]
pub(super) struct Partial {
    rows: Vec<usize>,
    /// One sum of width `width` for each of `rows`.
    sums: Vec<f32>,
    width: usize,
}

impl Partial {
    pub(super) fn new(width: usize) -> Self {
        Self {
            rows: Vec::new(),
            sums: Vec::new(),
            width,
        }
    }

    /// Adds a token's features. Tokens of one row come one after another.
    #[inline(always)]
    pub(super) fn add(&mut self, row: usize, features: &[f32]) {
        if self.rows.last() == Some(&row) {
            let last = self.sums.len() - self.width;
            add(&mut self.sums[last..], features);
        } else {
            self.rows.push(row);
            self.sums.extend_from_slice(features);
        }
    }

    /// Adds each row to its place in `sums`.
    pub(super) fn add_to(&self, sums: &mut [f32]) {
        for (&row, partial) in self.rows.iter().zip(self.sums.chunks_exact(self.width)) {
            add(&mut sums[row * self.width..(row + 1) * self.width], partial);
        }
    }
}

/// Adds `term` to `sum`, element by element.
#[inline(always)]
pub(super) fn add(sum: &mut [f32], term: &[f32]) {
    for (sum, term) in sum.iter_mut().zip(term) {
        *sum += term;
    }
}
