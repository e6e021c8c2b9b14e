//! Sentence retrieval on the Tatoeba test set (Artetxe & Schwenk 2019a, §4.3): how often is the nearest neighbour of a
//! sentence its translation?
//!
//! The set comes with LASER: files `tatoeba.xxx-eng.xxx` and `tatoeba.xxx-eng.eng`, one sentence a line, up to 1,000,
//! for 112 languages `xxx` (ISO 639-3).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::embed::{EmbedError, Embedder, Vectors};

mod groups;

pub use groups::{GROUPS, Group};

/// Neighbours on either side that a margin is taken against.
pub const NEIGHBOURS: usize = 4;

/// Share of sentences whose nearest neighbour is their translation, 0 to 1, each way.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Accuracy {
    /// From the language to English.
    pub to_english: f64,
    /// From English to the language.
    pub from_english: f64,
}

impl Accuracy {
    /// Mean of both directions.
    pub fn mean(self) -> f64 {
        f64::midpoint(self.to_english, self.from_english)
    }
}

/// How well one language's sentences are found.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// ISO 639-3 code, as in the file name.
    pub language: String,
    /// Number of sentence pairs.
    pub pairs: usize,
    /// Neighbours by cosine.
    pub cosine: Accuracy,
    /// Neighbours by ratio margin (Artetxe & Schwenk 2019b, eq. 2) over [`NEIGHBOURS`] neighbours: a cosine divided by
    /// the mean cosine of both sentences to their nearest neighbours.
    pub margin: Accuracy,
}

/// Why the test set could not be scored.
#[derive(Debug, thiserror::Error)]
pub enum TatoebaError {
    /// A file or the folder could not be read.
    #[error("{path} cannot be read")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder holds no file of the test set.
    #[error("{0} holds no file named like tatoeba.deu-eng.deu; give the folder of LASER's Tatoeba test set")]
    Empty(PathBuf),
    /// Two files that should hold as many lines do not.
    #[error("{path} has {lines} lines, but its English side has {english}")]
    Uneven {
        /// The file of the language.
        path: PathBuf,
        /// Its number of lines.
        lines: usize,
        /// Lines of the English file.
        english: usize,
    },
    /// The encoder failed.
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

/// Codes of the languages whose files lie in `folder`, in alphabetical order.
///
/// # Errors
/// When the folder cannot be read or holds none of the files.
pub fn languages(folder: &Path) -> Result<Vec<String>, TatoebaError> {
    let read = |source| TatoebaError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut languages = Vec::new();
    for entry in fs::read_dir(folder).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        let parts: Vec<&str> = name
            .to_str()
            .map(|name| name.split(['.', '-']).collect())
            .unwrap_or_default();
        if let ["tatoeba", language, "eng", "eng"] = parts[..] {
            languages.push(language.to_owned());
        }
    }
    if languages.is_empty() {
        return Err(TatoebaError::Empty(folder.to_owned()));
    }
    languages.sort_unstable();
    Ok(languages)
}

/// Embeds the sentence pairs of one language and scores them.
///
/// # Errors
/// When a file cannot be read, the two sides differ in length or the encoder fails.
pub fn score(folder: &Path, language: &str, embedder: &dyn Embedder) -> Result<Score, TatoebaError> {
    let path = |side: &str| folder.join(format!("tatoeba.{language}-eng.{side}"));
    let read = |path: PathBuf| fs::read_to_string(&path).map_err(|source| TatoebaError::Read { path, source });
    let (foreign, english) = (read(path(language))?, read(path("eng"))?);
    let (foreign, english): (Vec<&str>, Vec<&str>) = (foreign.lines().collect(), english.lines().collect());
    if foreign.len() != english.len() {
        return Err(TatoebaError::Uneven {
            path: path(language),
            lines: foreign.len(),
            english: english.len(),
        });
    }
    let (cosine, margin) = retrieve(&embedder.encode(&foreign)?, &embedder.encode(&english)?);
    Ok(Score {
        language: language.to_owned(),
        pairs: foreign.len(),
        cosine,
        margin,
    })
}

