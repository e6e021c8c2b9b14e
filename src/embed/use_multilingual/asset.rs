//! Unpacking the files that `assets/use-multilingual/build.py` writes.

use std::fmt::Display;
use std::io::{self, Read};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::network::{Block, Network};
use super::tokens::{BRANCH, BRANCHES, Branch, EMBEDDING, Table, TokenLayers};
use super::{NAME, UNKNOWN};
use crate::embed::EmbedError;
use crate::embed::arithmetic::Norm;
use crate::embed::int8::Linear;
use crate::embed::kernel::integer::Weights;
use crate::embed::sentencepiece::{Charsmap, Piece, SentencePiece, Unigram};

// Statics: constants would be laid down once for every codegen unit that uses them.
static TABLE: &[u8] = include_bytes!("../../../assets/use-multilingual/table.zst");
static WEIGHTS: &[u8] = include_bytes!("../../../assets/use-multilingual/weights.safetensors.zst");
static TOKENIZER: &[u8] = include_bytes!("../../../assets/use-multilingual/tokenizer.safetensors.zst");

/// Orders of the n-gram branches, and how many tokens each window starts before the token.
const ORDERS: [(usize, usize); BRANCHES] = [(2, 0), (3, 1), (5, 2)];

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
    let branches: Result<Vec<Branch>, EmbedError> = ORDERS
        .iter()
        .map(|&(order, left)| branch(&tensors, order, left))
        .collect();
    let (projection, projected_one) = projection(&tensors)?;
    Ok(Network {
        tokens: TokenLayers {
            table: Table {
                levels,
                scale: tensors.vector("table.scale")?,
                offset: tensors.vector("table.offset")?,
            },
            projection,
            projected_one,
            projection_norm: tensors.norm("projection.norm", epsilon)?,
            branches: branches?,
            norm: tensors.norm("norm", epsilon)?,
        },
        pool: tensors.linear("pool")?,
        head: [tensors.block("head.0")?, tensors.block("head.1")?],
        epsilon,
    })
}

/// The branches' projections side by side are one matrix. Beside it, what it makes of a row of ones.
fn projection(tensors: &Tensors) -> Result<(Linear, Vec<f32>), EmbedError> {
    let parts: Vec<(Vec<i8>, f32)> = ORDERS
        .iter()
        .map(|(order, _)| tensors.matrix(&format!("ngram.{order}.projection")))
        .collect::<Result<_, _>>()?;
    let rows = (0..EMBEDDING).map(|row| row * BRANCH..(row + 1) * BRANCH);
    let weights: Vec<i8> = rows
        .flat_map(|row| parts.iter().flat_map(move |(part, _)| &part[row.clone()]))
        .copied()
        .collect();
    let scale: Vec<f32> = parts.iter().flat_map(|(_, scale)| [*scale; BRANCH]).collect();
    let mut one = vec![0.0; scale.len()];
    for row in weights.chunks_exact(scale.len()) {
        one.iter_mut()
            .zip(row)
            .for_each(|(sum, &level)| *sum += f32::from(level));
    }
    one.iter_mut().zip(&scale).for_each(|(sum, scale)| *sum *= scale);
    let linear = Linear {
        weights: Weights::new(&weights, scale.len()),
        bias: tensors.vector("projection.bias")?,
        scale,
    };
    Ok((linear, one))
}

fn branch(tensors: &Tensors, order: usize, left: usize) -> Result<Branch, EmbedError> {
    let name = |layer: &str| format!("ngram.{order}.{layer}");
    let (below, scale) = tensors.matrix(&name("conv1"))?;
    let row = |row: usize| &below[row * BRANCH..(row + 1) * BRANCH];
    let beside: Vec<i8> = (0..BRANCH)
        .flat_map(|input| (0..order).flat_map(move |at| row(at * BRANCH + input)))
        .copied()
        .collect();
    let first = Linear {
        weights: Weights::new(&beside, order * BRANCH),
        scale: vec![scale; BRANCH],
        bias: tensors.vector(&name("conv1.bias"))?,
    };
    Ok(Branch {
        order,
        left,
        first,
        second: tensors.linear(&name("conv2"))?,
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

    /// A matrix in 8 bits, row after row, and the value of one level.
    fn matrix(&self, name: &str) -> Result<(Vec<i8>, f32), EmbedError> {
        let view = self.view(&format!("{name}.weight"), Dtype::I8)?;
        let scale = self.vector(&format!("{name}.scale"))?;
        let &[scale] = scale.as_slice() else {
            return Err(damaged(format!("{name} has no single scale")));
        };
        Ok((view.data().iter().map(|byte| byte.cast_signed()).collect(), scale))
    }

    /// A matrix without a bias.
    fn unbiased(&self, name: &str) -> Result<Linear, EmbedError> {
        let outputs = self.view(&format!("{name}.weight"), Dtype::I8)?.shape()[1];
        let (weights, scale) = self.matrix(name)?;
        Ok(Linear {
            weights: Weights::new(&weights, outputs),
            scale: vec![scale; outputs],
            bias: vec![0.0; outputs],
        })
    }

    fn linear(&self, name: &str) -> Result<Linear, EmbedError> {
        Ok(Linear {
            bias: self.vector(&format!("{name}.bias"))?,
            ..self.unbiased(name)?
        })
    }

    fn norm(&self, name: &str, epsilon: f32) -> Result<Norm, EmbedError> {
        let [weight, bias] = ["weight", "bias"].map(|part| self.vector(&format!("{name}.{part}")));
        Ok(Norm {
            weight: weight?,
            bias: bias?,
            epsilon,
        })
    }

    fn block(&self, name: &str) -> Result<Block, EmbedError> {
        let [hidden, output, shortcut] =
            ["hidden", "output", "shortcut"].map(|part| self.unbiased(&format!("{name}.{part}")));
        Ok(Block {
            hidden: hidden?,
            output: output?,
            shortcut: shortcut?,
        })
    }
}
