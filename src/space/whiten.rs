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

use candle_core::{DType, Device, Tensor};

use super::{Map, tensor};
use crate::embed::Vectors;

/// Share of the sphere in the shrunk covariance; held up best on development pairs in known and unknown languages.
pub const SHRINKAGE: f64 = 0.7;

/// Documents shorter than this keep their vectors: a mean of a few sentences is noise.
pub const FEWEST: usize = 16;

/// Steps of the coupled Newton-Schulz iteration. With [`SHRINKAGE`] the condition number is at most
/// `1 + d (1 - g) / g`, for which this many steps reach single precision.
const STEPS: usize = 18;

/// The whitening map of `vectors`; the identity for fewer than [`FEWEST`] rows or rows that are all equal.
///
/// # Errors
/// When the tensor library refuses.
pub fn whiten(vectors: &Vectors) -> Result<Map, candle_core::Error> {
    let width = vectors.dimension();
    if vectors.len() < FEWEST {
        return Ok(Map::identity(width));
    }
    let rows = tensor(vectors.as_slice(), width)?;
    let mean = rows.mean_keepdim(0)?;
    let centred = rows.broadcast_sub(&mean)?;
    let covariance = (centred.t()?.matmul(&centred)? / vectors.len() as f64)?;
    let variance = f64::from((&centred.sqr()?.sum_all()? / vectors.len() as f64)?.to_scalar::<f32>()?) / width as f64;
    if variance < 1e-12 {
        return Ok(Map::identity(width));
    }
    let sphere = Tensor::eye(width, DType::F32, &Device::Cpu)?;
    // Divided by the variance, so that the shrunk covariance of a sphere is the identity.
    let shrunk = ((covariance * ((1.0 - SHRINKAGE) / variance))? + (&sphere * SHRINKAGE)?)?;
    let root = inverse_square_root(&shrunk, &sphere)?;
    Ok(Map::new(mean.flatten_all()?.to_vec1()?, root.flatten_all()?.to_vec1()?))
}

/// `A^(-1/2)` of a symmetric positive definite matrix by the coupled Newton-Schulz iteration (Higham 2008, eq. 6.35),
/// which needs nothing but products.
fn inverse_square_root(matrix: &Tensor, identity: &Tensor) -> Result<Tensor, candle_core::Error> {
    // The Frobenius norm bounds the largest eigenvalue, which puts all of them where the iteration converges.
    let norm = f64::from(matrix.sqr()?.sum_all()?.sqrt()?.to_scalar::<f32>()?);
    let mut y = (matrix / norm)?;
    let mut z = identity.clone();
    for _ in 0..STEPS {
        let step = (((identity * 3.0)? - z.matmul(&y)?)? * 0.5)?;
        y = y.matmul(&step)?;
        z = step.matmul(&z)?;
    }
    z / norm.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rank::cosine;

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
        let matrix = rows.t().unwrap().matmul(&rows).unwrap();
        let identity = Tensor::eye(16, DType::F32, &Device::Cpu).unwrap();
        let matrix = ((matrix / 300.0).unwrap() + (&identity * 0.05).unwrap()).unwrap();
        let root = inverse_square_root(&matrix, &identity).unwrap();
        let product = root.matmul(&matrix).unwrap().matmul(&root).unwrap();
        let error = (product - identity)
            .unwrap()
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
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
