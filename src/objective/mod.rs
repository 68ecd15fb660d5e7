//! Objectives: what is minimised, as functions of logits.
//!
//! Everything here is a pure function of tensors and plain numbers. Logits are `[N, V]`: the response positions of all
//! rows of a batch, one row after the other; [`Layout`] says which token belongs to which sequence. `divergence` gives a
//! KL per token, `policy_gradient` the GRPO surrogate, `advantage` its group statistics, `normalise` the coefficient
//! with which a token enters the scalar loss, `importance` the correction for stale or foreign samples.
//!
//! The Visual-SDPO paper gives no value for α, β, K or the learning rate; every default is this project's choice.

mod advantage;
mod batch;
mod divergence;
mod gdpo;
mod grpo;
mod importance;
mod layout;
mod policy_gradient;
mod sft;
mod visual_sdpo;

pub use advantage::{Advantages, advantages};
pub use batch::{Batch, Loss, Slice};
pub use divergence::{Divergence, divergence, sampled_divergence};
pub use gdpo::{Rewards, gdpo};
pub use grpo::Grpo;
pub use importance::{CAP, Importance, ratios};
pub use layout::{Layout, Normalise};
pub use policy_gradient::{Surrogate, surrogate};
pub use sft::Sft;
pub use visual_sdpo::VisualSdpo;

use candle_core::{D, Result, Tensor};

use crate::policy::loss;

/// What the teacher of an objective sees beside the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// There is no teacher.
    None,
    /// The rollout's own render, rubric, messages or traceback.
    Feedback,
    /// The reference program (OPSD).
    Reference,
}

/// A training objective: from logits to a scalar. Implementations are stateless.
pub trait Objective: Send + Sync {
    fn name(&self) -> &'static str;

    fn privilege(&self) -> Privilege;

    /// The loss of a micro-batch; summed over the micro-batches of a batch it is the batch's loss, because coefficients
    /// are normalised over the whole batch.
    fn loss(&self, batch: &Batch, slice: &Slice<'_>) -> Result<Loss>;
}

/// log p(token) at every position. Logits `[N, V]`, `tokens` of length N → `[N]`, differentiable.
pub fn token_logprobs(logits: &Tensor, tokens: &[u32]) -> Result<Tensor> {
    if loss::reads(logits) {
        return loss::token_log_probs(logits, tokens);
    }
    let ids = Tensor::new(tokens, logits.device())?.unsqueeze(1)?;
    let chosen = logits.gather(&ids, D::Minus1)?.squeeze(1)?;
    chosen - logits.log_sum_exp(D::Minus1)?
}

/// `Σ_t coefficient_t · value_t`: the scalar loss of per-token values `[N]`.
pub fn weighted_sum(values: &Tensor, coefficients: &[f32]) -> Result<Tensor> {
    (values * Tensor::new(coefficients, values.device())?)?.sum_all()
}
