//! Training an adapter on beads that are believed to be right, and proving that it helps before it is used.

use candle_core::{DType, Device, Tensor};

use super::objective::{Margin, Masks, Positive, gradient};
use crate::embed::Vectors;
use crate::monitor::{Cancelled, Monitor};
use crate::space::{Adapter, normalise, tensor};

/// How to train. The defaults held up on development pairs in languages known and unknown to the encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The loss.
    pub loss: Margin,
    /// Gradient steps.
    pub steps: usize,
    /// Learning rate of Adam (Kingma and Ba 2015); small, so that the maps stay near the identity.
    pub rate: f64,
    /// Share of its distance to the identity that a map loses at each step.
    pub decay: f64,
    /// Every so-manieth positive is kept out of training and judges the result.
    pub held_out_every: usize,
    /// Fewer positives than this teach nothing that can be trusted.
    pub fewest: usize,
    /// Rows of a side that take part at most; larger documents are thinned evenly.
    pub budget: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            loss: Margin::default(),
            steps: 40,
            rate: 2e-4,
            decay: 1e-3,
            held_out_every: 4,
            fewest: 24,
            budget: 2000,
        }
    }
}

/// What a training run did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Positives trained on.
    pub positives: usize,
    /// Positives kept out to judge by.
    pub held_out: usize,
    /// Ranking accuracy on the held-out positives before training, mean of both directions, 0 to 1.
    pub before: f32,
    /// The same with the adapter that is returned.
    pub after: f32,
    /// Loss before each step.
    pub losses: Vec<f32>,
    /// How much of the learned change is used, 0 (dropped) to 1.
    pub strength: f32,
}

/// Why training ended without an adapter.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Nobody waits for it any more.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The tensor library refused.
    #[error("the adapter could not be trained: {0}")]
    Compute(#[from] candle_core::Error),
}

/// Trains on top of `start`. Row numbers of `positives` refer to `source` and `target`; every row of either side is a
/// candidate. The adapter that comes back is never worse than `start` on the positives kept out: the learned change is
/// scaled back, down to nothing, until both their ranking accuracy and their loss say so.
///
/// # Errors
/// [`TrainError::Cancelled`], when the monitor says so.
pub fn train(
    start: &Adapter,
    source: &Vectors,
    target: &Vectors,
    positives: &[Positive],
    settings: &Settings,
    monitor: &mut dyn Monitor,
) -> Result<(Adapter, Report), TrainError> {
    let positives = thin(positives, settings.budget);
    if positives.len() < settings.fewest {
        return Ok((
            start.clone(),
            Report {
                positives: positives.len(),
                ..Report::default()
            },
        ));
    }
    let (x, x_rows) = candidates(
        &start.source.apply(source)?,
        positives.iter().map(|p| p.source),
        settings.budget,
    )?;
    let (y, y_rows) = candidates(
        &start.target.apply(target)?,
        positives.iter().map(|p| p.target),
        settings.budget,
    )?;
    let positives: Vec<Positive> = positives.iter().filter_map(|p| renumber(p, &x_rows, &y_rows)).collect();
    let masks = near_duplicates(&x, &y, &positives, settings.loss.duplicate)?;
    let (training, held_out) = Known { positives, masks }.split(settings.held_out_every);
    let (change, losses) = descend(&x, &y, &training, settings, monitor)?;
    let before = judge(&x, &y, &held_out, settings.loss)?;
    let (strength, verdict) = strongest_that_helps(&x, &y, &change, &held_out, before, settings.loss)?;
    let adapter = Adapter {
        source: start.source.then(&plus_identity(&change.source, strength)?)?,
        target: start.target.then(&plus_identity(&change.target, strength)?)?,
    };
    let report = Report {
        positives: training.positives.len(),
        held_out: held_out.positives.len(),
        before: before.accuracy,
        after: verdict.accuracy,
        losses,
        strength,
    };
    Ok((adapter, report))
}

/// Known pairs and which candidates are no negatives of theirs.
struct Known {
    positives: Vec<Positive>,
    masks: Masks,
}

