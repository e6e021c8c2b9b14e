//! The model's description of itself.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::pooling::{Mode, Pooling};

/// All stages of a model and how texts enter it.
#[derive(Debug)]
pub(super) struct Description {
    pub(super) transformer: TransformerConfig,
    pub(super) pooling: Pooling,
    pub(super) dense: Vec<DenseStage>,
    /// Folders of all later stages.
    pub(super) stages: Vec<String>,
    pub(super) max_tokens: usize,
    /// What stands before every text; empty where the model's files name no default.
    pub(super) prompt: String,
}

/// A dense layer behind the pooling.
#[derive(Debug)]
pub(super) struct DenseStage {
    /// Its folder, relative to the model's.
    pub(super) path: String,
    pub(super) config: DenseConfig,
}

/// `config.json` of a transformer; `DistilBERT` has names of its own.
#[derive(Debug, Deserialize)]
pub(super) struct TransformerConfig {
    pub(super) model_type: ModelType,
    #[serde(alias = "dim")]
    pub(super) hidden_size: usize,
    #[serde(alias = "n_layers")]
    pub(super) num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    pub(super) num_attention_heads: usize,
    pub(super) max_position_embeddings: usize,
    #[serde(default = "default_epsilon")]
    pub(super) layer_norm_eps: f32,
    #[serde(default)]
    pub(super) pad_token_id: Option<usize>,
    #[serde(alias = "activation")]
    hidden_act: String,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

impl TransformerConfig {
    /// The position of a sequence's first token: `RoBERTa` counts from behind the padding's id.
    pub(super) fn first_position(&self) -> usize {
        match self.model_type {
            ModelType::Bert | ModelType::Distilbert => 0,
            ModelType::XlmRoberta => self.pad_token_id.unwrap_or(1) + 1,
        }
    }

    fn check(self) -> Result<Self, String> {
        if self.hidden_act != "gelu" {
            return Err(format!(
                "config.json asks for the activation {}; only gelu is supported",
                self.hidden_act
            ));
        }
        if self
            .position_embedding_type
            .as_deref()
            .is_some_and(|kind| kind != "absolute")
        {
            return Err("config.json asks for relative positions; only absolute ones are supported".to_owned());
        }
        if self.num_attention_heads == 0 || !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            return Err("config.json has a hidden size that its attention heads do not divide".to_owned());
        }
        Ok(self)
    }
}

/// What `DistilBERT`, whose file does not say, and BERT use.
fn default_epsilon() -> f32 {
    1e-12
}

/// Architectures that are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ModelType {
    Bert,
    Distilbert,
    XlmRoberta,
}

/// `config.json` of a dense layer.
#[derive(Debug, Deserialize)]
pub(super) struct DenseConfig {
    pub(super) bias: bool,
    pub(super) activation_function: String,
}

#[derive(Debug, Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// `config_sentence_transformers.json`.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct Prompts {
    #[serde(default)]
    prompts: BTreeMap<String, String>,
    #[serde(default)]
    default_prompt_name: Option<String>,
}

