//! Importance ratios of the distillation term.

use serde::{Deserialize, Serialize};

/// What corrects the distillation term for samples that are not the current policy's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Importance {
    None,
    /// Staleness and engine mismatch: `min(π_θ/π_old, 2) · min(π_old/μ, 2)`. A batch that was sampled ahead
    /// (`train.async-level`) weighs its tokens by `min(π_θ/μ, 2)`; one that the present policy sampled, by 1.
    #[default]
    Tis,
    /// The paper's words taken literally, as an ablation: `min(p_T(y)/p_S(y), 2)`. It weakens exactly the tokens that
    /// the teacher rejects.
    CtxRatio,
    /// Importance-weighted on-policy distillation: instead of the divergence its sampled-token estimate
    /// ([`super::sampled_divergence`]), weighted as `tis` does. The same expectation, and a variance that is no default.
    IwOpd,
}

/// The largest value of a ratio's factors.
pub const CAP: f64 = 2.0;

/// ρ per token, detached. All arguments are log-probabilities of the sampled tokens: `now` under the student being
/// updated, `old` under the trainer's policy when the batch was sampled, `engine` (μ) as the sampler reported, `teacher`
/// under the teacher. Log-ratios are clamped to ±20 before the exponential, ratios capped at 2.
pub fn ratios(kind: Importance, now: &[f32], old: &[f32], engine: &[f32], teacher: &[f32]) -> Vec<f32> {
    let capped = |a: f32, b: f32| (f64::from(a) - f64::from(b)).clamp(-20.0, 20.0).exp().min(CAP);
    (0..now.len())
        .map(|t| match kind {
            Importance::None => 1.0,
            Importance::Tis | Importance::IwOpd => {
                (capped(now[t], old[t]) * capped(old[t], engine[t])) as f32
            }
            Importance::CtxRatio => capped(teacher[t], now[t]) as f32,
        })
        .collect()
}
