//! Evening out the vectors of one document: zero-phase whitening with shrinkage.
//!
//! Sentences of one document share a topic, and sentences in a language that the encoder hardly knows share that too:
//! both put all vectors of a side into a narrow cone in which every candidate looks alike. Subtracting the side's mean and
//! evening out its covariance opens the cone. It needs no label.
//!
//! With the mean `m` and the covariance `C` of a side's vectors, shrunk toward a sphere,
//! `C' = (1 - g) C + g tr(C)/d I` (Ledoit and Wolf 2004, with `g` fixed), the map is `x -> (x - m) C'^(-1/2)`. Of all
//! whitenings this one stays closest to the vectors as they were (Kessy, Lewin and Strimmer 2018), which keeps the two
//! sides comparable.

use candle_core::{Device, Tensor};

use super::Map;
use crate::embed::Vectors;
use crate::rank::cosine;

/// Share of the sphere in the shrunk covariance; held up best on development pairs in known and unknown languages.
pub const SHRINKAGE: f64 = 0.7;

/// Documents shorter than this keep their vectors: a mean of a few sentences is noise.
pub const FEWEST: usize = 16;

/// Rows that mean and covariance are estimated from at most, spread evenly over the document: enough for any width.
const SAMPLE: usize = 8192;
/// Steps of the power method: the largest eigenvalue need only be right within a factor of two.
const POWERS: usize = 12;
/// Steps of the coupled Newton-Schulz iteration at most, from the greatest condition number that [`SHRINKAGE`] leaves,
/// `1 + d (1 - g) / g`.
const STEPS: usize = 18;
/// Mean square of a row of `(I - ZY) / 2` from which one more step reaches single precision.
const CONVERGED: f32 = 1e-7;

/// The whitening map of `vectors`; the identity for fewer than [`FEWEST`] rows or rows that are all equal.
///
/// # Errors
/// When the tensor library refuses.
pub fn whiten(vectors: &Vectors) -> Result<Map, candle_core::Error> {
    let width = vectors.dimension();
    if vectors.len() < FEWEST {
        return Ok(Map::identity(width));
    }
    let (mean, centred) = centre(vectors);
    let rows = centred.len() / width;
    let (count, rows) = (rows as f64, Tensor::from_vec(centred, (rows, width), &Device::Cpu)?);
    let mut shrunk = rows.t()?.matmul(&rows)?.flatten_all()?.to_vec1::<f32>()?;
    let diagonal = shrunk.iter().step_by(width + 1);
    let variance = diagonal.map(|&value| f64::from(value)).sum::<f64>() / count / width as f64;
    if variance < 1e-12 {
        return Ok(Map::identity(width));
    }
    // Divided by the variance, so that the shrunk covariance of a sphere is the identity.
    let scale = ((1.0 - SHRINKAGE) / variance / count) as f32;
    shrunk.iter_mut().for_each(|value| *value *= scale);
    add_to_diagonal(&mut shrunk, width, SHRINKAGE as f32);
    Ok(Map::new(mean, inverse_square_root(shrunk, SHRINKAGE as f32, width)?))
}

/// The mean of a sample of the rows, and these rows less the mean.
fn centre(vectors: &Vectors) -> (Vec<f32>, Vec<f32>) {
    let every = vectors.len().div_ceil(SAMPLE);
    let rows = || (0..vectors.len()).step_by(every).map(|row| vectors.row(row));
    let mut sums = vec![0.0_f64; vectors.dimension()];
    for row in rows() {
        sums.iter_mut()
            .zip(row)
            .for_each(|(sum, &value)| *sum += f64::from(value));
    }
    let count = rows().count() as f64;
    let mean: Vec<f32> = sums.into_iter().map(|sum| (sum / count) as f32).collect();
    let mut centred = Vec::with_capacity(rows().count() * mean.len());
    rows().for_each(|row| centred.extend(row.iter().zip(&mean).map(|(value, mean)| value - mean)));
    (mean, centred)
}

