//! Writing a model in a compact form: the same folder, with matrices in 8 or 4 bits.
//!
//! The weights stay a safetensors file, which any tool can read. A matrix `NAME` [rows, columns] becomes
//!
//! | | `NAME` | `NAME.scale` | number |
//! | --- | --- | --- | --- |
//! | 8 bits | I8 [rows, columns] | F32 [rows] | `level * scale[row]` |
//! | 4 bits | U8 [rows, columns / 2], two neighbours a byte, the lower half first | F16 [rows, columns / 32] | `(level - 8) * scale[row, column / 32]` |
//!
//! GGUF would do as well for the matrices; but its readers dequantise whole tensors, and the table of half a million
//! word pieces is to be looked up row by row. Vectors, embeddings of positions and later stages stay as they are.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use candle_core::Error;
use half::f16;
use serde_json::json;

use super::config::{Description, Prompts};
use super::weights::{BLOCK, SCALE, Weights};
use crate::embed::arithmetic::largest;
use crate::embed::int8;

/// Files of a model besides its weights.
const DESCRIPTIONS: [&str; 5] = [
    "config.json",
    "modules.json",
    "sentence_bert_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
];
const PROMPTS: &str = "config_sentence_transformers.json";

/// Bits of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// A scale a row.
    Eight,
    /// A scale for 32 numbers. On loading, layers are rounded again to 8 bits, and the table stays in 4.
    Four,
}

