//! The shape of a model, as the official `config.json` says it.

use std::path::Path;

use serde_json::{Value, json};

use super::{PolicyError, Result, node::Node};

/// A Qwen3-VL model; without [`ModelConfig::vision`] a text-only one.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    pub text: TextConfig,
    pub vision: Option<VisionConfig>,
    /// The output layer is the embedding.
    pub tied: bool,
    pub tokens: SpecialIds,
}

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
    /// Frequencies that follow time, height and width; the sum is `head_dim / 2`.
    pub mrope_section: [usize; 3],
    pub max_positions: usize,
}

/// The vision tower.
#[derive(Clone, Debug, PartialEq)]
pub struct VisionConfig {
    pub hidden: usize,
    pub intermediate: usize,
    pub depth: usize,
    pub heads: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
    pub temporal_patch: usize,
    /// `merge × merge` patches make one token.
    pub merge: usize,
    pub channels: usize,
    /// Side of the learned grid of positions.
    pub position_side: usize,
    /// Blocks behind which features are taken; feature `i` is added after text layer `i`.
    pub deepstack: Vec<usize>,
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

/// Epsilon of every layer norm of the vision tower (fixed in the official code).
pub const VISION_EPS: f64 = 1e-6;
/// Base of the vision tower's rotary frequencies (fixed in the official code).
pub const VISION_THETA: f64 = 10_000.0;

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
                mrope_section: [6, 5, 5],
                max_positions: 4096,
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
        root.expect_text("model_type", &["qwen3_vl", "qwen3"])?;
        let text = if root.has("text_config") { root.child("text_config")? } else { root.clone() };
        let vision = if root.has("vision_config") { Some(root.child("vision_config")?) } else { None };
        let tied = root.optional_flag("tie_word_embeddings").or(text.optional_flag("tie_word_embeddings"));
        let config = Self {
            text: TextConfig::read(&text)?,
            vision: vision.map(|node| VisionConfig::read(&node)).transpose()?,
            tied: tied.unwrap_or(false),
            tokens: SpecialIds {
                image: root.id("image_token_id", 151_655)?,
                video: root.id("video_token_id", 151_656)?,
                vision_start: root.id("vision_start_token_id", 151_652)?,
                vision_end: root.id("vision_end_token_id", 151_653)?,
                bos: text.id("bos_token_id", 151_643)?,
                eos: text.id("eos_token_id", 151_645)?,
            },
        };
        if let Some(node) = root.has("vision_config").then(|| root.child("vision_config")).transpose()? {
            let out = node.number("out_hidden_size")?;
            if out != config.text.hidden {
                return Err(node.error(
                    "out_hidden_size",
                    format!("is {out}, the text's hidden size {}", config.text.hidden),
                ));
            }
        }
        config.validate()?;
        Ok(config)
    }

    /// The official layout (transformers 4).
    pub fn to_json(&self) -> Value {
        let (t, ids) = (&self.text, &self.tokens);
        let mut root = json!({
            "architectures": ["Qwen3VLForConditionalGeneration"],
            "image_token_id": ids.image,
            "model_type": "qwen3_vl",
            "text_config": {
                "attention_bias": false, "attention_dropout": 0.0, "bos_token_id": ids.bos, "dtype": "float32",
                "eos_token_id": ids.eos, "head_dim": t.head_dim, "hidden_act": "silu", "hidden_size": t.hidden,
                "initializer_range": 0.02, "intermediate_size": t.intermediate,
                "max_position_embeddings": t.max_positions, "model_type": "qwen3_vl_text",
                "num_attention_heads": t.heads, "num_hidden_layers": t.layers, "num_key_value_heads": t.kv_heads,
                "rms_norm_eps": t.rms_eps,
                "rope_scaling": {"mrope_interleaved": true, "mrope_section": t.mrope_section, "rope_type": "default"},
                "rope_theta": t.rope_theta, "tie_word_embeddings": self.tied, "use_cache": true, "vocab_size": t.vocab,
            },
            "tie_word_embeddings": self.tied,
            "transformers_version": "4.57.0",
            "video_token_id": ids.video,
        });
        if let (Some(vision), Some(object)) = (&self.vision, root.as_object_mut()) {
            object.insert("vision_config".into(), vision.to_json(t.hidden));
            object.insert("vision_end_token_id".into(), json!(ids.vision_end));
            object.insert("vision_start_token_id".into(), json!(ids.vision_start));
        }
        root
    }

    /// Whether the numbers fit each other.
    pub fn validate(&self) -> Result<()> {
        let t = &self.text;
        for (field, value) in [
            ("vocab_size", t.vocab),
            ("hidden_size", t.hidden),
            ("intermediate_size", t.intermediate),
            ("num_hidden_layers", t.layers),
            ("num_attention_heads", t.heads),
            ("num_key_value_heads", t.kv_heads),
            ("head_dim", t.head_dim),
        ] {
            require(value > 0, &format!("text_config.{field}"), "must be at least 1")?;
        }
        require(
            t.heads.is_multiple_of(t.kv_heads),
            "text_config.num_key_value_heads",
            "must divide the heads",
        )?;
        require(t.head_dim.is_multiple_of(2), "text_config.head_dim", "must be even")?;
        let sum: usize = t.mrope_section.iter().sum();
        require(sum == t.head_dim / 2, "text_config.rope_scaling.mrope_section", "must sum to head_dim / 2")?;
        self.vision.as_ref().map_or(Ok(()), |vision| vision.validate(t.layers))
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        super::names::shapes(self).iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
    }
}

