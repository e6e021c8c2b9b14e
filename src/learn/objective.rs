//! The additive-margin translation-ranking loss and its gradient, in both directions.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

/// A pair that the maps shall learn to rank first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Positive {
    /// Row of the source vectors.
    pub source: usize,
    /// Row of the target vectors.
    pub target: usize,
    /// Weight in the loss; 1 is the usual, more for what a person confirmed.
    pub weight: f32,
}

/// Scale, margin and masking of the loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    /// `m`: taken off the true pair's cosine only.
    pub margin: f32,
    /// `a`: what cosines are multiplied by before the softmax.
    pub scale: f32,
    /// A candidate at least this similar to the positive on its own side is no negative: sentences repeat.
    pub duplicate: f32,
}

impl Default for Margin {
    fn default() -> Self {
        Self {
            margin: 0.2,
            scale: 20.0,
            duplicate: 0.97,
        }
    }
}

/// Loss and its gradient with respect to the unit vectors.
#[derive(Debug, Clone)]
pub struct Gradient {
    /// `(L + L') / total weight`.
    pub loss: f32,
    /// Shape of the source vectors.
    pub source: Tensor,
    /// Shape of the target vectors.
    pub target: Tensor,
}

/// Which candidates are no negatives of a positive, since they say the same: for each positive, the rows of the other
/// side's candidates that nearly equal its own partner there.
#[derive(Debug, Clone, Default)]
pub struct Masks {
    /// For every positive, target rows to leave out when its source ranks the targets.
    pub targets: Vec<Vec<usize>>,
    /// For every positive, source rows to leave out when its target ranks the sources.
    pub sources: Vec<Vec<usize>>,
}

/// Computes the loss at unit vectors `u` (n x d) and `v` (m x d).
///
/// # Errors
/// When the tensor library refuses.
pub fn gradient(
    u: &Tensor,
    v: &Tensor,
    positives: &[Positive],
    masks: &Masks,
    settings: Margin,
) -> Result<Gradient, candle_core::Error> {
    let (n, m) = (u.dim(0)?, v.dim(0)?);
    let scores = u.matmul(&v.t()?)?;
    let total = positives
        .iter()
        .map(|positive| positive.weight)
        .sum::<f32>()
        .max(f32::MIN_POSITIVE);
    let queries = |ends: fn(&Positive) -> (usize, usize)| -> Vec<Query> {
        let query = |positive: &Positive| {
            let (row, truth) = ends(positive);
            let weight = positive.weight / total;
            Query { row, truth, weight }
        };
        positives.iter().map(query).collect()
    };
    let there = queries(|positive| (positive.source, positive.target));
    let back = queries(|positive| (positive.target, positive.source));
    let (loss, forward) = direction(&rows(&scores)?, m, &there, &masks.targets, settings);
    let (loss_back, backward) = direction(&rows(&scores.t()?)?, n, &back, &masks.sources, settings);
    let forward = Tensor::from_vec(forward, (n, m), &Device::Cpu)?;
    let backward = Tensor::from_vec(backward, (m, n), &Device::Cpu)?;
    let slope = (forward + backward.t()?)?;
    Ok(Gradient {
        loss: loss + loss_back,
        source: slope.matmul(v)?,
        target: slope.t()?.matmul(u)?,
    })
}

/// One ranking: `row` asks, `truth` is the candidate that must win.
struct Query {
    row: usize,
    truth: usize,
    weight: f32,
}

fn rows(scores: &Tensor) -> Result<Vec<f32>, candle_core::Error> {
    scores.contiguous()?.flatten_all()?.to_vec1()
}

/// Loss of one direction and its derivative with respect to the cosines (rows x `width`).
fn direction(
    scores: &[f32],
    width: usize,
    queries: &[Query],
    masks: &[Vec<usize>],
    settings: Margin,
) -> (f32, Vec<f32>) {
    let answers: Vec<(f32, Vec<f32>)> = queries
        .par_iter()
        .zip(masks)
        .map(|(query, mask)| {
            softmax(
                &scores[query.row * width..(query.row + 1) * width],
                query,
                mask,
                settings,
            )
        })
        .collect();
    let mut slope = vec![0.0; scores.len()];
    let mut loss = 0.0;
    for (query, (part, derivative)) in queries.iter().zip(answers) {
        loss += part;
        let row = &mut slope[query.row * width..(query.row + 1) * width];
        row.iter_mut().zip(derivative).for_each(|(cell, d)| *cell += d);
    }
    (loss, slope)
}