impl Prompts {
    /// One that is the default.
    pub(super) fn only(prompt: &str) -> Self {
        let name = "query".to_owned();
        Self {
            prompts: BTreeMap::from([(name.clone(), prompt.to_owned())]),
            default_prompt_name: Some(name),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
struct Lengths {
    #[serde(default)]
    max_seq_length: Option<usize>,
    /// Written as a float of 30 digits where there is no limit.
    #[serde(default)]
    model_max_length: Option<f64>,
}

/// Older files have a flag a mode, newer ones a name.
#[derive(Debug, Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, serde_json::Value>,
}

impl Description {
    pub(super) fn read(folder: &Path) -> Result<Self, String> {
        let modules: Vec<Module> = read(folder, "modules.json")?;
        let transformer: TransformerConfig = read(folder, "config.json")?;
        let transformer = transformer.check()?;
        let mut pooling = None;
        let mut dense = Vec::new();
        let mut stages = Vec::new();
        for (index, Module { path, kind }) in modules.into_iter().enumerate() {
            if path.contains(['/', '\\']) || path.starts_with('.') {
                return Err(format!(
                    "modules.json names a folder {path:?}, which is not one beside it"
                ));
            }
            if !path.is_empty() {
                stages.push(path.clone());
            }
            match kind.rsplit('.').next().unwrap_or_default() {
                "Transformer" if index == 0 && path.is_empty() => {}
                "Pooling" if pooling.is_none() => pooling = Some(read_pooling(folder, &path)?),
                "Dense" if pooling.is_some() => {
                    let config = read(folder, &format!("{path}/config.json"))?;
                    dense.push(DenseStage { path, config });
                }
                // Vectors get unit length in any case.
                "Normalize" if pooling.is_some() => {}
                _ => {
                    return Err(format!(
                        "modules.json has a stage {kind} at place {index}, which is not supported"
                    ));
                }
            }
        }
        let pooling = pooling.ok_or("modules.json names no pooling")?;
        Ok(Self {
            max_tokens: max_tokens(folder, &transformer)?,
            prompt: prompt(folder)?,
            transformer,
            pooling,
            dense,
            stages,
        })
    }
}

fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, String> {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is not understood: {error}", path.display()))
}

/// The same for a file that a model need not have.
fn read_optional<T: DeserializeOwned + Default>(folder: &Path, name: &str) -> Result<T, String> {
    if folder.join(name).exists() {
        read(folder, name)
    } else {
        Ok(T::default())
    }
}

fn read_pooling(folder: &Path, path: &str) -> Result<Pooling, String> {
    let config: PoolingConfig = read(folder, &format!("{path}/config.json"))?;
    let mut names: Vec<String> = config
        .pooling_mode
        .iter()
        .flat_map(|mode| mode.split('+'))
        .map(str::to_owned)
        .collect();
    for (key, value) in &config.others {
        if let (Some(name), Some(true)) = (key.strip_prefix("pooling_mode_"), value.as_bool()) {
            names.push(name.to_owned());
        }
    }
    let [name] = names.as_slice() else {
        return Err(format!(
            "{path}/config.json asks for the poolings {names:?}; exactly one is supported"
        ));
    };
    let mode = match name.as_str() {
        "cls" | "cls_token" => Mode::First,
        "mean" | "mean_tokens" => Mode::Mean,
        "max" | "max_tokens" => Mode::Max,
        _ => {
            return Err(format!(
                "{path}/config.json asks for the pooling {name}; cls, mean and max are supported"
            ));
        }
    };
    if config
        .others
        .get("include_prompt")
        .is_some_and(|include| include.as_bool() == Some(false))
    {
        return Err(format!(
            "{path}/config.json leaves the prompt out of the pooling, which is not supported"
        ));
    }
    Ok(Pooling { mode })
}

fn max_tokens(folder: &Path, transformer: &TransformerConfig) -> Result<usize, String> {
    let own: Lengths = read_optional(folder, "sentence_bert_config.json")?;
    let tokenizer: Lengths = read_optional(folder, "tokenizer_config.json")?;
    let positions = transformer
        .max_position_embeddings
        .saturating_sub(transformer.first_position());
    let named = own
        .max_seq_length
        .or(tokenizer.model_max_length.map(|length| length as usize));
    Ok(named.unwrap_or(positions).min(positions))
}

fn prompt(folder: &Path) -> Result<String, String> {
    let mut prompts: Prompts = read_optional(folder, "config_sentence_transformers.json")?;
    let Some(name) = prompts.default_prompt_name else {
        return Ok(String::new());
    };
    prompts
        .prompts
        .remove(&name)
        .ok_or_else(|| format!("config_sentence_transformers.json has no prompt {name}"))
}
