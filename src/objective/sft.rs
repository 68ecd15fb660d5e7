//! Supervised fine-tuning: next-token cross-entropy on reference programs.

use candle_core::Result;

use super::{Batch, Loss, Normalise, Objective, Privilege, Slice, token_logprobs, weighted_sum};

/// Mean cross-entropy over the batch's tokens. Its batches hold reference programs, not rollouts.
pub struct Sft;

impl Objective for Sft {
    fn name(&self) -> &'static str {
        "sft"
    }

    fn privilege(&self) -> Privilege {
        Privilege::None
    }

    fn loss(&self, batch: &Batch, slice: &Slice<'_>) -> Result<Loss> {
        let range = slice.range.clone();
        let now = token_logprobs(slice.student, &batch.tokens[range.clone()])?;
        let all = batch.layout.coefficients(Normalise::Token, &batch.weights, None, batch.max_tokens);
        let coefficients: Vec<f32> = all[range].iter().map(|c| -c).collect();
        let total = weighted_sum(&now, &coefficients)?;
        Ok(Loss { total, kl: Vec::new(), ratio: Vec::new(), now: now.to_vec1()? })
    }
}
