//! What an objective is given: one optimiser step's rollouts, flattened to tokens.

use candle_core::Tensor;

use super::Layout;

/// Everything about a batch of rollouts that is known before the update; per-token vectors of length `layout.tokens()`.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub layout: Layout,
    pub tokens: Vec<u32>,
    /// Credit weights w_t (Visual-SDPO eq. 5).
    pub weights: Vec<f32>,
    /// Group-relative advantage of the token's rollout.
    pub advantages: Vec<f32>,
    /// log μ of the sampled token as the sampling engine reported it.
    pub engine: Vec<f32>,
    /// log π_old: the trainer's own policy when the batch was sampled; of a batch that was sampled ahead the same as
    /// `engine`. `None` before the first optimiser step of a batch of present samples, where π_old is the policy itself.
    pub old: Option<Vec<f32>>,
    /// Longest response that sampling permits (Dr.GRPO's normaliser).
    pub max_tokens: usize,
}

/// The logits of some consecutive tokens of a batch (a micro-batch).
pub struct Slice<'a> {
    pub range: std::ops::Range<usize>,
    /// `[n, V]`, divided by the sampling temperature; carries the gradient.
    pub student: &'a Tensor,
    /// `[n, V]`, the same tokens after the privileged prompt; absent for objectives without a teacher.
    pub teacher: Option<&'a Tensor>,
}

/// The loss of a slice; the losses of all slices of a batch add up to the loss of the batch.
pub struct Loss {
    pub total: Tensor,
    /// Per-token numbers for the record.
    pub kl: Vec<f32>,
    pub ratio: Vec<f32>,
    pub now: Vec<f32>,
}
