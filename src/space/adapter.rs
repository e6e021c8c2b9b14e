//! What one pair taught, as a file: for the next volume by the same translator.
//!
//! A safetensors file. Its metadata name the format, the encoder that the vectors come from, the strengths and the number of
//! beads learned from; a side's tensors are the mean and matrix of its map, and its words, as UTF-8 with a line break after each, with
//! the beads that each stood in and the sums of the other side's vectors.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::Map;
use crate::embed::Vectors;

/// Says that a safetensors file is an adapter, and of which version.
const FORMAT: &str = "enface adapter 1";

/// What a pair taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    /// Name of the encoder.
    pub model: String,
    /// How much the encoder and the words of either side count.
    pub strengths: [f32; 3],
    /// Beads learned from, each as much as it counted.
    pub beads: f32,
    /// The side translated from.
    pub source: Glossary,
    /// The side translated to.
    pub target: Glossary,
}

/// What one side's words say.
#[derive(Debug, Clone, PartialEq)]
pub struct Glossary {
    /// The map of the side's vectors.
    pub map: Map,
    /// Its words.
    pub words: Vec<String>,
    /// By word: beads that held it, each as much as it counted.
    pub counts: Vec<f32>,
    /// By word: sum of the other side's vectors of these beads.
    pub sums: Vectors,
}

/// Why an adapter cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AdapterError {
    /// The bytes are no adapter.
    #[error("this is no adapter as `enface adapt` writes them: {0}")]
    Damaged(String),
    /// The vectors come from another encoder.
    #[error(
        "the adapter was learned with the encoder {adapter}, but this is {model}: learn one with `enface adapt --model {model}`"
    )]
    Model {
        /// The adapter's.
        adapter: String,
        /// The one in use.
        model: String,
    },
}

impl Adapter {
    /// Makes sure that the adapter fits the encoder `model`, whose vectors are `width` wide.
    ///
    /// # Errors
    /// [`AdapterError::Model`], when it does not.
    pub fn check(&self, model: &str, width: usize) -> Result<(), AdapterError> {
        if self.model == model && self.source.map.dimension() == width {
            return Ok(());
        }
        Err(AdapterError::Model {
            adapter: self.model.clone(),
            model: model.to_owned(),
        })
    }

    /// The bytes of the file.
    ///
    /// # Errors
    /// When the format refuses.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AdapterError> {
        let [a, b, c] = self.strengths;
        let metadata: HashMap<String, String> = [
            ("format", FORMAT.to_owned()),
            ("model", self.model.clone()),
            ("strengths", format!("{a} {b} {c}")),
            ("beads", self.beads.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (side, glossary) in [("source", &self.source), ("target", &self.target)] {
            let (width, count) = (glossary.map.dimension(), glossary.words.len());
            let mut put = |name: &str, shape: Vec<usize>, values: &[f32]| {
                let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                tensors.push((format!("{side}.{name}"), Dtype::F32, shape, bytes));
            };
            put("mean", vec![width], glossary.map.mean());
            put("matrix", vec![width, width], glossary.map.matrix());
            put("counts", vec![count], &glossary.counts);
            put("sums", vec![count, width], glossary.sums.as_slice());
            let words: Vec<u8> = glossary
                .words
                .iter()
                .flat_map(|word| format!("{word}\n").into_bytes())
                .collect();
            tensors.push((format!("{side}.words"), Dtype::U8, vec![words.len()], words));
        }
        let mut views = Vec::with_capacity(tensors.len());
        for (name, kind, shape, bytes) in &tensors {
            views.push((name, TensorView::new(*kind, shape.clone(), bytes).map_err(damaged)?));
        }
        safetensors::serialize(views, Some(metadata)).map_err(damaged)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`AdapterError::Damaged`], when they are no adapter.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AdapterError> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let notes = header.metadata().clone().unwrap_or_default();
        let note = |name: &str| notes.get(name).cloned().ok_or_else(|| lacking(name));
        if note("format")? != FORMAT {
            return Err(lacking(FORMAT));
        }
        let number = |text: &str| {
            text.parse::<f32>()
                .ok()
                .filter(|number| number.is_finite() && *number >= 0.0)
        };
        let strengths: Option<Vec<f32>> = note("strengths")?.split(' ').map(number).collect();
        let strengths = strengths
            .and_then(|list| list.try_into().ok())
            .ok_or_else(|| lacking("strengths"))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
        Ok(Self {
            model: note("model")?,
            strengths,
            beads: number(&note("beads")?).ok_or_else(|| lacking("beads"))?,
            source: Glossary::read(&tensors, "source")?,
            target: Glossary::read(&tensors, "target")?,
        })
    }
}

