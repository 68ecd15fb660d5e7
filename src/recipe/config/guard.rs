//! `[guard]`: what happens when a run goes wrong in a known way.

use serde::{Deserialize, Serialize};

/// What happens when a run goes wrong in a known way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GuardConfig {
    /// The teacher predicts references no better than the student.
    pub teacher_gain: GuardAction,
    /// KL and disagreement vanish while the reward falls, or sampled failures double.
    pub collapse: GuardAction,
    /// Largest mean |log-probability at sampling − at training| on the same tokens; above it the run stops. 0 = no check.
    pub mismatch: f64,
}

impl Default for GuardConfig {
    fn default() -> Self {
        Self { teacher_gain: GuardAction::Warn, collapse: GuardAction::Warn, mismatch: 1e-3 }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardAction {
    Off,
    #[default]
    Warn,
    Stop,
}
