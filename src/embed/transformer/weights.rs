//! Reading tensors from files, one at a time: a model never lies in memory twice.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Error, Result, Tensor, bail};
use safetensors::tensor::Metadata;

/// Names under which a transformer may stand in a file.
const PREFIXES: [&str; 5] = ["", "bert.", "roberta.", "model.", "0.auto_model."];
/// More bytes than any model's list of tensors has.
const LARGEST_HEADER: u64 = 100 << 20;

/// The tensors of a file by name.
pub(super) struct Weights {
    source: Source,
    prefix: &'static str,
}

enum Source {
    Safetensors(Box<Safetensors>),
    /// Read without running the code that pickles may hold.
    Pickle(Box<PthTensors>),
}

struct Safetensors {
    file: File,
    /// Kind, shape and place in the file of each tensor.
    tensors: BTreeMap<String, (DType, Vec<usize>, u64, usize)>,
}

impl Weights {
    /// Opens the weights in `folder`, `model.safetensors` or `pytorch_model.bin`.
    pub(super) fn open(folder: &Path) -> std::result::Result<Self, String> {
        let [tensors, pickle] = ["model.safetensors", "pytorch_model.bin"].map(|name| folder.join(name));
        let source = if tensors.exists() {
            Safetensors::open(&tensors)
                .map(|source| Source::Safetensors(Box::new(source)))
                .map_err(|error| format!("{} is damaged: {error}", tensors.display()))?
        } else if pickle.exists() {
            PthTensors::new(&pickle, None)
                .map(|source| Source::Pickle(Box::new(source)))
                .map_err(|error| format!("{} is damaged: {error}", pickle.display()))?
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

    /// Reads a tensor as it is stored.
    pub(super) fn stored(&mut self, name: &str) -> Result<Tensor> {
        let name = format!("{}{name}", self.prefix);
        match &mut self.source {
            Source::Safetensors(source) => source.read(&name),
            Source::Pickle(source) => source
                .get(&name)?
                .ok_or_else(|| Error::Msg(format!("the weights have no tensor {name}"))),
        }
    }

    /// Reads a tensor and turns it to 32-bit floats.
    pub(super) fn tensor(&mut self, name: &str) -> Result<Tensor> {
        self.stored(name)?.to_dtype(DType::F32)?.contiguous()
    }

    /// Reads a vector.
    pub(super) fn vector(&mut self, name: &str) -> Result<Vec<f32>> {
        self.tensor(name)?.to_vec1()
    }
}

impl Source {
    fn contains(&self, name: &str) -> bool {
        match self {
            Self::Safetensors(source) => source.tensors.contains_key(name),
            Self::Pickle(source) => source.tensor_infos().contains_key(name),
        }
    }
}

impl Safetensors {
    fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path)?;
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let size = u64::from_le_bytes(length);
        if size > LARGEST_HEADER {
            bail!("its list of tensors would take {size} bytes");
        }
        let mut header = Vec::new();
        file.by_ref().take(size).read_to_end(&mut header)?;
        let metadata: Metadata = serde_json::from_slice(&header).map_err(Error::wrap)?;
        let first = 8 + size;
        if file.metadata()?.len() != first + metadata.data_len() as u64 {
            bail!("it does not end where its list of tensors says; download it again");
        }
        let mut tensors = BTreeMap::new();
        for (name, info) in metadata.tensors() {
            // Buffers of integers, such as position ids, are no weights.
            let Ok(dtype) = DType::try_from(info.dtype) else {
                continue;
            };
            let (start, end) = info.data_offsets;
            tensors.insert(name, (dtype, info.shape.clone(), first + start as u64, end - start));
        }
        Ok(Self { file, tensors })
    }

    fn read(&mut self, name: &str) -> Result<Tensor> {
        let Some((dtype, shape, start, length)) = self.tensors.get(name) else {
            bail!("the weights have no tensor {name}")
        };
        self.file.seek(SeekFrom::Start(*start))?;
        let mut data = Vec::new();
        let read = self.file.by_ref().take(*length as u64).read_to_end(&mut data)?;
        if read != *length {
            bail!("the file became shorter while it was read");
        }
        Tensor::from_raw_buffer(&data, *dtype, shape, &Device::Cpu)
    }
}
