//! The transformer on a device of candle's, over padded batches.
//!
//! On graphics cards the library's operations are what there is; on the processor [`super::encoder`] is several times
//! as fast.

use candle_core::{D, Device, Result, Tensor};

use super::config::TransformerConfig;
use super::encoder::Batch;
use super::names::{self, Names};
use super::weights::Weights;

/// What keeps padding out of a softmax.
const MASKED: f32 = -1e9;

/// Embeddings and layers.
#[derive(Debug)]
pub(super) struct DeviceEncoder {
    device: Device,
    words: Tensor,
    positions: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
    width: usize,
}

impl DeviceEncoder {
    pub(super) fn load(config: &TransformerConfig, weights: &mut Weights, device: &Device) -> Result<Self> {
        weights.find("embeddings.word_embeddings.weight")?;
        let width = config.hidden_size;
        let positions = super::encoder::positions(config, weights)?;
        let mut source = Source {
            weights,
            device,
            config,
        };
        let layers = (0..config.num_hidden_layers)
            .map(|index| Layer::load(&mut source, &names::of_layer(config.model_type, index)))
            .collect::<Result<_>>()?;
        Ok(Self {
            device: device.clone(),
            words: source.tensor("embeddings.word_embeddings.weight")?,
            positions: Tensor::from_vec(positions.clone(), (positions.len() / width, width), device)?,
            norm: source.norm("embeddings.LayerNorm")?,
            layers,
            width,
        })
    }

    /// Number of tokens, and of places in a sequence, that have an embedding.
    pub(super) fn limits(&self) -> (usize, usize) {
        (self.words.dims()[0], self.positions.dims()[0])
    }

    /// The last layer's state of each token, [tokens, width].
    pub(super) fn forward(&self, batch: &Batch) -> Result<Vec<f32>> {
        let sequences = batch.sequences();
        let longest = sequences.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        let (mut ids, mut mask) = (Vec::new(), Vec::new());
        for sequence in &sequences {
            let padding = longest - sequence.len();
            ids.extend(&batch.ids()[sequence.clone()]);
            ids.extend(std::iter::repeat_n(0, padding));
            mask.extend(std::iter::repeat_n(0.0, sequence.len()));
            mask.extend(std::iter::repeat_n(MASKED, padding));
        }
        let words = self
            .words
            .index_select(&Tensor::from_vec(ids, sequences.len() * longest, &self.device)?, 0)?;
        let words = words.reshape((sequences.len(), longest, self.width))?;
        let states = words.broadcast_add(&self.positions.narrow(0, 0, longest)?)?;
        let mask = Tensor::from_vec(mask, (sequences.len(), 1, 1, longest), &self.device)?;
        let mut states = self.norm.forward(&states)?;
        for layer in &self.layers {
            states = layer.forward(&states, &mask)?;
        }
        let padded = states.flatten_all()?.to_vec1::<f32>()?;
        let rows = padded.chunks_exact(longest * self.width).zip(&sequences);
        Ok(rows
            .flat_map(|(row, sequence)| &row[..sequence.len() * self.width])
            .copied()
            .collect())
    }
}

/// Where tensors come from and go to.
struct Source<'a> {
    weights: &'a mut Weights,
    device: &'a Device,
    config: &'a TransformerConfig,
}

impl Source<'_> {
    fn tensor(&mut self, name: &str) -> Result<Tensor> {
        let shape = self.weights.shape(name).unwrap_or_default();
        Tensor::from_vec(self.weights.numbers(name)?, shape, self.device)
    }

    fn linear(&mut self, name: &str) -> Result<Linear> {
        Ok(Linear {
            weight: self.tensor(&format!("{name}.weight"))?.t()?.contiguous()?,
            bias: self.tensor(&format!("{name}.bias"))?,
        })
    }

    fn norm(&mut self, name: &str) -> Result<Norm> {
        let (weight, bias) = if self.weights.contains(&format!("{name}.weight")) {
            ("weight", "bias")
        } else {
            ("gamma", "beta")
        };
        Ok(Norm {
            weight: self.tensor(&format!("{name}.{weight}"))?,
            bias: self.tensor(&format!("{name}.{bias}"))?,
            epsilon: f64::from(self.config.layer_norm_eps),
        })
    }
}