/// Loss of one query, and its derivative with respect to the row's cosines.
fn softmax(row: &[f32], query: &Query, mask: &[usize], settings: Margin) -> (f32, Vec<f32>) {
    let mut logits: Vec<f32> = row.iter().map(|cosine| settings.scale * cosine).collect();
    logits[query.truth] -= settings.scale * settings.margin;
    for &other in mask.iter().filter(|&&other| other != query.truth) {
        logits[other] = f32::NEG_INFINITY;
    }
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let truth = logits[query.truth];
    for logit in &mut logits {
        *logit = (*logit - highest).exp();
    }
    let sum: f32 = logits.iter().sum();
    let loss = query.weight * (sum.ln() + highest - truth);
    let factor = query.weight * settings.scale;
    for logit in &mut logits {
        *logit *= factor / sum;
    }
    logits[query.truth] -= factor;
    (loss, logits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::normalise;

    fn unit(rows: usize, width: usize, seed: u32) -> Tensor {
        let mut state = seed;
        let data: Vec<f32> = (0..rows * width)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 23) as f32 - 1.0
            })
            .collect();
        normalise(&Tensor::from_vec(data, (rows, width), &Device::Cpu).unwrap())
            .unwrap()
            .0
    }

    fn positives() -> Vec<Positive> {
        vec![
            Positive {
                source: 0,
                target: 1,
                weight: 1.0,
            },
            Positive {
                source: 2,
                target: 0,
                weight: 3.0,
            },
            Positive {
                source: 3,
                target: 4,
                weight: 1.0,
            },
        ]
    }

    fn no_masks() -> Masks {
        Masks {
            targets: vec![vec![]; 3],
            sources: vec![vec![]; 3],
        }
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let (u, v) = (unit(4, 6, 1), unit(5, 6, 2));
        let masks = Masks {
            targets: vec![vec![2], vec![], vec![0, 4]],
            sources: vec![vec![3], vec![1], vec![]],
        };
        let settings = Margin {
            scale: 5.0,
            ..Margin::default()
        };
        let at = |u: &Tensor, v: &Tensor| gradient(u, v, &positives(), &masks, settings).unwrap();
        let exact = at(&u, &v);
        let step = 1e-2_f32;
        for (which, analytic) in [(0, &exact.source), (1, &exact.target)] {
            let analytic: Vec<f32> = analytic.flatten_all().unwrap().to_vec1().unwrap();
            for (place, expected) in analytic.iter().enumerate() {
                let moved = |by: f32| {
                    let base = if which == 0 { &u } else { &v };
                    let mut data: Vec<f32> = base.flatten_all().unwrap().to_vec1().unwrap();
                    data[place] += by;
                    let moved = Tensor::from_vec(data, base.shape(), &Device::Cpu).unwrap();
                    if which == 0 {
                        at(&moved, &v).loss
                    } else {
                        at(&u, &moved).loss
                    }
                };
                let numeric = (moved(step) - moved(-step)) / (2.0 * step);
                assert!(
                    (numeric - expected).abs() < 5e-3,
                    "{which}/{place}: {numeric} against {expected}"
                );
            }
        }
    }

    #[test]
    fn a_larger_margin_asks_for_more() {
        let (u, v) = (unit(4, 6, 1), unit(5, 6, 2));
        let loss = |margin| {
            let settings = Margin {
                margin,
                ..Margin::default()
            };
            gradient(&u, &v, &positives(), &no_masks(), settings).unwrap().loss
        };
        assert!(loss(0.3) > loss(0.1));
    }

    #[test]
    fn without_margin_the_loss_is_the_ranking_probability() {
        let (u, v) = (unit(2, 3, 5), unit(2, 3, 6));
        let positives = [Positive {
            source: 1,
            target: 0,
            weight: 1.0,
        }];
        let settings = Margin {
            margin: 0.0,
            scale: 1.0,
            duplicate: 1.0,
        };
        let masks = Masks {
            targets: vec![vec![]],
            sources: vec![vec![]],
        };
        let loss = gradient(&u, &v, &positives, &masks, settings).unwrap().loss;
        let s: Vec<Vec<f32>> = u.matmul(&v.t().unwrap()).unwrap().to_vec2().unwrap();
        let forward = s[1][0].exp() / (s[1][0].exp() + s[1][1].exp());
        let backward = s[1][0].exp() / (s[1][0].exp() + s[0][0].exp());
        assert!((loss + forward.ln() + backward.ln()).abs() < 1e-5);
    }

    #[test]
    fn a_repeated_sentence_is_not_punished() {
        let u = unit(1, 4, 3);
        let v = Tensor::cat(&[&u, &u, &unit(1, 4, 9)], 0).unwrap();
        let positives = [Positive {
            source: 0,
            target: 0,
            weight: 1.0,
        }];
        let masked = Masks {
            targets: vec![vec![1]],
            sources: vec![vec![]],
        };
        let open = Masks {
            targets: vec![vec![]],
            sources: vec![vec![]],
        };
        let with = gradient(&u, &v, &positives, &masked, Margin::default()).unwrap();
        let without = gradient(&u, &v, &positives, &open, Margin::default()).unwrap();
        assert!(with.loss < without.loss);
        let pushed: Vec<Vec<f32>> = with.target.to_vec2().unwrap();
        assert!(pushed[1].iter().all(|slope| slope.abs() < 1e-6));
    }
}
