//! Embedding both documents, what is looked at first.

use super::{Observer, PipelineError, Side, Stage, step};
use crate::embed::{Embedder, Vectors};

/// Segments of a side embedded between two looks at the observer: small enough for a lively screen, large enough to
/// keep two cores busy.
const CHUNK: usize = 96;

/// Embeds both sides by turns, nearest to the place that is looked at first.
pub(super) fn embed(
    model: &dyn Embedder,
    texts: &[Vec<&str>; 2],
    observer: &mut dyn Observer,
) -> Result<[Vectors; 2], PipelineError> {
    let total = texts[0].len() + texts[1].len();
    let mut vectors = [0, 1].map(|side: usize| Vectors::zeros(model.dimension(), texts[side].len()));
    let mut missing = [0, 1].map(|side: usize| (0..texts[side].len()).step_by(CHUNK).collect::<Vec<_>>());
    let mut done = 0;
    while missing.iter().any(|missing| !missing.is_empty()) {
        for (side, index) in [(Side::Source, 0), (Side::Target, 1)] {
            step(observer, Stage::Embedding, done, total)?;
            let Some(first) = take_nearest(&mut missing[index], observer.looks_at()[index]) else {
                continue;
            };
            let chunk = &texts[index][first..(first + CHUNK).min(texts[index].len())];
            let chunk = model.encode(chunk)?;
            observer.vectors(side, first, &chunk);
            vectors[index].put(first, &chunk);
            done += chunk.len();
        }
    }
    step(observer, Stage::Embedding, total, total)?;
    Ok(vectors)
}

/// Takes out the chunk whose middle is nearest to a segment; the first, among equals.
fn take_nearest(missing: &mut Vec<usize>, segment: usize) -> Option<usize> {
    let distance = |first: usize| (first + CHUNK / 2).abs_diff(segment);
    let nearest = (0..missing.len()).min_by_key(|&at| distance(missing[at]))?;
    Some(missing.remove(nearest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_come_from_where_the_person_is_outwards() {
        let mut missing: Vec<usize> = (0..5).map(|chunk| chunk * CHUNK).collect();
        let order: Vec<usize> = std::iter::from_fn(|| take_nearest(&mut missing, 3 * CHUNK + 10)).collect();
        assert_eq!(order, [3, 2, 4, 1, 0].map(|chunk| chunk * CHUNK));
    }

    #[test]
    fn from_the_start_they_come_in_order() {
        let mut missing: Vec<usize> = (0..4).map(|chunk| chunk * CHUNK).collect();
        let order: Vec<usize> = std::iter::from_fn(|| take_nearest(&mut missing, 0)).collect();
        assert!(order.is_sorted());
    }
}
