//! Limited-memory BFGS (Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4) for a smooth convex function.

use std::collections::VecDeque;

/// Curvature pairs kept.
const MEMORY: usize = 10;
/// Fraction of the predicted decrease that a step has to bring (Armijo).
const SUFFICIENT: f64 = 1e-4;
/// Relative decrease below which the search ends.
const TOLERANCE: f64 = 1e-7;

/// Minimises `function`, which gives its value at a point and writes the gradient there, starting from `start`.
pub(crate) fn minimise(
    start: Vec<f64>,
    iterations: usize,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut point = start;
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(&point, &mut gradient);
    let mut pairs = VecDeque::new();
    for _ in 0..iterations {
        let direction = direction(&gradient, &pairs);
        let slope = dot(&direction, &gradient);
        if slope > -1e-12 {
            break;
        }
        let mut step = if pairs.is_empty() {
            1.0 / dot(&gradient, &gradient).sqrt().max(1.0)
        } else {
            1.0
        };
        let mut next_gradient = vec![0.0; point.len()];
        let (next, next_value) = loop {
            let next: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + step * d).collect();
            let next_value = function(&next, &mut next_gradient);
            if next_value <= value + SUFFICIENT * step * slope {
                break (next, next_value);
            }
            step *= 0.5;
            if step < 1e-12 {
                return point;
            }
        };
        remember(
            &mut pairs,
            difference(&next, &point),
            difference(&next_gradient, &gradient),
        );
        let decrease = value - next_value;
        (point, gradient, value) = (next, next_gradient, next_value);
        if decrease < TOLERANCE * value.abs().max(1.0) {
            break;
        }
    }
    point
}

/// A step and the change of gradient along it.
type Pair = (Vec<f64>, Vec<f64>);

fn remember(pairs: &mut VecDeque<Pair>, step: Vec<f64>, change: Vec<f64>) {
    if dot(&step, &change) <= 1e-10 * dot(&change, &change) {
        return;
    }
    if pairs.len() == MEMORY {
        pairs.pop_front();
    }
    pairs.push_back((step, change));
}

/// Two-loop recursion: minus the gradient times the approximate inverse Hessian.
fn direction(gradient: &[f64], pairs: &VecDeque<Pair>) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (step, change) in pairs.iter().rev() {
        let alpha = dot(step, &q) / dot(step, change);
        add(&mut q, -alpha, change);
        alphas.push(alpha);
    }
    if let Some((step, change)) = pairs.back() {
        let scale = dot(step, change) / dot(change, change);
        q.iter_mut().for_each(|value| *value *= scale);
    }
    for ((step, change), alpha) in pairs.iter().zip(alphas.into_iter().rev()) {
        let beta = dot(change, &q) / dot(step, change);
        add(&mut q, alpha - beta, step);
    }
    q.iter_mut().for_each(|value| *value = -*value);
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut()
        .zip(what)
        .for_each(|(value, more)| *value += factor * more);
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_bottom_of_a_narrow_valley() {
        let start = vec![-1.2, 1.0];
        let bottom = minimise(start, 200, |p, gradient| {
            let (x, y) = (p[0], p[1]);
            gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            gradient[1] = 200.0 * (y - x * x);
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        });
        assert!(
            (bottom[0] - 1.0).abs() < 1e-2 && (bottom[1] - 1.0).abs() < 1e-2,
            "{bottom:?}"
        );
    }
}
