//! Per-token divergences between student and teacher (SPEC: Visual-SDPO eq. 3 and 6).

use candle_core::{D, Result, Tensor};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::policy::loss;

/// Which divergence; S is the student, T the teacher (detached).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Divergence {
    /// KL(S‖T), mode-seeking: the paper's.
    #[default]
    Reverse,
    /// KL(T‖S).
    Forward,
    /// Generalised Jensen–Shannon with M = ½ S + ½ T.
    Jsd,
}

impl Divergence {
    fn toward(self) -> loss::Toward {
        match self {
            Self::Reverse => loss::Toward::Reverse,
            Self::Forward => loss::Toward::Forward,
            Self::Jsd => loss::Toward::Middle,
        }
    }
}

/// The divergence at every position, `[N]`, differentiable in `student` alone.
///
/// `student`, `teacher`: logits `[N, V]`, already divided by the sampling temperature. `top_k` = 0 or ≥ V compares whole
/// vocabularies; otherwise the student's K most probable tokens plus one bucket with the rest of the mass, so that the
/// estimate is a true divergence of coarsened distributions. The choice of the K tokens carries no gradient.
pub fn divergence(kind: Divergence, student: &Tensor, teacher: &Tensor, top_k: usize) -> Result<Tensor> {
    if loss::reads(student) && loss::reads(teacher) {
        return loss::divergence(kind.toward(), student, teacher, top_k);
    }
    let vocabulary = student.dim(D::Minus1)?;
    let log_s = log_softmax(student)?;
    let log_t = log_softmax(&teacher.detach())?;
    if top_k == 0 || top_k >= vocabulary {
        return terms(kind, &log_s, &log_t)?.sum(D::Minus1);
    }
    let top = top_mask(student, top_k)?;
    let head = top.where_cond(&terms(kind, &log_s, &log_t)?, &log_s.zeros_like()?)?.sum(D::Minus1)?;
    head + terms(kind, &log_tail(&top, &log_s)?, &log_tail(&top, &log_t)?)?
}

/// The score-function estimate of KL(S‖T) from the sampled token alone, `[N]`: its value is `log p_S(y) − log p_T(y)`, its
/// gradient `(log p_S(y) − log p_T(y)) ∇ log p_S(y)`, in expectation over y ~ p_S that of the divergence.
///
/// `now`: log p_S(y) `[N]`, differentiable; `seen`: log p_T(y).
pub fn sampled_divergence(now: &Tensor, seen: &[f32]) -> Result<Tensor> {
    let gap = (now.detach() - Tensor::new(seen, now.device())?)?;
    let score = (now - now.detach())?;
    &gap + (&gap * score)?
}

fn log_softmax(logits: &Tensor) -> Result<Tensor> {
    logits.broadcast_sub(&logits.log_sum_exp(D::Minus1)?.unsqueeze(D::Minus1)?)
}

/// The summands of the divergence, one per outcome.
fn terms(kind: Divergence, log_s: &Tensor, log_t: &Tensor) -> Result<Tensor> {
    match kind {
        Divergence::Reverse => log_s.exp()? * (log_s - log_t)?,
        Divergence::Forward => log_t.exp()? * (log_t - log_s)?,
        Divergence::Jsd => {
            let (s, t) = (log_s.exp()?, log_t.exp()?);
            let log_m = ((&s + &t)? * 0.5)?.log()?;
            ((s * (log_s - &log_m)?)? * 0.5)? + ((t * (log_t - &log_m)?)? * 0.5)?
        }
    }
}

/// log of the mass outside the mask, by a log-sum-exp of what is left: exact where 1 − Σ p would round to 0.
fn log_tail(top: &Tensor, log_p: &Tensor) -> Result<Tensor> {
    let hidden = Tensor::full(-1e30f32, log_p.shape(), log_p.device())?.to_dtype(log_p.dtype())?;
    top.where_cond(&hidden, log_p)?.log_sum_exp(D::Minus1)
}

/// 1 at the K largest logits of every row, `[N, V]` u8.
fn top_mask(logits: &Tensor, k: usize) -> Result<Tensor> {
    let vocabulary = logits.dim(D::Minus1)?;
    let rows: Vec<f32> = logits.detach().flatten_all()?.to_dtype(candle_core::DType::F32)?.to_vec1()?;
    let mut mask = vec![0u8; rows.len()];
    mask.par_chunks_mut(vocabulary).zip(rows.par_chunks(vocabulary)).for_each(|(mask, row)| {
        let mut order: Vec<usize> = (0..vocabulary).collect();
        order.select_nth_unstable_by(k - 1, |&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
        order[..k].iter().for_each(|&at| mask[at] = 1);
    });
    Tensor::from_vec(mask, logits.shape(), logits.device())
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;
    use crate::objective::{token_logprobs, weighted_sum};

    /// Every token of the vocabulary once, weighted by its probability, is the expectation.
    #[test]
    fn the_sampled_estimate_has_the_gradient_of_the_divergence_in_expectation() -> Result<()> {
        let logits = [0.3f32, -1.2, 0.8, 0.1, -0.4];
        let student = Var::new(&[logits], &Device::Cpu)?;
        let teacher = Tensor::new(&[[-0.5f32, 0.2, 0.9, -1.0, 0.4]], &Device::Cpu)?;
        let exact = divergence(Divergence::Reverse, &student, &teacher, 0)?.sum_all()?;

        let tokens: Vec<u32> = (0..5).collect();
        let rows = student.broadcast_as((5, 5))?.contiguous()?;
        let now = token_logprobs(&rows, &tokens)?;
        let seen = token_logprobs(&teacher.broadcast_as((5, 5))?.contiguous()?, &tokens)?;
        let shares: Vec<f32> = now.to_vec1::<f32>()?.iter().map(|log| log.exp()).collect();
        let estimate = weighted_sum(&sampled_divergence(&now, &seen.to_vec1::<f32>()?)?, &shares)?;

        assert!((exact.to_scalar::<f32>()? - estimate.to_scalar::<f32>()?).abs() < 1e-6);
        let gradient = |loss: &Tensor| -> Result<Vec<f32>> {
            let gradients = loss.backward()?;
            gradients.get(&student).expect("a gradient").flatten_all()?.to_vec1()
        };
        for (a, b) in gradient(&exact)?.into_iter().zip(gradient(&estimate)?) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
        Ok(())
    }
}
