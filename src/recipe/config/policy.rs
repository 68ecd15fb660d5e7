//! `[policy]`: which weights, how they are read, and which of them learn.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::policy::Template;

/// Which weights, how they are read, and which of them learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PolicyConfig {
    /// A built-in architecture, initialised from the seed. Used when neither `path` nor `hub` is given.
    pub preset: String,
    /// A folder with `config.json`, safetensors and `tokenizer.json`.
    pub path: Option<String>,
    /// A model id on the hub.
    pub hub: Option<String>,
    /// Branch, tag or commit of `hub`.
    pub revision: String,
    /// `full` trains every weight, `lora` only the adapters of `[policy.lora]`.
    pub tune: Tune,
    pub lora: LoraConfig,
    /// Dimensions of the tiny preset; ignored with `path` or `hub`.
    pub tiny: TinyConfig,
    /// Images smaller than this many pixels are enlarged; 0 = what the checkpoint says.
    pub min_pixels: usize,
    /// Images larger than this many pixels are shrunk; 0 = what the checkpoint says.
    pub max_pixels: usize,
    /// How prompts are laid out: `chat` is the official chat template, `compact` spends as few tokens as possible.
    pub template: Template,
    /// Precision of the weights of a loaded model; `auto` is f32 on the CPU and bf16 on CUDA.
    pub dtype: Precision,
    /// Keep only the input of each block in the forward pass and compute the block again in the backward pass: less
    /// memory, a third more time, the same gradients.
    pub gradient_checkpointing: bool,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            preset: "tiny-web".into(),
            path: None,
            hub: None,
            revision: "main".into(),
            tune: Tune::Full,
            lora: LoraConfig::default(),
            tiny: TinyConfig::default(),
            min_pixels: 0,
            max_pixels: 0,
            template: Template::Compact,
            dtype: Precision::Auto,
            gradient_checkpointing: false,
        }
    }
}

impl PolicyConfig {
    /// Where the weights come from: `path`, else `hub`, else `preset`.
    pub fn source(&self) -> PolicySource<'_> {
        match (self.path.as_deref(), self.hub.as_deref()) {
            (Some(path), _) => PolicySource::Folder(Path::new(path)),
            (None, Some(id)) => PolicySource::Hub { id, revision: &self.revision },
            (None, None) => PolicySource::Preset(&self.preset),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicySource<'a> {
    Preset(&'a str),
    Folder(&'a Path),
    Hub { id: &'a str, revision: &'a str },
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tune {
    #[default]
    Full,
    Lora,
}

/// How many bits a weight has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    #[default]
    Auto,
    F32,
    Bf16,
}

/// Low-rank adapters (LoRA): ΔW = (alpha / rank) · B A.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LoraConfig {
    pub rank: usize,
    pub alpha: f64,
    /// Names of linear layers, matched as the last part of the weight's path.
    pub targets: Vec<String>,
}

impl Default for LoraConfig {
    fn default() -> Self {
        let targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
        Self { rank: 16, alpha: 32.0, targets: targets.map(String::from).to_vec() }
    }
}

/// The embedded Qwen3-VL of a few million parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct TinyConfig {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub intermediate: usize,
    pub vision_hidden: usize,
    pub vision_layers: usize,
    pub vision_heads: usize,
    pub patch: usize,
    /// Size that the byte-level BPE is trained to, special tokens included.
    pub vocab: usize,
    /// Standard deviation of the initial weights.
    pub init_std: f64,
}

impl Default for TinyConfig {
    fn default() -> Self {
        Self {
            hidden: 192,
            layers: 4,
            heads: 6,
            kv_heads: 2,
            head_dim: 32,
            intermediate: 512,
            vision_hidden: 96,
            vision_layers: 2,
            vision_heads: 4,
            patch: 16,
            vocab: 1024,
            init_std: 0.02,
        }
    }
}