impl Known {
    /// Pairs to train on, and pairs to judge by.
    fn split(self, every: usize) -> (Self, Self) {
        let part = |kept: &dyn Fn(usize) -> bool| {
            let chosen: Vec<usize> = (0..self.positives.len()).filter(|&index| kept(index)).collect();
            let pick = |lists: &[Vec<usize>]| chosen.iter().map(|&index| lists[index].clone()).collect();
            Self {
                positives: chosen.iter().map(|&index| self.positives[index]).collect(),
                masks: Masks {
                    targets: pick(&self.masks.targets),
                    sources: pick(&self.masks.sources),
                },
            }
        };
        (
            part(&|index| index % every != every / 2),
            part(&|index| index % every == every / 2),
        )
    }
}

/// What is added to the identity on either side: two d x d matrices.
struct Change {
    source: Tensor,
    target: Tensor,
}

/// How well the held-out pairs fare.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Verdict {
    accuracy: f32,
    loss: f32,
}

fn thin<T: Copy>(items: &[T], budget: usize) -> Vec<T> {
    let step = items.len().div_ceil(budget.max(1)).max(1);
    items.iter().copied().step_by(step).collect()
}

/// Rows that take part: all that `needed` names, and others evenly up to the budget. Returns them and their numbers.
fn candidates(
    vectors: &Vectors,
    needed: impl Iterator<Item = usize>,
    budget: usize,
) -> Result<(Tensor, Vec<usize>), candle_core::Error> {
    let mut rows: Vec<usize> = needed.collect();
    rows.extend(thin(&(0..vectors.len()).collect::<Vec<_>>(), budget));
    rows.sort_unstable();
    rows.dedup();
    let data: Vec<f32> = rows.iter().flat_map(|&row| vectors.row(row)).copied().collect();
    Ok((tensor(&data, vectors.dimension())?, rows))
}

fn renumber(positive: &Positive, sources: &[usize], targets: &[usize]) -> Option<Positive> {
    let source = sources.binary_search(&positive.source).ok()?;
    let target = targets.binary_search(&positive.target).ok()?;
    Some(Positive {
        source,
        target,
        ..*positive
    })
}

fn near_duplicates(x: &Tensor, y: &Tensor, known: &[Positive], limit: f32) -> Result<Masks, candle_core::Error> {
    let close = |rows: &Tensor, chosen: Vec<u32>| -> Result<Vec<Vec<usize>>, candle_core::Error> {
        let count = chosen.len();
        let chosen = rows.index_select(&Tensor::from_vec(chosen, count, &Device::Cpu)?, 0)?;
        let cosines: Vec<Vec<f32>> = chosen.matmul(&rows.t()?)?.to_vec2()?;
        let above = |row: &Vec<f32>| {
            row.iter()
                .enumerate()
                .filter(|&(_, &c)| c > limit)
                .map(|(k, _)| k)
                .collect()
        };
        Ok(cosines.iter().map(above).collect())
    };
    Ok(Masks {
        targets: close(y, known.iter().map(|p| p.target as u32).collect())?,
        sources: close(x, known.iter().map(|p| p.source as u32).collect())?,
    })
}

fn moved(rows: &Tensor, change: &Tensor) -> Result<(Tensor, Tensor), candle_core::Error> {
    normalise(&(rows + rows.matmul(change)?)?)
}

fn descend(
    x: &Tensor,
    y: &Tensor,
    known: &Known,
    settings: &Settings,
    monitor: &mut dyn Monitor,
) -> Result<(Change, Vec<f32>), TrainError> {
    let width = x.dim(1)?;
    let mut source = Adam::new(width, settings)?;
    let mut target = Adam::new(width, settings)?;
    let mut losses = Vec::with_capacity(settings.steps);
    for step in 0..settings.steps {
        monitor.report(step, settings.steps)?;
        let (u, u_lengths) = moved(x, &source.value)?;
        let (v, v_lengths) = moved(y, &target.value)?;
        let slope = gradient(&u, &v, &known.positives, &known.masks, settings.loss)?;
        losses.push(slope.loss);
        source.step(&x.t()?.matmul(&before_normalising(&slope.source, &u, &u_lengths)?)?)?;
        target.step(&y.t()?.matmul(&before_normalising(&slope.target, &v, &v_lengths)?)?)?;
    }
    Ok((
        Change {
            source: source.value,
            target: target.value,
        },
        losses,
    ))
}

