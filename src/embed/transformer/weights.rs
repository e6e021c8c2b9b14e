//! Reading tensors from files, one at a time: a model never lies in memory twice.

mod safetensors;

use std::path::Path;

use candle_core::pickle::PthTensors;
use candle_core::{DType, Error, Result, bail};
use half::f16;

use self::safetensors::Safetensors;

/// Names under which a transformer may stand in a file.
const PREFIXES: [&str; 8] = [
    "",
    "bert.",
    "roberta.",
    "distilbert.",
    "mpnet.",
    "model.",
    "0.auto_model.",
    "0.model.",
];
/// What stands behind the name of a rounded matrix's scales.
pub(super) const SCALE: &str = ".scale";
/// Neighbouring numbers of a row that share a scale in 4 bits.
pub(super) const BLOCK: usize = 32;

/// The tensors of a model by name.
pub(super) struct Weights {
    source: Source,
    prefix: &'static str,
}

enum Source {
    Safetensors(Safetensors),
    /// Read without running the code that pickles may hold.
    Pickle(Box<PthTensors>),
}

/// A matrix [rows, columns] as its file keeps it, row after row.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) columns: usize,
    pub(super) numbers: Numbers,
}

/// Numbers in one of the forms that files have.
#[derive(Debug)]
pub(super) enum Numbers {
    Single(Vec<f32>),
    Half(Vec<f16>),
    Brain(Vec<half::bf16>),
    /// Levels, and the value of one level in each row.
    EightBit(Vec<i8>, Vec<f32>),
    /// Two levels a byte, the lower one first, 8 standing for zero; and the value of one level in each [`BLOCK`].
    FourBit(Vec<u8>, Vec<f16>),
}

impl Weights {
    /// Opens the weights in `folder`: `model.safetensors`, its parts if it has an index, or `pytorch_model.bin`.
    pub(super) fn open(folder: &Path) -> std::result::Result<Self, String> {
        let [tensors, index, pickle] =
            ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"].map(|name| folder.join(name));
        let damaged = |path: &Path, error: Error| format!("{} is damaged: {error}", path.display());
        let source = if tensors.exists() {
            Source::Safetensors(Safetensors::open(&tensors).map_err(|error| damaged(&tensors, error))?)
        } else if index.exists() {
            Source::Safetensors(Safetensors::open_parts(&index).map_err(|error| damaged(&index, error))?)
        } else if pickle.exists() {
            let source = PthTensors::new(&pickle, None).map_err(|error| damaged(&pickle, error))?;
            Source::Pickle(Box::new(source))
        } else {
            let folder = folder.display();
            return Err(format!(
                "{folder} holds neither model.safetensors nor pytorch_model.bin; download the model again"
            ));
        };
        Ok(Self { source, prefix: "" })
    }

    /// Finds the prefix of names with which the file has a tensor `name`, and puts it before all names from then on.
    pub(super) fn find(&mut self, name: &str) -> Result<()> {
        let found = PREFIXES
            .iter()
            .find(|prefix| self.source.contains(&format!("{prefix}{name}")));
        let Some(prefix) = found else {
            bail!("the weights have no tensor {name}")
        };
        self.prefix = prefix;
        Ok(())
    }

