//! `[objective]`: what is minimised.

use serde::{Deserialize, Serialize};

use crate::objective::{Advantages, Divergence, Importance, Normalise};

/// What is minimised; only the table of the chosen name is used (`visual-sdpo` uses `grpo` too when its β > 0;
/// `uniform-distill` and `opsd` use the `visual-sdpo` table with α = 1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct ObjectiveConfig {
    pub name: ObjectiveName,
    pub visual_sdpo: VisualSdpoConfig,
    pub grpo: GrpoConfig,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveName {
    /// Cross-entropy on reference programs.
    Sft,
    /// Policy gradient with group-relative advantages.
    Grpo,
    /// Distillation from the self-teacher, weighted by visual credit, plus β · GRPO.
    #[default]
    VisualSdpo,
    /// The control: the same with α = 1.
    UniformDistill,
    /// The teacher sees the reference program.
    Opsd,
}

/// Visual-SDPO §2.3–2.4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct VisualSdpoConfig {
    /// Weight of a fully responsible statement (eq. 5); 1 = uniform.
    pub alpha: f64,
    /// Share of GRPO in the loss (eq. 8).
    pub beta: f64,
    pub kl: Divergence,
    /// Tokens of the student's distribution that are compared, the rest in one tail bucket; 0 = the whole vocabulary.
    pub top_k: usize,
    pub importance: Importance,
    /// `sequence` divides by Σw of each response, `token` by Σw of the batch, `dr-grpo` by `sampling.max-tokens`.
    pub normalise: Normalise,
    /// Largest KL of one token; 0 = no limit.
    pub kl_clamp: f64,
}

impl Default for VisualSdpoConfig {
    fn default() -> Self {
        Self {
            alpha: 2.0,
            beta: 0.0,
            kl: Divergence::Reverse,
            top_k: 100,
            importance: Importance::Tis,
            normalise: Normalise::Sequence,
            kl_clamp: 0.0,
        }
    }
}

/// Group-relative policy optimisation (VS eq. 7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GrpoConfig {
    pub advantage: Advantages,
    pub clip_low: f64,
    pub clip_high: f64,
    pub normalise: Normalise,
    /// Permit top-p or top-k sampling together with importance ratios, although every ratio is then biased.
    pub allow_biased_ratios: bool,
}

impl Default for GrpoConfig {
    fn default() -> Self {
        Self {
            advantage: Advantages::Grpo,
            clip_low: 0.2,
            clip_high: 0.28,
            normalise: Normalise::Token,
            allow_biased_ratios: false,
        }
    }
}