/// Accuracy by cosine and by margin, when row `n` of one side translates row `n` of the other.
fn retrieve(foreign: &Vectors, english: &Vectors) -> (Accuracy, Accuracy) {
    let forth = similarities(foreign, english);
    let back = transpose(&forth, english.len());
    let (near_foreign, near_english) = (nearness(&forth, english.len()), nearness(&back, foreign.len()));
    let cosine = Accuracy {
        to_english: accuracy(&forth, english.len(), |_, _, cosine| cosine),
        from_english: accuracy(&back, foreign.len(), |_, _, cosine| cosine),
    };
    let margin = |one: f32, other: f32, cosine: f32| cosine / f32::midpoint(one, other);
    let margin = Accuracy {
        to_english: accuracy(&forth, english.len(), |row, column, cosine| {
            margin(near_foreign[row], near_english[column], cosine)
        }),
        from_english: accuracy(&back, foreign.len(), |row, column, cosine| {
            margin(near_english[row], near_foreign[column], cosine)
        }),
    };
    (cosine, margin)
}

fn similarities(rows: &Vectors, columns: &Vectors) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    (0..rows.len())
        .into_par_iter()
        .flat_map_iter(|row| (0..columns.len()).map(move |column| dot(rows.row(row), columns.row(column))))
        .collect()
}

fn transpose(matrix: &[f32], width: usize) -> Vec<f32> {
    (0..width)
        .flat_map(|column| matrix[column..].iter().step_by(width).copied())
        .collect()
}

/// For each row the mean of its largest values.
fn nearness(matrix: &[f32], width: usize) -> Vec<f32> {
    matrix
        .chunks_exact(width.max(1))
        .map(|row| {
            let mut row = row.to_vec();
            row.sort_unstable_by(|a, b| b.total_cmp(a));
            row.truncate(NEIGHBOURS);
            row.iter().sum::<f32>() / row.len() as f32
        })
        .collect()
}

/// Share of rows whose best column, by `criterion` of row, column and value, has the row's own index.
fn accuracy(matrix: &[f32], width: usize, criterion: impl Fn(usize, usize, f32) -> f32) -> f64 {
    let rows = matrix.len().checked_div(width).unwrap_or(0);
    let found = matrix.chunks_exact(width.max(1)).enumerate().filter(|(index, row)| {
        let values = row
            .iter()
            .enumerate()
            .map(|(column, &value)| (column, criterion(*index, column, value)));
        values
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .is_some_and(|(best, _)| best == *index)
    });
    found.count() as f64 / rows.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors in the plane, by their angle in degrees.
    fn angles(degrees: &[f32]) -> Vectors {
        Vectors::new(
            2,
            degrees
                .iter()
                .flat_map(|angle| [angle.to_radians().cos(), angle.to_radians().sin()])
                .collect(),
        )
    }

    #[test]
    fn equal_sides_are_found_completely() {
        let axes = (0..5).flat_map(|row| (0..5).map(move |column| f32::from(u8::from(row == column))));
        let side = Vectors::new(5, axes.collect());
        let (cosine, margin) = retrieve(&side, &side);
        assert_eq!((cosine.mean(), margin.mean()), (1.0, 1.0));
    }

    #[test]
    fn a_direction_is_scored_by_its_own_neighbours() {
        // Both foreign sentences are nearest to English 0, while both English ones are nearest to their translations.
        let (cosine, _) = retrieve(&angles(&[0.0, 20.0]), &angles(&[5.0, 60.0]));
        assert_eq!(
            cosine,
            Accuracy {
                to_english: 0.5,
                from_english: 1.0
            }
        );
    }

    #[test]
    fn a_margin_sees_through_a_sentence_that_is_near_to_everything() {
        // English 1 lies in the middle of a crowd; by cosine foreign 0 falls for it.
        let foreign = Vectors::new(3, vec![0.8, 0.6, 0.0, 0.1, 0.99, 0.1, 0.0, 0.98, 0.2, 0.2, 0.97, 0.0]);
        let english = Vectors::new(3, vec![1.0, 0.0, 0.0, 0.65, 0.75, 0.1, 0.0, 0.9, 0.43, 0.1, 0.9, -0.4]);
        let (cosine, margin) = retrieve(&foreign, &english);
        assert!(margin.to_english > cosine.to_english, "{margin:?} {cosine:?}");
    }

    #[test]
    fn a_folder_without_the_test_set_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = languages(folder.path()).unwrap_err().to_string();
        assert!(error.contains("tatoeba.deu-eng.deu"), "{error}");
    }

    #[test]
    fn every_group_lists_each_language_once() {
        for group in GROUPS {
            let mut languages = group.languages.to_vec();
            languages.sort_unstable();
            languages.dedup();
            assert_eq!(languages.len(), group.size, "{}", group.name);
        }
    }
}