    /// Whether the file has a tensor `name`.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.source.contains(&format!("{}{name}", self.prefix))
    }

    /// Names of all tensors of numbers as the file has them, those of scales left out.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = match &self.source {
            Source::Safetensors(source) => source.names(),
            Source::Pickle(source) => source.tensor_infos().keys().cloned().collect(),
        };
        names.retain(|name| !name.ends_with(SCALE));
        names.sort();
        names
    }

    /// The shape of a tensor; of one in 4 bits, that of its numbers.
    pub(super) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let name = format!("{}{name}", self.prefix);
        match &self.source {
            Source::Safetensors(source) => source.shape(&name),
            Source::Pickle(source) => Some(source.tensor_infos().get(&name)?.layout.dims().to_vec()),
        }
    }

    /// Reads a matrix of so many columns as it is stored.
    pub(super) fn stored(&mut self, name: &str) -> Result<Stored> {
        let name = format!("{}{name}", self.prefix);
        let (shape, numbers) = self.source.read(&name)?;
        let &[rows, columns] = shape.as_slice() else {
            bail!("the weights have a tensor {name} of shape {shape:?} instead of a matrix")
        };
        if rows == 0 || columns == 0 {
            bail!("the weights have an empty tensor {name}");
        }
        Ok(Stored { columns, numbers })
    }

    /// Reads a matrix that must have so many columns.
    pub(super) fn matrix(&mut self, name: &str, columns: usize) -> Result<Stored> {
        let matrix = self.stored(name)?;
        if matrix.columns != columns {
            bail!(
                "the weights have {} columns in {name} instead of {columns}",
                matrix.columns
            );
        }
        Ok(matrix)
    }

    /// Reads a vector of `length` numbers.
    pub(super) fn vector(&mut self, name: &str, length: usize) -> Result<Vec<f32>> {
        let name = format!("{}{name}", self.prefix);
        let (shape, numbers) = self.source.read(&name)?;
        if shape != [length] || length == 0 {
            bail!("the weights have a tensor {name} of shape {shape:?} instead of [{length}]");
        }
        Ok(Stored {
            columns: length,
            numbers,
        }
        .into_floats())
    }

    /// Reads all numbers of a tensor of any shape.
    pub(super) fn numbers(&mut self, name: &str) -> Result<Vec<f32>> {
        let (shape, numbers) = self.source.read(&format!("{}{name}", self.prefix))?;
        let columns = shape.iter().product::<usize>().max(1);
        Ok(Stored { columns, numbers }.into_floats())
    }
}

impl Source {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::Safetensors(source) => source.shape(name).is_some(),
            Self::Pickle(source) => source.tensor_infos().contains_key(name),
        }
    }

    fn read(&mut self, name: &str) -> Result<(Vec<usize>, Numbers)> {
        match self {
            Self::Safetensors(source) => source.read(name),
            Self::Pickle(source) => {
                let Some(tensor) = source.get(name)? else {
                    bail!("the weights have no tensor {name}")
                };
                let numbers = tensor.to_dtype(DType::F32)?.contiguous()?.flatten_all()?.to_vec1()?;
                Ok((tensor.dims().to_vec(), Numbers::Single(numbers)))
            }
        }
    }
}

impl Stored {
    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        let count = match &self.numbers {
            Numbers::Single(numbers) => numbers.len(),
            Numbers::Half(numbers) => numbers.len(),
            Numbers::Brain(numbers) => numbers.len(),
            Numbers::EightBit(levels, _) => levels.len(),
            Numbers::FourBit(levels, _) => 2 * levels.len(),
        };
        count / self.columns
    }

    /// Whether it is kept in 8 or 4 bits.
    pub(super) fn is_rounded(&self) -> bool {
        matches!(self.numbers, Numbers::EightBit(..) | Numbers::FourBit(..))
    }

    /// Writes row `index` to `output`, which is as wide.
    pub(super) fn write(&self, index: usize, output: &mut [f32]) {
        let columns = self.columns;
        let place = index * columns..(index + 1) * columns;
        match &self.numbers {
            Numbers::Single(numbers) => output.copy_from_slice(&numbers[place]),
            Numbers::Half(numbers) => {
                for (output, number) in output.iter_mut().zip(&numbers[place]) {
                    *output = number.to_f32();
                }
            }
            Numbers::Brain(numbers) => {
                for (output, number) in output.iter_mut().zip(&numbers[place]) {
                    *output = number.to_f32();
                }
            }
            Numbers::EightBit(levels, scale) => {
                for (output, &level) in output.iter_mut().zip(&levels[place]) {
                    *output = f32::from(level) * scale[index];
                }
            }
            Numbers::FourBit(levels, scales) => {
                let levels = levels[place.start / 2..place.end / 2].chunks_exact(BLOCK / 2);
                let scales = &scales[place.start / BLOCK..place.end / BLOCK];
                for (output, (levels, scale)) in output.chunks_exact_mut(BLOCK).zip(levels.zip(scales)) {
                    let scale = scale.to_f32();
                    for (pair, &byte) in output.as_chunks_mut().0.iter_mut().zip(levels) {
                        *pair = [byte & 15, byte >> 4].map(|level| (f32::from(level) - 8.0) * scale);
                    }
                }
            }
        }
    }

    /// All numbers as floats, row after row.
    pub(super) fn into_floats(self) -> Vec<f32> {
        if let Numbers::Single(numbers) = self.numbers {
            return numbers;
        }
        let mut floats = vec![0.0; self.rows() * self.columns];
        for (index, row) in floats.chunks_exact_mut(self.columns).enumerate() {
            self.write(index, row);
        }
        floats
    }
}
