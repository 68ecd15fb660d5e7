//! The clipped policy-gradient surrogate of GRPO.

use candle_core::{Result, Tensor};

/// Clip range of the ratio: `1 − low ..= 1 + high`.
#[derive(Clone, Copy, Debug)]
pub struct Surrogate {
    pub low: f64,
    pub high: f64,
}

/// `−min(r A, clip(r) A)` at every token, `[N]`, r = π_θ/π_old. `now` is differentiable `[N]`; `old` and `advantages` are
/// constants of length N. Times a truncated importance weight per token where `truncated` is given.
pub fn surrogate(
    clip: Surrogate,
    now: &Tensor,
    old: &[f32],
    advantages: &[f32],
    truncated: Option<&[f32]>,
) -> Result<Tensor> {
    let device = now.device();
    let ratio = (now - Tensor::new(old, device)?)?.exp()?;
    let advantage = Tensor::new(advantages, device)?;
    let free = (&ratio * &advantage)?;
    let clipped = (ratio.clamp(1.0 - clip.low, 1.0 + clip.high)? * &advantage)?;
    // `minimum` by a mask: where both are equal (inside the range) the gradient is that of the free term.
    let loss = free.le(&clipped)?.where_cond(&free, &clipped)?.neg()?;
    match truncated {
        Some(weights) => loss * Tensor::new(weights, device)?,
        None => Ok(loss),
    }
}
