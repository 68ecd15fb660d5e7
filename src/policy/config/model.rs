//! A model as a whole: reading and writing its `config.json`.

use std::path::Path;

use serde_json::{Value, json};

use super::{Stretch, TextConfig, VisionConfig};
use crate::policy::{PolicyError, Result, names, node::Node};

/// A Qwen3-VL model; without [`ModelConfig::vision`] a text-only one.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    pub text: TextConfig,
    pub vision: Option<VisionConfig>,
    /// The output layer is the embedding.
    pub tied: bool,
    pub tokens: SpecialIds,
}

/// Token ids with a meaning to the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpecialIds {
    pub image: u32,
    pub video: u32,
    pub vision_start: u32,
    pub vision_end: u32,
    pub bos: u32,
    pub eos: u32,
}

impl ModelConfig {
    /// The preset `tiny-web`: about two million parameters without the embedding's share.
    pub fn tiny(vocab: usize, tokens: SpecialIds) -> Self {
        Self {
            text: TextConfig {
                vocab,
                hidden: 192,
                intermediate: 512,
                layers: 4,
                heads: 6,
                kv_heads: 2,
                head_dim: 32,
                rms_eps: 1e-6,
                rope_theta: 10_000.0,
                stretch: Stretch::None,
                mrope_section: [6, 5, 5],
                max_positions: 4096,
                qk_norm: true,
            },
            vision: Some(VisionConfig {
                hidden: 128,
                intermediate: 256,
                depth: 2,
                heads: 4,
                patch: 16,
                temporal_patch: 2,
                merge: 2,
                channels: 3,
                position_side: 8,
                deepstack: Vec::new(),
            }),
            tied: true,
            tokens,
        }
    }

    /// Reads `config.json` in a model folder.
    pub fn load(dir: &Path) -> Result<Self> {
        let path = dir.join("config.json");
        Self::from_json(&std::fs::read_to_string(&path).map_err(PolicyError::io(&path))?)
    }

    /// Reads the text of a `config.json`, of transformers 4 (`rope_scaling`, `rope_theta`) or 5 (`rope_parameters`).
    pub fn from_json(text: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(text)
            .map_err(|source| PolicyError::Json { what: "config.json".into(), source })?;
        let root = Node { value: &root, path: String::new() };
        root.expect_text("model_type", &["qwen3_vl", "qwen3", "llama"])?;
        let text = if root.has("text_config") { root.child("text_config")? } else { root.clone() };
        let vision = if root.has("vision_config") { Some(root.child("vision_config")?) } else { None };
        let tied = root.optional_flag("tie_word_embeddings").or(text.optional_flag("tie_word_embeddings"));
        let config = Self {
            text: TextConfig::read(&text, root.optional_text("model_type") != Some("llama"))?,
            vision: vision.as_ref().map(VisionConfig::read).transpose()?,
            tied: tied.unwrap_or(false),
            tokens: SpecialIds::read(&root, &text)?,
        };
        if let Some(node) = vision {
            let out = node.number("out_hidden_size")?;
            if out != config.text.hidden {
                let problem = format!("is {out}, the text's hidden size {}", config.text.hidden);
                return Err(node.error("out_hidden_size", problem));
            }
        }
        config.validate()?;
        Ok(config)
    }

    /// The official layout (transformers 4): of Qwen3-VL, or of a text-only Qwen3 or Llama.
    pub fn to_json(&self) -> Value {
        let (t, ids) = (&self.text, &self.tokens);
        let Some(vision) = &self.vision else { return self.flat_json() };
        let mut text = t.to_json(ids, self.tied);
        text["model_type"] = json!("qwen3_vl_text");
        let mut rope = t.stretch.to_json();
        rope.insert("mrope_interleaved".into(), json!(true));
        rope.insert("mrope_section".into(), json!(t.mrope_section));
        text["rope_scaling"] = rope.into();
        json!({
            "architectures": ["Qwen3VLForConditionalGeneration"],
            "image_token_id": ids.image,
            "model_type": "qwen3_vl",
            "text_config": text,
            "tie_word_embeddings": self.tied,
            "transformers_version": "4.57.0",
            "video_token_id": ids.video,
            "vision_config": vision.to_json(t.hidden),
            "vision_end_token_id": ids.vision_end,
            "vision_start_token_id": ids.vision_start,
        })
    }

