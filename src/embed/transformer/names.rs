//! What the files of each architecture call the parts of a layer.

use super::config::ModelType;

/// Names of a layer's parts, without `weight` and `bias`.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) query: String,
    pub(super) key: String,
    pub(super) value: String,
    pub(super) attention_output: String,
    pub(super) attention_norm: String,
    pub(super) hidden: String,
    pub(super) output: String,
    pub(super) norm: String,
}

/// The parts of layer `index`.
pub(super) fn of_layer(kind: ModelType, index: usize) -> Names {
    let (layers, parts) = match kind {
        ModelType::Bert | ModelType::XlmRoberta => (
            "encoder.layer",
            [
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "attention.output.LayerNorm",
                "intermediate.dense",
                "output.dense",
                "output.LayerNorm",
            ],
        ),
        ModelType::Distilbert => (
            "transformer.layer",
            [
                "attention.q_lin",
                "attention.k_lin",
                "attention.v_lin",
                "attention.out_lin",
                "sa_layer_norm",
                "ffn.lin1",
                "ffn.lin2",
                "output_layer_norm",
            ],
        ),
    };
    let [
        query,
        key,
        value,
        attention_output,
        attention_norm,
        hidden,
        output,
        norm,
    ] = parts.map(|part| format!("{layers}.{index}.{part}"));
    Names {
        query,
        key,
        value,
        attention_output,
        attention_norm,
        hidden,
        output,
        norm,
    }
}