/// The slope with respect to `z`, given that with respect to `unit = z / |z|`.
fn before_normalising(slope: &Tensor, unit: &Tensor, lengths: &Tensor) -> Result<Tensor, candle_core::Error> {
    let along = (slope * unit)?.sum_keepdim(1)?;
    (slope - unit.broadcast_mul(&along)?)?.broadcast_div(lengths)
}

/// Adam with decoupled decay toward zero, which is the identity map.
struct Adam {
    value: Tensor,
    mean: Tensor,
    square: Tensor,
    steps: i32,
    rate: f64,
    decay: f64,
}

impl Adam {
    fn new(width: usize, settings: &Settings) -> Result<Self, candle_core::Error> {
        let zeros = Tensor::zeros((width, width), DType::F32, &Device::Cpu)?;
        Ok(Self {
            value: zeros.clone(),
            mean: zeros.clone(),
            square: zeros,
            steps: 0,
            rate: settings.rate,
            decay: settings.decay,
        })
    }

    fn step(&mut self, slope: &Tensor) -> Result<(), candle_core::Error> {
        const MEAN: f64 = 0.9;
        const SQUARE: f64 = 0.999;
        self.steps += 1;
        self.mean = ((&self.mean * MEAN)? + (slope * (1.0 - MEAN))?)?;
        self.square = ((&self.square * SQUARE)? + (slope.sqr()? * (1.0 - SQUARE))?)?;
        let mean = (&self.mean / (1.0 - MEAN.powi(self.steps)))?;
        let size = ((&self.square / (1.0 - SQUARE.powi(self.steps)))?.sqrt()? + 1e-8)?;
        self.value = ((&self.value * (1.0 - self.decay))? - ((mean / size)? * self.rate)?)?;
        Ok(())
    }
}

fn judge(u: &Tensor, v: &Tensor, known: &Known, loss: Margin) -> Result<Verdict, candle_core::Error> {
    let scores = u.matmul(&v.t()?)?;
    let best_target: Vec<u32> = scores.argmax(1)?.to_vec1()?;
    let best_source: Vec<u32> = scores.argmax(0)?.to_vec1()?;
    let masks = &known.masks;
    let hit = |best: u32, truth: usize, same: &[usize]| best as usize == truth || same.contains(&(best as usize));
    let there = known
        .positives
        .iter()
        .zip(&masks.targets)
        .filter(|(p, same)| hit(best_target[p.source], p.target, same));
    let back = known
        .positives
        .iter()
        .zip(&masks.sources)
        .filter(|(p, same)| hit(best_source[p.target], p.source, same));
    let accuracy = (there.count() + back.count()) as f32 / (2 * known.positives.len()).max(1) as f32;
    Ok(Verdict {
        accuracy,
        loss: gradient(u, v, &known.positives, masks, loss)?.loss,
    })
}

fn strongest_that_helps(
    x: &Tensor,
    y: &Tensor,
    change: &Change,
    held_out: &Known,
    before: Verdict,
    loss: Margin,
) -> Result<(f32, Verdict), candle_core::Error> {
    let mut best = (0.0, before);
    for strength in [1.0_f32, 0.5, 0.25] {
        let (u, _) = moved(x, &(&change.source * f64::from(strength))?)?;
        let (v, _) = moved(y, &(&change.target * f64::from(strength))?)?;
        let verdict = judge(&u, &v, held_out, loss)?;
        let helps = verdict.accuracy >= best.1.accuracy && verdict.loss < best.1.loss;
        if helps || (verdict.accuracy > best.1.accuracy && verdict.loss < before.loss) {
            best = (strength, verdict);
        }
    }
    Ok(best)
}

