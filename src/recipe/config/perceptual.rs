//! `[perceptual]`: where the weights of similarity networks lie.

use serde::{Deserialize, Serialize};

/// Where the weights of similarity networks lie. Read only when the domain is set to a similarity that needs them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PerceptualConfig {
    /// A folder with `lpips-alex.safetensors` and `lpips-vgg.safetensors`; where `galley fetch lpips` puts them if not given.
    pub lpips: Option<String>,
    /// A folder with `config.json` and `model.safetensors` of `openai/clip-vit-base-patch32`; where `galley fetch clip`
    /// puts them if not given.
    pub clip: Option<String>,
    /// A model id on the hub, instead of `clip`.
    pub clip_hub: Option<String>,
    /// Branch, tag or commit of `clip-hub`.
    pub clip_revision: String,
}

impl Default for PerceptualConfig {
    fn default() -> Self {
        Self { lpips: None, clip: None, clip_hub: None, clip_revision: "main".into() }
    }
}
