//! What the first pass tells about a pair of documents before the second looks closer.

use super::band::Band;
use super::lattice::Edge;
use super::length::LengthModel;
use super::lexicon::Lexicon;
use super::pair::Pair;
use super::tokens::Ending;

/// Posterior from which a bead of the first pass counts as known.
const KNOWN: f32 = 0.8;
/// Pseudo-counts of the endings' table.
const ENDING_PRIOR: f32 = 1.0;

/// Statistics of one pair, estimated from the first pass.
pub(crate) struct Survey {
    pub(crate) length: LengthModel,
    pub(crate) lexicon: Lexicon,
    /// How much better, in cosine, segments fit their partners than the partners' neighbours do.
    pub(crate) contrast: f32,
    /// Log odds that segments with these endings are the last ones of one bead, by source and target ending.
    endings: [[f32; Ending::COUNT]; Ending::COUNT],
}

impl Survey {
    /// Reads the statistics off a best path and the posteriors of its edges.
    pub(crate) fn new((pair, band): (&Pair, &Band), path: &[Edge], posteriors: &[f32]) -> Self {
        let matches: Vec<(Edge, f32)> = std::iter::zip(path, posteriors)
            .filter(|(edge, _)| !edge.shape.is_null())
            .map(|(&edge, &posterior)| (edge, posterior))
            .collect();
        let lengths: Vec<(f32, f32)> = matches
            .iter()
            .filter(|(_, posterior)| *posterior > KNOWN)
            .map(|(edge, _)| edge.runs())
            .map(|(x, y)| (pair.source.length(&x), pair.target.length(&y)))
            .collect();
        Self {
            length: LengthModel::of_pairs(&lengths, pair.length),
            lexicon: Lexicon::learn(pair, path),
            contrast: contrast(band, &matches, pair.target.len()),
            endings: endings(pair, &matches),
        }
    }

    /// Log odds of two segments' endings.
    pub(crate) fn ending(&self, source: Ending, target: Ending) -> f32 {
        self.endings[source as usize][target as usize]
    }
}

/// How much higher the cosine of known partners is than those with the partners' neighbours, in the mean.
fn contrast(band: &Band, matches: &[(Edge, f32)], m: usize) -> f32 {
    let known = matches.iter().filter(|(_, posterior)| *posterior > KNOWN);
    let pairs = known
        .map(|(edge, _)| edge.runs())
        .filter(|(x, y)| x.len() == 1 && y.len() == 1);
    let (mut sum, mut count) = (0.0, 0.0_f32);
    for (x, y) in pairs {
        let here = band.cosine(&x, &y);
        let beside = [y.start.checked_sub(1), Some(y.end).filter(|&j| j < m)];
        for j in beside.into_iter().flatten() {
            sum += here - band.cosine(&x, &(j..j + 1));
            count += 1.0;
        }
    }
    sum / count.max(1.0)
}

/// Pointwise mutual information of the endings of matched runs, with a prior for equal ones.
fn endings(pair: &Pair, matches: &[(Edge, f32)]) -> [[f32; Ending::COUNT]; Ending::COUNT] {
    let mut joint = [[0.0_f32; Ending::COUNT]; Ending::COUNT];
    for (kind, row) in joint.iter_mut().enumerate() {
        row.fill(ENDING_PRIOR / 10.0);
        row[kind] = ENDING_PRIOR;
    }
    for (edge, posterior) in matches {
        let (x, y) = edge.runs();
        let (source, target) = (&pair.source.tokens[x.end - 1], &pair.target.tokens[y.end - 1]);
        joint[source.ending as usize][target.ending as usize] += posterior;
    }
    let total: f32 = joint.iter().flatten().sum();
    let rows = joint.map(|row| row.iter().sum::<f32>());
    let mut columns = [0.0; Ending::COUNT];
    joint
        .iter()
        .for_each(|row| columns.iter_mut().zip(row).for_each(|(sum, value)| *sum += value));
    let mut odds = joint;
    for (row, &sum) in odds.iter_mut().zip(&rows) {
        for (value, &column) in row.iter_mut().zip(&columns) {
            *value = (*value * total / (sum * column)).ln().clamp(-3.0, 3.0);
        }
    }
    odds
}