fn plus_identity(change: &Tensor, strength: f32) -> Result<Tensor, candle_core::Error> {
    Tensor::eye(change.dim(0)?, DType::F32, &Device::Cpu)? + (change * f64::from(strength))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 16;

    struct Noise(u32);

    impl Noise {
        fn next(&mut self) -> f32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
        }
    }

    fn unit(rows: Vec<Vec<f32>>) -> Vectors {
        let flat: Vec<f32> = rows.into_iter().flatten().collect();
        let unit = normalise(&tensor(&flat, WIDTH).unwrap()).unwrap().0;
        Vectors::new(WIDTH, unit.flatten_all().unwrap().to_vec1().unwrap())
    }

    /// Targets are sources turned by a fixed rotation of coordinate pairs, with `noise`: what an encoder that never
    /// saw the language might give.
    fn turned(count: usize, angle: f32, noise: f32) -> (Vectors, Vectors, Vec<Positive>) {
        let mut random = Noise(42);
        let sources: Vec<Vec<f32>> = (0..count)
            .map(|_| (0..WIDTH).map(|_| random.next()).collect())
            .collect();
        let turn = |row: &Vec<f32>, random: &mut Noise| {
            let pairs = row.chunks(2).flat_map(|p| {
                [
                    p[0] * angle.cos() - p[1] * angle.sin(),
                    p[0] * angle.sin() + p[1] * angle.cos(),
                ]
            });
            pairs.map(|value| value + noise * random.next()).collect()
        };
        let targets = sources.iter().map(|row| turn(row, &mut random)).collect();
        let positives = (0..count)
            .map(|k| Positive {
                source: k,
                target: k,
                weight: 1.0,
            })
            .collect();
        (unit(sources), unit(targets), positives)
    }

    fn settings() -> Settings {
        Settings {
            steps: 120,
            rate: 1e-2,
            ..Settings::default()
        }
    }

    #[test]
    fn a_turned_space_is_learned_and_pairs_kept_out_rank_better() {
        let (source, target, positives) = turned(160, 1.2, 0.1);
        let start = Adapter::identity(WIDTH);
        let (adapter, report) = train(&start, &source, &target, &positives, &settings(), &mut ()).unwrap();
        assert!(report.after > report.before + 0.2, "{report:?}");
        assert!(report.losses.last() < report.losses.first());
        let (u, v) = (
            adapter.source.apply(&source).unwrap(),
            adapter.target.apply(&target).unwrap(),
        );
        assert!(crate::rank::cosine(u.row(0), v.row(0)) > crate::rank::cosine(source.row(0), target.row(0)));
    }

    #[test]
    fn wrong_pairs_teach_nothing() {
        let (source, target, mut positives) = turned(120, 0.0, 0.05);
        // Partners drawn at random: whatever training makes of them fails on the pairs kept out.
        let mut random = Noise(7);
        for positive in &mut positives {
            positive.target = ((random.next() + 1.0) * 59.9) as usize;
        }
        let start = Adapter::identity(WIDTH);
        let (adapter, report) = train(&start, &source, &target, &positives, &settings(), &mut ()).unwrap();
        assert!(report.after >= report.before);
        if report.strength == 0.0 {
            assert_eq!(adapter, start);
        }
    }

    #[test]
    fn a_few_pairs_leave_the_encoder_alone() {
        let (source, target, positives) = turned(40, 1.0, 0.1);
        let start = Adapter::identity(WIDTH);
        let (adapter, report) = train(&start, &source, &target, &positives[..10], &settings(), &mut ()).unwrap();
        assert_eq!((adapter, report.held_out), (start, 0));
    }

    #[test]
    fn training_twice_gives_the_same_adapter() {
        let (source, target, positives) = turned(100, 0.7, 0.2);
        let start = Adapter::identity(WIDTH);
        let once = || train(&start, &source, &target, &positives, &settings(), &mut ()).unwrap();
        assert_eq!(once(), once());
    }
}