    fn flat_json(&self) -> Value {
        let mut root = self.text.to_json(&self.tokens, self.tied);
        let (kind, class) = match self.text.qk_norm {
            true => ("qwen3", "Qwen3ForCausalLM"),
            false => ("llama", "LlamaForCausalLM"),
        };
        root["architectures"] = json!([class]);
        root["model_type"] = json!(kind);
        root["transformers_version"] = json!("4.57.0");
        root
    }

    /// Whether the numbers fit each other.
    pub fn validate(&self) -> Result<()> {
        self.text.validate(if self.vision.is_some() { "text_config." } else { "" })?;
        self.vision.as_ref().map_or(Ok(()), |vision| vision.validate(self.text.layers))
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        names::shapes(self).iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }
}

impl SpecialIds {
    fn read(root: &Node<'_>, text: &Node<'_>) -> Result<Self> {
        Ok(Self {
            image: root.id("image_token_id", 151_655)?,
            video: root.id("video_token_id", 151_656)?,
            vision_start: root.id("vision_start_token_id", 151_652)?,
            vision_end: root.id("vision_end_token_id", 151_653)?,
            bos: text.id("bos_token_id", 151_643)?,
            eos: text.id("eos_token_id", 151_645)?,
        })
    }
}

/// Largest width, count or side that is believed: beyond it a file is damaged, not large.
const LARGEST: usize = 1 << 24;
/// Most layers that are believed.
pub(super) const MOST_LAYERS: usize = 4096;

/// Every field is at least 1 and believable.
pub(super) fn positive(prefix: &str, fields: &[(&str, usize)]) -> Result<()> {
    fields.iter().try_for_each(|(field, value)| {
        require(
            (1..=LARGEST).contains(value),
            &format!("{prefix}{field}"),
            &format!("is {value}, must be from 1 to {LARGEST}"),
        )
    })
}

pub(super) fn require(fits: bool, field: &str, problem: &str) -> Result<()> {
    if fits { Ok(()) } else { Err(PolicyError::config(field, problem)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_survives_its_own_layout() {
        let mut config = ModelConfig::tiny(1000, SpecialIds { image: 3, eos: 2, ..Default::default() });
        if let Some(vision) = &mut config.vision {
            vision.deepstack = vec![0, 1];
        }
        assert_eq!(ModelConfig::from_json(&config.to_json().to_string()).unwrap(), config);
        config.vision = None;
        config.text.mrope_section = [16, 0, 0];
        for qk_norm in [true, false] {
            config.text.qk_norm = qk_norm;
            let again = ModelConfig::from_json(&config.to_json().to_string()).unwrap();
            assert_eq!(again.text, config.text);
        }
    }

    #[test]
    fn an_error_names_the_field() {
        let mut json = ModelConfig::tiny(1000, SpecialIds::default()).to_json();
        json["text_config"]["hidden_size"] = json!("wide");
        let error = ModelConfig::from_json(&json.to_string()).unwrap_err().to_string();
        assert!(error.contains("text_config.hidden_size"), "{error}");
        let missing = ModelConfig::from_json(r#"{"model_type": "qwen3_vl", "text_config": {}}"#).unwrap_err();
        assert!(missing.to_string().contains("text_config.rope_theta"), "{missing}");
        let huge = r#"{"model_type": "llama", "hidden_size": 99999999999, "num_attention_heads": 1,
            "intermediate_size": 1, "vocab_size": 8, "num_hidden_layers": 1, "num_key_value_heads": 1,
            "rms_norm_eps": 1e-5, "max_position_embeddings": 16}"#;
        let error = ModelConfig::from_json(huge).unwrap_err().to_string();
        assert!(error.contains("`hidden_size` is 99999999999"), "{error}");
    }
}
