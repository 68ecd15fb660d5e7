//! The shape of the language model.

use serde_json::{Value, json};

use super::{
    SpecialIds, Stretch,
    model::{MOST_LAYERS, positive, require},
};
use crate::policy::{Result, node::Node};

/// The language model.
#[derive(Clone, Debug, PartialEq)]
pub struct TextConfig {
    pub vocab: usize,
    pub hidden: usize,
    pub intermediate: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub rms_eps: f64,
    pub rope_theta: f64,
    pub stretch: Stretch,
    /// Frequencies that follow time, height and width; the sum is `head_dim / 2`.
    pub mrope_section: [usize; 3],
    pub max_positions: usize,
    /// Queries and keys are normed head by head (Qwen3); Llama's are not.
    pub qk_norm: bool,
}

impl TextConfig {
    /// Reads the fields of a text model; without `qwen` they are Llama's, whose base may be missing (it is 10,000 then).
    pub(super) fn read(node: &Node<'_>, qwen: bool) -> Result<Self> {
        let rope = ["rope_scaling", "rope_parameters"].into_iter().find(|name| node.has(name));
        let rope = rope.map(|name| node.child(name)).transpose()?;
        let theta = match rope.as_ref().filter(|rope| rope.has("rope_theta")) {
            Some(rope) => rope.real("rope_theta")?,
            None if !qwen && !node.has("rope_theta") => 10_000.0,
            None => node.real("rope_theta")?,
        };
        let (hidden, heads) = (node.number("hidden_size")?, node.number("num_attention_heads")?);
        let head_dim = if node.has("head_dim") { node.number("head_dim")? } else { hidden / heads.max(1) };
        let section = match rope.as_ref().filter(|rope| rope.has("mrope_section")) {
            Some(rope) => rope.triple("mrope_section")?,
            None => [head_dim / 2, 0, 0],
        };
        if let Some(kind) = node.optional_text("hidden_act").filter(|kind| *kind != "silu") {
            return Err(node.error("hidden_act", format!("is `{kind}`; only `silu` is known")));
        }
        for field in ["attention_bias", "mlp_bias"] {
            if node.optional_flag(field) == Some(true) {
                return Err(node.error(field, "is true; only models without are known"));
            }
        }
        let max_positions = node.number("max_position_embeddings")?;
        let stretch = rope.as_ref().map(|rope| Stretch::read(rope, max_positions)).transpose()?;
        Ok(Self {
            vocab: node.number("vocab_size")?,
            hidden,
            intermediate: node.number("intermediate_size")?,
            layers: node.number("num_hidden_layers")?,
            heads,
            kv_heads: node.number("num_key_value_heads")?,
            head_dim,
            rms_eps: node.real("rms_norm_eps")?,
            rope_theta: theta,
            mrope_section: section,
            stretch: stretch.unwrap_or_default(),
            max_positions,
            qk_norm: qwen,
        })
    }

    /// The fields of a text model in the official layout.
    pub(super) fn to_json(&self, ids: &SpecialIds, tied: bool) -> Value {
        let mut fields = json!({
            "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": ids.bos, "dtype": "float32",
            "eos_token_id": ids.eos, "head_dim": self.head_dim, "hidden_act": "silu", "hidden_size": self.hidden,
            "initializer_range": 0.02, "intermediate_size": self.intermediate,
            "max_position_embeddings": self.max_positions, "num_attention_heads": self.heads,
            "num_hidden_layers": self.layers, "num_key_value_heads": self.kv_heads, "rms_norm_eps": self.rms_eps,
            "rope_theta": self.rope_theta, "tie_word_embeddings": tied, "use_cache": true, "vocab_size": self.vocab,
        });
        if self.stretch != Stretch::None {
            fields["rope_scaling"] = self.stretch.to_json().into();
        }
        fields
    }

    /// Whether the numbers fit each other; `prefix` is the path of the fields.
    pub(super) fn validate(&self, prefix: &str) -> Result<()> {
        positive(
            prefix,
            &[
                ("vocab_size", self.vocab),
                ("hidden_size", self.hidden),
                ("intermediate_size", self.intermediate),
                ("num_hidden_layers", self.layers),
                ("num_attention_heads", self.heads),
                ("num_key_value_heads", self.kv_heads),
                ("head_dim", self.head_dim),
            ],
        )?;
        let at = |field: &str| format!("{prefix}{field}");
        require(self.layers <= MOST_LAYERS, &at("num_hidden_layers"), "is more than any model has")?;
        require(
            self.heads.is_multiple_of(self.kv_heads),
            &at("num_key_value_heads"),
            "must divide the heads",
        )?;
        require(self.head_dim.is_multiple_of(2), &at("head_dim"), "must be even")?;
        require(
            self.rms_eps > 0.0 && self.rms_eps < 1.0,
            &at("rms_norm_eps"),
            "must be above 0 and below 1",
        )?;
        require(
            self.rope_theta >= 1.0 && self.rope_theta.is_finite(),
            &at("rope_theta"),
            "must be at least 1",
        )?;
        let sum = self.mrope_section.iter().fold(0usize, |sum, part| sum.saturating_add(*part));
        require(sum == self.head_dim / 2, &at("rope_scaling.mrope_section"), "must sum to head_dim / 2")
    }
}