/// Why a model could not be written in its compact form.
#[derive(Debug, thiserror::Error)]
pub enum QuantizeError {
    /// The model's files are damaged or not supported.
    #[error("the model in {} cannot be quantised: {reason}", folder.display())]
    Model {
        /// Its folder.
        folder: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file cannot be written.
    #[error("{} cannot be written", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the model in `folder` to the folder `output`, which must not exist and appears when all is written. `prompt`
/// becomes its default prompt where it has none of its own. Calls `progress` with matrices done and in all.
///
/// # Errors
/// When the model is damaged, not supported or quantised already, or a file cannot be written.
pub fn quantize(
    folder: &Path,
    output: &Path,
    bits: Bits,
    prompt: Option<&str>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(), QuantizeError> {
    let model = |reason: String| QuantizeError::Model {
        folder: folder.to_owned(),
        reason,
    };
    let description = Description::read(folder).map_err(model)?;
    let mut weights = Weights::open(folder).map_err(model)?;
    let write = |path: &Path, source| QuantizeError::Write {
        path: path.to_owned(),
        source,
    };
    let parent = output.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| write(parent, error))?;
    let scratch = tempfile::tempdir_in(parent).map_err(|error| write(parent, error))?;
    copy(folder, scratch.path(), &description).map_err(|error| write(scratch.path(), error))?;
    if let Some(prompt) = prompt.filter(|_| description.prompt.is_empty()) {
        let prompts = Prompts::only(prompt);
        let path = scratch.path().join(PROMPTS);
        fs::write(&path, json!(prompts).to_string()).map_err(|error| write(&path, error))?;
    }
    let path = scratch.path().join("model.safetensors");
    match write_weights(&mut weights, &path, bits, progress) {
        Err(Error::Io(error)) => return Err(write(&path, error)),
        other => other.map_err(|error| model(error.to_string()))?,
    }
    fs::rename(scratch.path(), output).map_err(|error| write(output, error))
}

/// Copies all but the transformer's weights.
fn copy(folder: &Path, output: &Path, description: &Description) -> io::Result<()> {
    for name in DESCRIPTIONS.iter().chain([&PROMPTS]) {
        if folder.join(name).is_file() {
            fs::copy(folder.join(name), output.join(name))?;
        }
    }
    for stage in &description.stages {
        fs::create_dir_all(output.join(stage))?;
        for name in ["config.json", "model.safetensors", "pytorch_model.bin"] {
            let file = Path::new(stage).join(name);
            if folder.join(&file).is_file() {
                fs::copy(folder.join(&file), output.join(&file))?;
            }
        }
    }
    Ok(())
}

/// A tensor of the file to be written.
struct Plan {
    name: String,
    shape: Vec<usize>,
    form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Single,
    Rounded(Bits),
}

impl Plan {
    fn new(name: String, shape: Vec<usize>, bits: Bits) -> Self {
        let is_matrix = shape.len() == 2 && !name.contains("position_embeddings") && !name.contains("token_type");
        let form = match shape.last() {
            Some(columns) if is_matrix && bits == Bits::Four && columns.is_multiple_of(BLOCK) => Form::Rounded(bits),
            Some(columns) if is_matrix && columns.is_multiple_of(2) => Form::Rounded(Bits::Eight),
            _ => Form::Single,
        };
        Self { name, shape, form }
    }

    /// Name, kind, shape and bytes of what is written for it, in this order.
    fn parts(&self) -> Vec<(String, &'static str, Vec<usize>, usize)> {
        let count: usize = self.shape.iter().product();
        let name = self.name.clone();
        let scale = format!("{name}{SCALE}");
        match (self.form, self.shape.as_slice()) {
            (Form::Rounded(Bits::Eight), &[rows, _]) => vec![
                (name, "I8", self.shape.clone(), count),
                (scale, "F32", vec![rows], 4 * rows),
            ],
            (Form::Rounded(Bits::Four), &[rows, columns]) => vec![
                (name, "U8", vec![rows, columns / 2], count / 2),
                (scale, "F16", vec![rows, columns / BLOCK], 2 * (count / BLOCK)),
            ],
            _ => vec![(name, "F32", self.shape.clone(), 4 * count)],
        }
    }
}

fn write_weights(
    weights: &mut Weights,
    path: &Path,
    bits: Bits,
    progress: &mut dyn FnMut(usize, usize),
) -> candle_core::Result<()> {
    let plans: Vec<Plan> = weights
        .names()
        .into_iter()
        .filter_map(|name| Some(Plan::new(name.clone(), weights.shape(&name)?, bits)))
        .collect();
    let mut header = BTreeMap::new();
    let mut end = 0;
    for (name, dtype, shape, length) in plans.iter().flat_map(Plan::parts) {
        header.insert(
            name,
            json!({"dtype": dtype, "shape": shape, "data_offsets": [end, end + length]}),
        );
        end += length;
    }
    let mut header = serde_json::to_vec(&header).map_err(Error::wrap)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    for (done, plan) in plans.iter().enumerate() {
        progress(done, plans.len());
        write_tensor(weights, plan, &mut out)?;
    }
    Ok(out.flush()?)
}

fn write_tensor(weights: &mut Weights, plan: &Plan, out: &mut impl Write) -> candle_core::Result<()> {
    let Form::Rounded(bits) = plan.form else {
        for number in weights.numbers(&plan.name)? {
            out.write_all(&number.to_le_bytes())?;
        }
        return Ok(());
    };
    let matrix = weights.stored(&plan.name)?;
    if matrix.is_rounded() {
        candle_core::bail!("it is quantised already");
    }
    let mut row = vec![0.0; matrix.columns];
    let mut scales = Vec::new();
    let mut levels = Vec::new();
    for index in 0..matrix.rows() {
        matrix.write(index, &mut row);
        match bits {
            Bits::Eight => {
                levels.clear();
                scales.extend(int8::round_row(&row, &mut levels).to_le_bytes());
                let bytes: Vec<u8> = levels.iter().map(|level| level.cast_unsigned()).collect();
                out.write_all(&bytes)?;
            }
            Bits::Four => {
                for block in row.as_chunks::<BLOCK>().0 {
                    let (scale, bytes) = four_bits(block);
                    scales.extend(scale.to_le_bytes());
                    out.write_all(&bytes)?;
                }
            }
        }
    }
    Ok(out.write_all(&scales)?)
}

/// Rounds a block so that the number of the largest size is the lowest level, which reaches one step further than the
/// highest.
fn four_bits(block: &[f32; BLOCK]) -> (f16, [u8; BLOCK / 2]) {
    let size = largest(block);
    let extreme = block.iter().copied().find(|value| value.abs() >= size).unwrap_or(0.0);
    let scale = f16::from_f32(extreme / -8.0);
    let step = scale.to_f32();
    let level = |value: f32| {
        if step == 0.0 {
            8
        } else {
            ((value / step).round() + 8.0).clamp(0.0, 15.0) as u8
        }
    };
    let (pairs, _) = block.as_chunks::<2>();
    (
        scale,
        std::array::from_fn(|index| level(pairs[index][0]) | level(pairs[index][1]) << 4),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_in_four_bits_is_near_the_original() {
        let block: [f32; BLOCK] = std::array::from_fn(|index| (index as f32 - 20.0) / 7.0);
        let (scale, bytes) = four_bits(&block);
        let levels = bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]);
        for (level, value) in levels.zip(block) {
            let error = (f32::from(level) - 8.0) * scale.to_f32() - value;
            assert!(error.abs() <= scale.to_f32().abs() * 0.51, "{value}: {error}");
        }
        assert_eq!(four_bits(&[0.0; BLOCK]).1, [0x88; BLOCK / 2]);
    }
}
