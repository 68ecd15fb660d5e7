//! `[render]`: running programs.

use serde::{Deserialize, Serialize};

/// Running programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RenderConfig {
    /// Wall-clock limit of one render.
    pub deadline_ms: u64,
    /// Renders at once; 0 = one per core.
    pub workers: usize,
}

impl Default for RenderConfig {
    fn default() -> Self {
        Self { deadline_ms: 10_000, workers: 0 }
    }
}
