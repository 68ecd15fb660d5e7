//! The sizes of the network.

use std::path::Path;

use serde::Deserialize;

use super::super::PerceptualError;

/// `vision_config` of a `config.json` and the width of the embedding; what is not there is ViT-B/32's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClipConfig {
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub image_size: usize,
    pub patch_size: usize,
    pub layer_norm_eps: f64,
    pub hidden_act: String,
}

impl Default for ClipConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            image_size: 224,
            patch_size: 32,
            layer_norm_eps: 1e-5,
            hidden_act: "quick_gelu".into(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    vision_config: ClipConfig,
}

impl ClipConfig {
    /// # Errors
    /// `Damaged`: not JSON, or sizes that do not fit together.
    pub fn read(path: &Path) -> Result<Self, PerceptualError> {
        let damaged = |problem: String| PerceptualError::damaged(path, problem);
        let text = std::fs::read_to_string(path).map_err(|error| damaged(error.to_string()))?;
        let file: File = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        let config = file.vision_config;
        if config.hidden_act != "quick_gelu" {
            return Err(damaged(format!("activation `{}` is not quick_gelu", config.hidden_act)));
        }
        let divides = |a: usize, b: usize| b > 0 && a.is_multiple_of(b) && a > 0;
        if !divides(config.hidden_size, config.num_attention_heads)
            || !divides(config.image_size, config.patch_size)
        {
            return Err(damaged(format!("sizes do not fit together: {config:?}")));
        }
        Ok(config)
    }
}
