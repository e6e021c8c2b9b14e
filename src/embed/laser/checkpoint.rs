//! Reading `laser2.pt`: a pickle of a dictionary `params`, the tensors `model` and the vocabulary `dictionary`. The
//! pickle is read as data; nothing that it may ask to run is run.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::pickle::{Object, PthTensors, Stack};
use candle_core::{DType, Error, Result, bail};
use zip::ZipArchive;

/// An opened checkpoint.
pub(super) struct Checkpoint {
    tensors: PthTensors,
    /// Ids of the pieces, where the file has them.
    pub(super) dictionary: Option<HashMap<String, u32>>,
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) hidden: usize,
}

impl Checkpoint {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut entries = entries(path)?;
        let parameters = match entries.remove("params") {
            Some(Object::Dict(parameters)) => by_name(parameters),
            _ => bail!("it has no params: it is not a model of LASER2 (those of LASER3 are not supported)"),
        };
        if parameters.get("bidirectional") != Some(&Object::Bool(true)) {
            bail!("it reads texts in one direction, which is not supported");
        }
        let size = |name: &str, default: usize| match parameters.get(name) {
            Some(&Object::Int(number)) => usize::try_from(number).unwrap_or(default),
            _ => default,
        };
        let dictionary = match entries.remove("dictionary") {
            Some(Object::Dict(pieces)) => Some(ids(pieces)),
            _ => None,
        };
        Ok(Self {
            tensors: PthTensors::new(path, Some("model"))?,
            dictionary,
            layers: size("num_layers", 1),
            width: size("embed_dim", 320),
            hidden: size("hidden_size", 512),
        })
    }

    /// Reads a matrix with so many columns, row after row, or a vector of that length.
    pub(super) fn floats(&self, name: &str, columns: usize) -> Result<Vec<f32>> {
        let Some(tensor) = self.tensors.get(name)? else {
            bail!("it has no tensor {name}")
        };
        if tensor.dims().last() != Some(&columns) {
            bail!(
                "its tensor {name} has the shape {:?}, not {columns} columns",
                tensor.dims()
            );
        }
        tensor.to_dtype(DType::F32)?.contiguous()?.flatten_all()?.to_vec1()
    }
}

/// What the file's dictionary has at the top.
fn entries(path: &Path) -> Result<HashMap<String, Object>> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(|_| {
        Error::Msg(
            "it is damaged, or saved by a PyTorch before 1.6: load it with a newer one and save it again".to_owned(),
        )
    })?;
    let names: Vec<String> = archive.file_names().flatten().map(Into::into).collect();
    let Some(name) = names.iter().find(|name| name.ends_with("data.pkl")) else {
        bail!("it holds no data.pkl: it was not saved by PyTorch")
    };
    let mut reader = BufReader::new(archive.by_name(name).map_err(Error::wrap)?);
    let mut stack = Stack::empty();
    stack.read_loop(&mut reader)?;
    match stack.finalize()? {
        Object::Dict(entries) => Ok(by_name(entries)),
        _ => bail!("it is not a model of LASER2"),
    }
}

fn by_name(entries: Vec<(Object, Object)>) -> HashMap<String, Object> {
    entries
        .into_iter()
        .filter_map(|(name, value)| Some((name.unicode().ok()?, value)))
        .collect()
}

fn ids(pieces: Vec<(Object, Object)>) -> HashMap<String, u32> {
    by_name(pieces)
        .into_iter()
        .filter_map(|(piece, id)| Some((piece, u32::try_from(id.int().ok()?).ok()?)))
        .collect()
}