impl TextConfig {
    fn read(node: &Node<'_>) -> Result<Self> {
        let rope = ["rope_scaling", "rope_parameters"].into_iter().find(|name| node.has(name));
        let rope = rope.map(|name| node.child(name)).transpose()?;
        let theta = match rope.as_ref().filter(|rope| rope.has("rope_theta")) {
            Some(rope) => rope.real("rope_theta")?,
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
        if node.optional_flag("attention_bias") == Some(true) {
            return Err(node.error("attention_bias", "is true; only models without are known"));
        }
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
            max_positions: node.number("max_position_embeddings")?,
        })
    }
}

impl VisionConfig {
    fn read(node: &Node<'_>) -> Result<Self> {
        node.expect_text("model_type", &["qwen3_vl", "qwen3_vl_vision"])?;
        let positions = node.number("num_position_embeddings")?;
        let side = positions.isqrt();
        if side * side != positions {
            return Err(node.error("num_position_embeddings", format!("is {positions}, not a square")));
        }
        Ok(Self {
            hidden: node.number("hidden_size")?,
            intermediate: node.number("intermediate_size")?,
            depth: node.number("depth")?,
            heads: node.number("num_heads")?,
            patch: node.number("patch_size")?,
            temporal_patch: node.number("temporal_patch_size")?,
            merge: node.number("spatial_merge_size")?,
            channels: node.number("in_channels")?,
            position_side: side,
            deepstack: node.numbers("deepstack_visual_indexes")?,
        })
    }

    fn to_json(&self, out: usize) -> Value {
        json!({
            "deepstack_visual_indexes": self.deepstack, "depth": self.depth, "hidden_act": "gelu_pytorch_tanh",
            "hidden_size": self.hidden, "in_channels": self.channels, "initializer_range": 0.02,
            "intermediate_size": self.intermediate, "model_type": "qwen3_vl", "num_heads": self.heads,
            "num_position_embeddings": self.position_side * self.position_side, "out_hidden_size": out,
            "patch_size": self.patch, "spatial_merge_size": self.merge, "temporal_patch_size": self.temporal_patch,
        })
    }

    fn validate(&self, layers: usize) -> Result<()> {
        let divides = self.heads > 0 && self.hidden.is_multiple_of(self.heads);
        require(
            divides && (self.hidden / self.heads).is_multiple_of(4),
            "vision_config.num_heads",
            "must divide the hidden size into heads of a multiple of 4",
        )?;
        require(self.position_side > 0, "vision_config.num_position_embeddings", "must be at least 1")?;
        require(
            self.patch * self.merge * self.temporal_patch > 0,
            "vision_config.patch_size",
            "must be at least 1",
        )?;
        let known = self.deepstack.iter().all(|&block| block < self.depth);
        require(known, "vision_config.deepstack_visual_indexes", "names a block that is not there")?;
        require(
            self.deepstack.len() <= layers,
            "vision_config.deepstack_visual_indexes",
            "has more entries than text layers",
        )
    }

    /// Width of one frame of a patch.
    pub fn patch_width(&self) -> usize {
        self.channels * self.patch * self.patch
    }
}

fn require(fits: bool, field: &str, problem: &str) -> Result<()> {
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
    }

    #[test]
    fn an_error_names_the_field() {
        let mut json = ModelConfig::tiny(1000, SpecialIds::default()).to_json();
        json["text_config"]["hidden_size"] = json!("wide");
        let error = ModelConfig::from_json(&json.to_string()).unwrap_err().to_string();
        assert!(error.contains("text_config.hidden_size"), "{error}");
        let missing = ModelConfig::from_json(r#"{"model_type": "qwen3_vl", "text_config": {}}"#).unwrap_err();
        assert!(missing.to_string().contains("text_config.rope_theta"), "{missing}");
    }
}
