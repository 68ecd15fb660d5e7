//! GRPO: the clipped policy gradient with group-relative advantages.

use candle_core::{Result, Tensor};

use super::{
    Batch, Loss, Normalise, Objective, Privilege, Slice, Surrogate, surrogate, token_logprobs, weighted_sum,
};

/// SPEC: `L = −E_t min(ratio A, clip(ratio) A)`, no KL to a reference.
pub struct Grpo {
    pub clip: Surrogate,
    pub normalise: Normalise,
}

impl Grpo {
    /// The term alone, given the differentiable log-probabilities `[n]` of the slice's tokens.
    pub fn term(&self, batch: &Batch, slice: &Slice<'_>, now: &Tensor, old: &[f32]) -> Result<Tensor> {
        let ones = vec![1.0; batch.tokens.len()];
        let coefficients = batch.layout.coefficients(self.normalise, &ones, None, batch.max_tokens);
        let advantages = &batch.advantages[slice.range.clone()];
        let truncated = batch.old.as_ref().map(|_| {
            let engine = &batch.engine[slice.range.clone()];
            let weight = |(old, engine): (&f32, &f32)| (old - engine).clamp(-20.0, 20.0).exp().min(2.0);
            old.iter().zip(engine).map(weight).collect::<Vec<f32>>()
        });
        let values = surrogate(self.clip, now, old, advantages, truncated.as_deref())?;
        weighted_sum(&values, &coefficients[slice.range.clone()])
    }
}

impl Objective for Grpo {
    fn name(&self) -> &'static str {
        "grpo"
    }

    fn privilege(&self) -> Privilege {
        Privilege::None
    }

    fn loss(&self, batch: &Batch, slice: &Slice<'_>) -> Result<Loss> {
        let now_tensor = token_logprobs(slice.student, &batch.tokens[slice.range.clone()])?;
        let now: Vec<f32> = now_tensor.to_vec1()?;
        let old = batch.old.as_ref().map_or_else(|| now.clone(), |old| old[slice.range.clone()].to_vec());
        let total = self.term(batch, slice, &now_tensor, &old)?;
        let ratio = now.iter().zip(&old).map(|(now, old)| (now - old).exp()).collect();
        Ok(Loss { total, kl: Vec::new(), ratio, now })
    }
}
