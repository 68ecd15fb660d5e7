//! `[sampling]`: how responses are drawn in training.

use serde::{Deserialize, Serialize};

/// Sampling for training. A filter (top-p < 1 or top-k > 0) biases importance ratios, see
/// [`GrpoConfig::allow_biased_ratios`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SamplingConfig {
    /// Also divides the logits of student and teacher in every loss.
    pub temperature: f64,
    pub top_p: f64,
    /// 0 = no limit.
    pub top_k: usize,
    /// Longest response in tokens.
    pub max_tokens: usize,
    /// Sequences that are decoded together.
    pub concurrency: usize,
}

impl Default for SamplingConfig {
    fn default() -> Self {
        Self { temperature: 1.0, top_p: 1.0, top_k: 0, max_tokens: 256, concurrency: 64 }
    }
}
