//! Unpacking the files that `assets/use-multilingual/build.py` writes.

use std::fmt::Display;
use std::io::{self, Read};

use candle_core::{Device, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::layers::{Block, Branch, Embedding, Linear, Network, Norm, ORDERS};
use super::{NAME, UNKNOWN};
use crate::embed::EmbedError;
use crate::embed::sentencepiece::{Charsmap, Piece, SentencePiece, Unigram};

const TABLE: &[u8] = include_bytes!("../../../assets/use-multilingual/table.zst");
const WEIGHTS: &[u8] = include_bytes!("../../../assets/use-multilingual/weights.safetensors.zst");
const TOKENIZER: &[u8] = include_bytes!("../../../assets/use-multilingual/tokenizer.safetensors.zst");

pub(super) fn tokenizer() -> Result<SentencePiece, EmbedError> {
    let file = unpack(TOKENIZER)?;
    let tensors = Tensors::read(&file)?;
    let charsmap = Charsmap::from_bytes(tensors.bytes("charsmap")?).map_err(damaged)?;
    let texts = str::from_utf8(tensors.bytes("pieces")?).map_err(damaged)?;
    let ids = tensors.words("ids", Dtype::U32, u32::from_le_bytes)?;
    let scores = tensors.vector("scores")?;
    let pieces: Vec<Piece> = texts
        .split('\0')
        .zip(ids)
        .zip(scores)
        .map(|((text, id), score)| Piece { text, id, score })
        .collect();
    let unigram = Unigram::new(&pieces, UNKNOWN).map_err(damaged)?;
    Ok(SentencePiece::new(charsmap, unigram))
}

pub(super) fn network() -> Result<Network, EmbedError> {
    let (levels, file) = rayon::join(|| unpack(TABLE), || unpack(WEIGHTS));
    let (levels, file) = (levels?, file?);
    let tensors = Tensors::read(&file)?;
    let epsilon = tensors
        .vector("epsilon")?
        .first()
        .copied()
        .ok_or_else(|| damaged("no epsilon"))?;
    let projections: Vec<Tensor> = ORDERS
        .iter()
        .map(|(order, _)| tensors.matrix(&format!("ngram.{order}.projection")))
        .collect::<Result<_, _>>()?;
    let branch = |order: usize| -> Result<Branch, EmbedError> {
        let convolutions = [
            tensors.linear(&format!("ngram.{order}.conv1"))?,
            tensors.linear(&format!("ngram.{order}.conv2"))?,
        ];
        Ok(Branch { convolutions })
    };
    Ok(Network {
        embedding: Embedding {
            levels,
            scale: tensors.vector("table.scale")?,
            offset: tensors.vector("table.offset")?,
        },
        projection: Linear {
            weight: Tensor::cat(&projections, 1)?,
            bias: tensors.row("projection.bias")?,
        },
        projection_norm: tensors.norm("projection.norm", epsilon)?,
        branches: [branch(2)?, branch(3)?, branch(5)?],
        norm: tensors.norm("norm", epsilon)?,
        pool: tensors.linear("pool")?,
        head: [tensors.block("head.0")?, tensors.block("head.1")?],
        epsilon,
    })
}

fn unpack(compressed: &[u8]) -> Result<Vec<u8>, EmbedError> {
    let read = |compressed| -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        zstd::Decoder::with_buffer(compressed)?.read_to_end(&mut data)?;
        Ok(data)
    };
    read(compressed).map_err(damaged)
}

fn damaged(reason: impl Display) -> EmbedError {
    EmbedError::Load {
        model: NAME.to_owned(),
        reason: reason.to_string(),
    }
}

/// A safetensors file, with names for what the model's file holds.
struct Tensors<'a>(SafeTensors<'a>);

impl<'a> Tensors<'a> {
    fn read(file: &'a [u8]) -> Result<Self, EmbedError> {
        SafeTensors::deserialize(file).map(Self).map_err(damaged)
    }

    fn view(&self, name: &str, dtype: Dtype) -> Result<TensorView<'a>, EmbedError> {
        let view = self
            .0
            .tensor(name)
            .map_err(|error| damaged(format!("{name}: {error}")))?;
        if view.dtype() != dtype {
            return Err(damaged(format!("{name} holds {} instead of {dtype}", view.dtype())));
        }
        Ok(view)
    }

    fn bytes(&self, name: &str) -> Result<&'a [u8], EmbedError> {
        Ok(self.view(name, Dtype::U8)?.data())
    }

    fn words<T>(&self, name: &str, dtype: Dtype, read: fn([u8; 4]) -> T) -> Result<Vec<T>, EmbedError> {
        Ok(self
            .view(name, dtype)?
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|&word| read(word))
            .collect())
    }

    fn vector(&self, name: &str) -> Result<Vec<f32>, EmbedError> {
        self.words(name, Dtype::F32, f32::from_le_bytes)
    }

    fn row(&self, name: &str) -> Result<Tensor, EmbedError> {
        Ok(Tensor::new(self.vector(name)?, &Device::Cpu)?)
    }

    /// A matrix in 8 bits and its scale, multiplied out.
    fn matrix(&self, name: &str) -> Result<Tensor, EmbedError> {
        let view = self.view(&format!("{name}.weight"), Dtype::I8)?;
        let scale = self.vector(&format!("{name}.scale"))?;
        let &[scale] = scale.as_slice() else {
            return Err(damaged(format!("{name} has no single scale")));
        };
        let values: Vec<f32> = view
            .data()
            .iter()
            .map(|&byte| f32::from(byte.cast_signed()) * scale)
            .collect();
        Ok(Tensor::from_vec(values, view.shape(), &Device::Cpu)?)
    }

    fn linear(&self, name: &str) -> Result<Linear, EmbedError> {
        Ok(Linear {
            weight: self.matrix(name)?,
            bias: self.row(&format!("{name}.bias"))?,
        })
    }

    fn norm(&self, name: &str, epsilon: f32) -> Result<Norm, EmbedError> {
        let [weight, bias] = ["weight", "bias"].map(|part| self.row(&format!("{name}.{part}")));
        Ok(Norm {
            weight: weight?,
            bias: bias?,
            epsilon,
        })
    }

    fn block(&self, name: &str) -> Result<Block, EmbedError> {
        let [hidden, output, shortcut] =
            ["hidden", "output", "shortcut"].map(|part| self.matrix(&format!("{name}.{part}")));
        Ok(Block {
            hidden: hidden?,
            output: output?,
            shortcut: shortcut?,
        })
    }
}