/// `A^(-1/2)` of a symmetric positive definite matrix, whose eigenvalues are `least` at least, by the coupled
/// Newton-Schulz iteration (Higham 2008, eq. 6.35), which needs nothing but products.
fn inverse_square_root(mut matrix: Vec<f32>, least: f32, width: usize) -> Result<Vec<f32>, candle_core::Error> {
    // The iteration converges for eigenvalues between 0 and 3. Of many sizes they come near 1 soonest when the largest is
    // about 1.5, of nearly the same size when 1 is in their middle.
    let largest = largest_eigenvalue(&matrix, width);
    let norm = (largest / 1.5).max(f32::midpoint(largest, least));
    matrix.iter_mut().for_each(|value| *value /= norm);
    let square = |values: Vec<f32>| Tensor::from_vec(values, (width, width), &Device::Cpu);
    let mut y = square(matrix)?;
    let mut z: Option<Tensor> = None;
    for _ in 0..STEPS {
        // T = I + (I - ZY) / 2, from which Y <- YT and Z <- TZ, from Z = I.
        let product = z.as_ref().map_or_else(|| Ok(y.clone()), |z| z.matmul(&y))?;
        let mut step = product.flatten_all()?.to_vec1::<f32>()?;
        step.iter_mut().for_each(|value| *value *= -0.5);
        add_to_diagonal(&mut step, width, 0.5);
        let left: f32 = step.chunks_exact(width).map(|row| cosine(row, row)).sum();
        add_to_diagonal(&mut step, width, 1.0);
        let step = square(step)?;
        z = Some(z.map_or_else(|| Ok(step.clone()), |z| step.matmul(&z))?);
        if left / (width as f32) < CONVERGED {
            break;
        }
        y = y.matmul(&step)?;
    }
    let mut root = z.map_or_else(|| Ok(Map::identity(width).matrix), |z| z.flatten_all()?.to_vec1())?;
    let scale = norm.sqrt().recip();
    root.iter_mut().for_each(|value| *value *= scale);
    Ok(root)
}

fn add_to_diagonal(matrix: &mut [f32], width: usize, value: f32) {
    matrix.iter_mut().step_by(width + 1).for_each(|cell| *cell += value);
}

/// The largest eigenvalue of a symmetric positive definite matrix, from below, by the power method.
fn largest_eigenvalue(matrix: &[f32], width: usize) -> f32 {
    let lengths = matrix.chunks_exact(width).map(|row| cosine(row, row));
    let longest = lengths.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    let start = longest.map_or(0, |(row, _)| row * width);
    let mut vector = matrix[start..start + width].to_vec();
    let mut value = 0.0;
    for _ in 0..POWERS {
        let length = cosine(&vector, &vector).sqrt().max(f32::MIN_POSITIVE);
        vector.iter_mut().for_each(|value| *value /= length);
        vector = matrix.chunks_exact(width).map(|row| cosine(row, &vector)).collect();
        value = cosine(&vector, &vector).sqrt();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::tensor;

    /// Rows in a narrow cone: a large shared part and a small part of their own.
    fn cone(count: usize, width: usize) -> Vectors {
        let mut state = 7_u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let rows = (0..count).flat_map(|_| {
            let row: Vec<f32> = (0..width)
                .map(|k| 1.0 + noise() * if k < 2 { 3.0 } else { 0.5 })
                .collect();
            let length = cosine(&row, &row).sqrt();
            row.into_iter().map(move |x| x / length).collect::<Vec<_>>()
        });
        Vectors::new(width, rows.collect())
    }

    #[test]
    fn vectors_in_a_cone_spread_out() {
        let vectors = cone(200, 12);
        let mapped = whiten(&vectors).unwrap().apply(&vectors).unwrap();
        let mean_cosine = |v: &Vectors| (1..v.len()).map(|i| cosine(v.row(0), v.row(i))).sum::<f32>() / v.len() as f32;
        assert!(mean_cosine(&vectors) > 0.6);
        assert!(mean_cosine(&mapped).abs() < 0.1);
        assert!((0..mapped.len()).all(|i| (cosine(mapped.row(i), mapped.row(i)) - 1.0).abs() < 1e-4));
    }

    #[test]
    fn the_matrix_is_the_inverse_square_root() {
        let vectors = cone(300, 16);
        let rows = tensor(vectors.as_slice(), 16).unwrap();
        let squares = rows.t().unwrap().matmul(&rows).unwrap();
        let mut matrix = (squares / 300.0).unwrap().flatten_all().unwrap().to_vec1().unwrap();
        add_to_diagonal(&mut matrix, 16, 0.05);
        let root = inverse_square_root(matrix.clone(), 0.05, 16).unwrap();
        let square = |values: &[f32]| tensor(values, 16).unwrap();
        let left = square(&root)
            .matmul(&square(&matrix))
            .unwrap()
            .matmul(&square(&root))
            .unwrap();
        let mut left = left.flatten_all().unwrap().to_vec1().unwrap();
        add_to_diagonal(&mut left, 16, -1.0);
        let error = left.iter().fold(0.0_f32, |error, value| error.max(value.abs()));
        assert!(error < 1e-3, "{error}");
    }

    #[test]
    fn a_handful_of_sentences_or_equal_ones_are_left_alone() {
        let few = cone(5, 8);
        assert_eq!(whiten(&few).unwrap(), Map::identity(8));
        let equal = Vectors::new(2, [0.6, 0.8].repeat(40));
        assert_eq!(whiten(&equal).unwrap(), Map::identity(2));
    }
}