impl Glossary {
    fn read(tensors: &SafeTensors, side: &str) -> Result<Self, AdapterError> {
        let numbers = |name: &str| {
            let tensor = tensors.tensor(&format!("{side}.{name}")).map_err(damaged)?;
            let (chunks, _) = tensor.data().as_chunks::<4>();
            let values: Vec<f32> = chunks.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            let sound = tensor.dtype() == Dtype::F32 && values.iter().all(|value| value.is_finite());
            sound.then_some(values).ok_or_else(|| lacking(name))
        };
        let text = tensors.tensor(&format!("{side}.words")).map_err(damaged)?;
        let text = std::str::from_utf8(text.data()).map_err(|_| lacking("words"))?;
        let words: Vec<String> = text.lines().map(str::to_owned).collect();
        let (mean, matrix, counts, sums) = (
            numbers("mean")?,
            numbers("matrix")?,
            numbers("counts")?,
            numbers("sums")?,
        );
        let fits = !mean.is_empty()
            && matrix.len() == mean.len() * mean.len()
            && counts.len() == words.len()
            && sums.len() == words.len() * mean.len();
        if !fits {
            return Err(lacking(side));
        }
        Ok(Self {
            sums: Vectors::new(mean.len(), sums),
            map: Map::new(mean, matrix),
            words,
            counts,
        })
    }
}

fn damaged(error: impl std::fmt::Display) -> AdapterError {
    AdapterError::Damaged(error.to_string())
}

fn lacking(what: &str) -> AdapterError {
    AdapterError::Damaged(format!("its `{what}` is missing or of another kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter() -> Adapter {
        let side = |words: &[&str]| Glossary {
            map: Map::identity(2),
            words: words.iter().map(|&word| word.to_owned()).collect(),
            counts: vec![2.5; words.len()],
            sums: Vectors::new(2, [0.5, -0.25].repeat(words.len())),
        };
        Adapter {
            model: "a-model".into(),
            strengths: [18.0, 2.5, 30.25],
            beads: 120.0,
            source: side(&["wsea", "n1883"]),
            target: side(&["wмор", "wволна", "wкот"]),
        }
    }

    #[test]
    fn what_is_saved_is_loaded_again() {
        let bytes = adapter().to_bytes().unwrap();
        assert_eq!(Adapter::from_bytes(&bytes).unwrap(), adapter());
        assert_eq!(adapter().to_bytes().unwrap().len(), bytes.len());
    }

    #[test]
    fn another_encoder_and_other_files_are_refused_with_a_sentence() {
        adapter().check("a-model", 2).unwrap();
        let refusal = adapter().check("labse", 2).unwrap_err().to_string();
        assert!(refusal.contains("a-model") && refusal.contains("labse"), "{refusal}");
        assert!(adapter().check("a-model", 3).is_err());
        let bytes = adapter().to_bytes().unwrap();
        for wrong in [&b""[..], b"{}", &bytes[..bytes.len() / 2], &bytes[8..]] {
            let refusal = Adapter::from_bytes(wrong).unwrap_err().to_string();
            assert!(refusal.contains("no adapter"), "{refusal}");
        }
    }
}