#[derive(Debug)]
struct Linear {
    /// [inputs, outputs].
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        input.broadcast_matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

#[derive(Debug)]
struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl Norm {
    fn forward(&self, input: &Tensor) -> Result<Tensor> {
        let centred = input.broadcast_sub(&input.mean_keepdim(D::Minus1)?)?;
        let deviation = (centred.sqr()?.mean_keepdim(D::Minus1)? + self.epsilon)?.sqrt()?;
        centred
            .broadcast_div(&deviation)?
            .broadcast_mul(&self.weight)?
            .broadcast_add(&self.bias)
    }
}

#[derive(Debug)]
struct Layer {
    heads: usize,
    parts: [Linear; 3],
    attention_output: Linear,
    attention_norm: Norm,
    hidden: Linear,
    output: Linear,
    norm: Norm,
}

impl Layer {
    fn load(source: &mut Source, names: &Names) -> Result<Self> {
        Ok(Self {
            heads: source.config.num_attention_heads,
            parts: [
                source.linear(&names.query)?,
                source.linear(&names.key)?,
                source.linear(&names.value)?,
            ],
            attention_output: source.linear(&names.attention_output)?,
            attention_norm: source.norm(&names.attention_norm)?,
            hidden: source.linear(&names.hidden)?,
            output: source.linear(&names.output)?,
            norm: source.norm(&names.norm)?,
        })
    }

    fn forward(&self, states: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let context = self.attention(states, mask)?;
        let states = self
            .attention_norm
            .forward(&(states + self.attention_output.forward(&context)?)?)?;
        let hidden = self.hidden.forward(&states)?.gelu_erf()?;
        self.norm.forward(&(&states + self.output.forward(&hidden)?)?)
    }

    fn attention(&self, states: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (texts, tokens, width) = states.dims3()?;
        let size = width / self.heads;
        let split = |part: &Linear| -> Result<Tensor> {
            let rows = part.forward(states)?.reshape((texts, tokens, self.heads, size))?;
            rows.transpose(1, 2)?.contiguous()
        };
        let [queries, keys, values] = [0, 1, 2].map(|part| split(&self.parts[part]));
        let scores = (queries?.matmul(&keys?.t()?.contiguous()?)? / (size as f64).sqrt())?;
        let scores = scores.broadcast_add(mask)?;
        let weights = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let weights = weights.broadcast_div(&weights.sum_keepdim(D::Minus1)?)?;
        let context = weights.matmul(&values?)?.transpose(1, 2)?;
        context.contiguous()?.reshape((texts, tokens, width))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Precision;
    use super::super::config::Description;
    use super::super::encoder::Encoder;
    use super::*;

    #[test]
    fn states_equal_those_of_the_processor() {
        for name in ["labse-like", "e5-like", "distil-like"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/fixtures/transformers")
                .join(name);
            let config = Description::read(&folder).unwrap().transformer;
            let own = Encoder::load(&config, &mut Weights::open(&folder).unwrap(), Precision::Full).unwrap();
            let mut weights = Weights::open(&folder).unwrap();
            let device = DeviceEncoder::load(&config, &mut weights, &Device::Cpu).unwrap();
            let texts: [&[u32]; 3] = [&[2, 3], &[5; 30], &[7, 8, 9, 10, 11]];
            let batch = Batch::new(texts.into_iter());
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-4;
            let states = device.forward(&batch).unwrap();
            assert_eq!(states.len(), 37 * config.hidden_size);
            assert!(own.forward(&batch).iter().zip(&states).all(near), "{name}");
        }
    }
}
