//! Visual-SDPO: distillation from the teacher that sees the render, weighted by statement, plus β · GRPO (eq. 6–8).

use candle_core::{Error, Result};

use super::{
    Batch, Divergence, Grpo, Importance, Loss, Normalise, Objective, Privilege, Slice, divergence, ratios,
    sampled_divergence, token_logprobs, weighted_sum,
};

/// `L = (1/Σw) Σ w ρ KL(S ‖ T) + β · L_GRPO`. With weights of 1 it is uniform distillation; with a teacher that reads the
/// reference program it is OPSD.
pub struct VisualSdpo {
    pub name: &'static str,
    pub privilege: Privilege,
    pub divergence: Divergence,
    /// K of the top-K + tail estimate, 0 for the whole vocabulary.
    pub top_k: usize,
    pub importance: Importance,
    pub normalise: Normalise,
    /// Largest divergence of one token; 0 = no limit.
    pub clamp: f64,
    /// β and its term; `None` for β = 0.
    pub grpo: Option<(f64, Grpo)>,
}

impl Objective for VisualSdpo {
    fn name(&self) -> &'static str {
        self.name
    }

    fn privilege(&self) -> Privilege {
        self.privilege
    }

    fn loss(&self, batch: &Batch, slice: &Slice<'_>) -> Result<Loss> {
        let range = slice.range.clone();
        let teacher =
            slice.teacher.ok_or_else(|| Error::Msg("distillation needs the teacher's logits".into()))?;
        let tokens = &batch.tokens[range.clone()];
        let now_tensor = token_logprobs(slice.student, tokens)?;
        let now: Vec<f32> = now_tensor.to_vec1()?;
        let seen: Vec<f32> = token_logprobs(&teacher.detach(), tokens)?.to_vec1()?;
        // Before the first update of a batch π_old is the policy itself and the engine is its own: ρ is exactly 1, and the
        // rounding between sampler and trainer is the guard's business.
        let engine = if batch.old.is_some() { &batch.engine[range.clone()] } else { &now[..] };
        let old = batch.old.as_ref().map_or_else(|| now.clone(), |old| old[range.clone()].to_vec());
        let rho = ratios(self.importance, &now, &old, engine, &seen);

        let mut values = match self.importance {
            Importance::IwOpd => sampled_divergence(&now_tensor, &seen)?,
            _ => divergence(self.divergence, slice.student, teacher, self.top_k)?,
        };
        let kl: Vec<f32> = values.to_vec1()?;
        if self.clamp > 0.0 {
            values = values.clamp(f32::MIN, self.clamp as f32)?;
        }
        let all = batch.layout.coefficients(self.normalise, &batch.weights, None, batch.max_tokens);
        let coefficients: Vec<f32> = all[range.clone()].iter().zip(&rho).map(|(c, rho)| c * rho).collect();
        let mut total = weighted_sum(&values, &coefficients)?;
        if let Some((beta, grpo)) = &self.grpo {
            total = (total + (grpo.term(batch, slice, &now_tensor, &old)? * *beta)?)?;
        }
        Ok(Loss { total, kl, ratio: rho, now })
    }
}
