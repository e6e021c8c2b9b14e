//! What the closeness of two segments means in a pair, against chance.
//!
//! How close two segments are is compared with the 4 nearest known segments of either (Artetxe and Schwenk 2019, their
//! difference in place of the ratio): `e(i, j) = c(i, j) - (near(i) + near(j)) / 2`. What that means the pair itself tells.
//! Of K beads of one segment a side that are known, the partners have margins of mean `a` and deviation `s`. The best wrong
//! partners, each the best of K, have mean `b` and deviation `t`; being extremes they follow a Gumbel distribution, of scale
//! `g = t sqrt(6) / pi`. Its upper tail against the middle of the partners' normal distribution gives the log odds
//!
//! ```text
//! odds(i, j) = (e(i, j) - b) / g + 0.577 + ln(g / (s sqrt(2 pi)))
//! ```

use std::f32::consts::PI;

use rayon::prelude::*;

use super::closeness::Closeness;
use crate::rank::NEIGHBOURS;

/// The Euler-Mascheroni constant: mean of the standard Gumbel distribution.
const EULER: f32 = 0.577_215_7;

/// Mean of the largest values.
pub(super) fn nearest(values: impl Iterator<Item = f32>) -> f32 {
    let mut best = [f32::NEG_INFINITY; NEIGHBOURS];
    for mut value in values {
        for kept in &mut best {
            if value > *kept {
                std::mem::swap(kept, &mut value);
            }
        }
    }
    best.iter().sum::<f32>() / NEIGHBOURS as f32
}

/// What margins mean in this pair.
pub(super) struct Scale {
    /// Mean margin of the best wrong partners.
    wrong: f32,
    /// Scale of their distribution.
    spread: f32,
    /// Log odds at their mean.
    bias: f32,
}

impl Scale {
    /// From the rows and columns of known pairs; nothing where their partners do not stand out.
    pub(super) fn learn(closeness: &Closeness, (rows, columns): &(Vec<usize>, Vec<usize>)) -> Option<Self> {
        let count = rows.len();
        let cell = |k: usize, l: usize| closeness.of(rows[k], columns[l]);
        let others = |k: usize| (0..count).filter(move |&l| l != k);
        let near_row: Vec<f32> = (0..count)
            .into_par_iter()
            .map(|k| nearest(others(k).map(|l| cell(k, l))))
            .collect();
        let near_column: Vec<f32> = (0..count)
            .into_par_iter()
            .map(|l| nearest(others(l).map(|k| cell(k, l))))
            .collect();
        let margin = |k: usize, l: usize| cell(k, l) - f32::midpoint(near_row[k], near_column[l]);
        let right: Vec<f32> = (0..count).map(|k| margin(k, k)).collect();
        let best_wrong = |k: usize| others(k).map(|l| margin(k, l)).fold(f32::NEG_INFINITY, f32::max);
        let wrong: Vec<f32> = (0..count).into_par_iter().map(best_wrong).collect();
        let (right, wrong) = (moments(&right), moments(&wrong));
        let deviation = right.1.sqrt().max(1e-3);
        let spread = (wrong.1.sqrt() * 6.0_f32.sqrt() / PI).max(1e-3);
        (right.0 > wrong.0).then(|| Self {
            wrong: wrong.0,
            spread,
            bias: EULER + (spread / (deviation * (2.0 * PI).sqrt())).ln(),
        })
    }

    /// Log odds of a margin.
    pub(super) fn odds(&self, margin: f32) -> f32 {
        (margin - self.wrong) / self.spread + self.bias
    }
}

/// Mean and variance.
fn moments(values: &[f32]) -> (f32, f32) {
    let count = values.len() as f32;
    let mean = values.iter().sum::<f32>() / count;
    (
        mean,
        values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count,
    )
}
