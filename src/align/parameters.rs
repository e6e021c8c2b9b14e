//! The learned weights, as a small readable file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::objective::Weights;
use super::{fine, outline};

/// What a run of nulls pays for being opened, in the file.
const OPEN: &str = "open";

/// The weights of both passes.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    pub(crate) outline: Weights,
    pub(crate) fine: Weights,
}

/// Why weights could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    /// The file is not TOML, or not tables of numbers.
    #[error("the aligner's weights are not valid TOML: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A table is missing.
    #[error("the aligner's weights have no table [{0}]")]
    NoTable(&'static str),
    /// A weight is missing.
    #[error("the aligner's weights lack `{name}` in [{table}]")]
    Missing {
        /// The table.
        table: &'static str,
        /// The feature.
        name: &'static str,
    },
    /// A weight belongs to no feature: the file was made for another version.
    #[error("the aligner has no feature `{name}` for the weight in [{table}]; train the weights again")]
    Unknown {
        /// The table.
        table: &'static str,
        /// The feature.
        name: String,
    },
    /// A weight is infinite or not a number.
    #[error("the aligner's weight `{name}` in [{table}] is not a finite number")]
    NotFinite {
        /// The table.
        table: &'static str,
        /// The feature.
        name: &'static str,
    },
}

impl Parameters {
    /// The weights that come with the program.
    ///
    /// # Errors
    /// Only if the program was built with a damaged file; a test makes sure that it was not.
    pub fn bundled() -> Result<Self, ParameterError> {
        Self::from_toml(include_str!("../../assets/aligner.toml"))
    }

    /// Reads weights as [`Parameters::to_toml`] writes them.
    ///
    /// # Errors
    /// When the text is not TOML, or its weights are not exactly those of the aligner's features.
    pub fn from_toml(text: &str) -> Result<Self, ParameterError> {
        let mut tables: BTreeMap<String, BTreeMap<String, f32>> = toml::from_str(text)?;
        Ok(Self {
            outline: take(&mut tables, "first_pass", &outline::FEATURES)?,
            fine: take(&mut tables, "second_pass", &fine::FEATURES)?,
        })
    }

    /// Writes the weights as two tables, one weight a line.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        put(&mut text, "first_pass", &outline::FEATURES, &self.outline);
        text.push('\n');
        put(&mut text, "second_pass", &fine::FEATURES, &self.fine);
        text
    }
}

fn take(
    tables: &mut BTreeMap<String, BTreeMap<String, f32>>,
    table: &'static str,
    names: &[&'static str],
) -> Result<Weights, ParameterError> {
    let mut values = tables.remove(table).ok_or(ParameterError::NoTable(table))?;
    let mut weight = |name: &'static str| {
        let value = values.remove(name).ok_or(ParameterError::Missing { table, name })?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(ParameterError::NotFinite { table, name })
        }
    };
    let features = names.iter().map(|name| weight(name)).collect::<Result<_, _>>()?;
    let open = weight(OPEN)?;
    match values.into_keys().next() {
        Some(name) => Err(ParameterError::Unknown { table, name }),
        None => Ok(Weights { features, open }),
    }
}

fn put(text: &mut String, table: &str, names: &[&str], weights: &Weights) {
    let lines = names.iter().zip(&weights.features).chain([(&OPEN, &weights.open)]);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "[{table}]");
    for (name, weight) in lines {
        let _ = writeln!(text, "{name} = {weight:.4}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_weights_survive_writing_and_reading() {
        let bundled = Parameters::bundled().unwrap();
        assert_eq!(bundled, Parameters::from_toml(&bundled.to_toml()).unwrap());
    }

    #[test]
    fn a_file_of_another_version_is_refused_by_name() {
        let text = Parameters::bundled().unwrap().to_toml();
        let lacking = Parameters::from_toml(&text.replacen("cosine = ", "cosinus = ", 1)).unwrap_err();
        assert!(lacking.to_string().contains("`cosine`"), "{lacking}");
        let unknown =
            Parameters::from_toml(&text.replacen("[second_pass]", "extra = 1.0\n[second_pass]", 1)).unwrap_err();
        assert!(unknown.to_string().contains("`extra`"), "{unknown}");
    }
}
