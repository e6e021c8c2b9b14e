//! Files in the safetensors format, one or several parts of a model.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::{Error, Result, bail};
use half::{bf16, f16};
use safetensors::tensor::{Dtype, Metadata};
use serde::Deserialize;

use super::{BLOCK, Numbers, SCALE};

/// More bytes than any model's list of tensors has.
const LARGEST_HEADER: u64 = 100 << 20;

/// Where the tensors lie.
pub(super) struct Safetensors {
    files: Vec<File>,
    tensors: BTreeMap<String, Place>,
}

#[derive(Clone)]
struct Place {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    start: u64,
    length: usize,
}

/// `model.safetensors.index.json`: which file each tensor lies in.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Safetensors {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut source = Self {
            files: Vec::new(),
            tensors: BTreeMap::new(),
        };
        source.add(path)?;
        Ok(source)
    }

    /// Opens the parts that an index names, all in its own folder.
    pub(super) fn open_parts(index: &Path) -> Result<Self> {
        let Index { weight_map } = serde_json::from_str(&fs::read_to_string(index)?).map_err(Error::wrap)?;
        let mut names: Vec<&String> = weight_map.values().collect();
        names.sort();
        names.dedup();
        let mut source = Self {
            files: Vec::new(),
            tensors: BTreeMap::new(),
        };
        for name in names {
            let plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
            if !name.chars().all(plain) {
                bail!("it names a part {name:?}, which is not the name of a file beside it");
            }
            let path = index.with_file_name(name);
            source
                .add(&path)
                .map_err(|error| Error::Msg(format!("its part {name} cannot be used: {error}")))?;
        }
        Ok(source)
    }

    fn add(&mut self, path: &Path) -> Result<()> {
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
        for (name, info) in metadata.tensors() {
            let (start, end) = info.data_offsets;
            let place = Place {
                file: self.files.len(),
                dtype: info.dtype,
                shape: info.shape.clone(),
                start: first + start as u64,
                length: end - start,
            };
            self.tensors.insert(name, place);
        }
        self.files.push(file);
        Ok(())
    }

    /// Names of the tensors of numbers; position ids and the like are none.
    pub(super) fn names(&self) -> Vec<String> {
        let numbers = |dtype| matches!(dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16 | Dtype::I8 | Dtype::U8);
        let tensors = self.tensors.iter().filter(|(_, place)| numbers(place.dtype));
        tensors.map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let place = self.tensors.get(name)?;
        let mut shape = place.shape.clone();
        if let (Dtype::U8, Some(columns)) = (place.dtype, shape.last_mut()) {
            *columns *= 2;
        }
        Some(shape)
    }

    /// Reads a tensor of numbers; those that were rounded have a tensor of scales beside them.
    pub(super) fn read(&mut self, name: &str) -> Result<(Vec<usize>, Numbers)> {
        let (Some(place), Some(shape)) = (self.tensors.get(name).cloned(), self.shape(name)) else {
            bail!("the weights have no tensor {name}")
        };
        let numbers = match place.dtype {
            Dtype::F32 => Numbers::Single(self.numbers(&place, f32::from_le_bytes)?),
            Dtype::F16 => Numbers::Half(self.numbers(&place, f16::from_le_bytes)?),
            Dtype::BF16 => Numbers::Brain(self.numbers(&place, bf16::from_le_bytes)?),
            Dtype::I8 => {
                let scales = self.scales(name, Dtype::F32, shape.first().copied().unwrap_or_default())?;
                let scales = self.numbers(&scales, f32::from_le_bytes)?;
                Numbers::EightBit(self.numbers(&place, i8::from_le_bytes)?, scales)
            }
            Dtype::U8 if shape.last().is_some_and(|columns| columns.is_multiple_of(BLOCK)) => {
                let scales = self.scales(name, Dtype::F16, shape.iter().product::<usize>() / BLOCK)?;
                let scales = self.numbers(&scales, f16::from_le_bytes)?;
                Numbers::FourBit(self.numbers(&place, u8::from_le_bytes)?, scales)
            }
            other => bail!("the weights have a tensor {name} of {other}, which is not supported"),
        };
        Ok((shape, numbers))
    }

    fn scales(&self, name: &str, dtype: Dtype, count: usize) -> Result<Place> {
        let name = format!("{name}{SCALE}");
        match self.tensors.get(&name) {
            Some(place) if place.dtype == dtype && place.shape.iter().product::<usize>() == count => Ok(place.clone()),
            _ => bail!("the weights have no tensor {name} of {count} scales in {dtype}"),
        }
    }

    /// Reads numbers of `SIZE` bytes a piece at a time, so that they lie in memory once.
    fn numbers<T, const SIZE: usize>(&mut self, place: &Place, number: fn([u8; SIZE]) -> T) -> Result<Vec<T>> {
        const PIECE: usize = 1 << 20;
        let file = &mut self.files[place.file];
        file.seek(SeekFrom::Start(place.start))?;
        let mut numbers = Vec::with_capacity(place.length / SIZE);
        let mut bytes = vec![0; PIECE.min(place.length)];
        let mut rest = place.length;
        while rest > 0 {
            let piece = &mut bytes[..PIECE.min(rest)];
            file.read_exact(piece)?;
            numbers.extend(piece.as_chunks().0.iter().map(|&bytes| number(bytes)));
            rest -= piece.len();
        }
        Ok(numbers)
    }
}
