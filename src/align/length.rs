//! How long a translation is, given its original (Gale and Church 1993, §3).

use super::tokens::Tokens;

/// Ratio and spread of lengths in one pair of documents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LengthModel {
    /// Target bytes for one source byte.
    pub(crate) ratio: f32,
    /// Standard deviation of `(y - ratio x) / sqrt((y + ratio x) / 2)`.
    pub(crate) deviation: f32,
}

/// Deviation before anything of the pair is known; the order of magnitude is that of related languages.
const DEVIATION: f32 = 3.5;
/// Variance of a normal variable without its widest tenth.
const TRIMMED: f32 = 0.62;
/// Beads' worth of belief in [`DEVIATION`].
const PRIOR: f32 = 10.0;

impl LengthModel {
    /// Takes the ratio from the whole documents.
    pub(crate) fn of_documents(source: &[Tokens], target: &[Tokens]) -> Self {
        let total = |side: &[Tokens]| side.iter().map(|tokens| tokens.length).sum::<f32>().max(1.0);
        Self {
            ratio: total(target) / total(source),
            deviation: DEVIATION,
        }
    }

    /// Takes both from pairs of lengths that are likely translations. The widest tenth is left out of the spread: it
    /// holds the wrong pairs.
    pub(crate) fn of_pairs(pairs: &[(f32, f32)], otherwise: Self) -> Self {
        let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0, y + pair.1));
        if pairs.len() < 8 || x <= 0.0 || y <= 0.0 {
            return otherwise;
        }
        let model = Self {
            ratio: y / x,
            deviation: 1.0,
        };
        let mut squares: Vec<f32> = pairs.iter().map(|&(x, y)| model.z(x, y).powi(2)).collect();
        squares.sort_by(f32::total_cmp);
        squares.truncate((squares.len() * 9).div_ceil(10));
        let variance = squares.iter().sum::<f32>() / TRIMMED;
        let deviation = ((variance + PRIOR * DEVIATION.powi(2)) / (squares.len() as f32 + PRIOR)).sqrt();
        Self {
            ratio: model.ratio,
            deviation,
        }
    }

    /// Difference of the lengths in standard deviations.
    pub(crate) fn z(self, x: f32, y: f32) -> f32 {
        let x = self.ratio * x;
        (y - x) / (f32::midpoint(x, y) + 1.0).sqrt() / self.deviation
    }

    /// Shorter length over longer one, 0 to 1, the source brought to the target's scale.
    pub(crate) fn proportion(self, x: f32, y: f32) -> f32 {
        let x = self.ratio * x;
        x.min(y) / x.max(y).max(1.0)
    }
}
