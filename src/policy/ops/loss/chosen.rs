//! The log-probability of one token at each row of logits.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::norm::{minus_softmax, norm_of};
use crate::policy::ops::tensors::{floats, rows_of, tensor, with_floats};

/// log p of a token at each row of `logits [n, vocab]` → `[n]`, differentiable.
pub fn token_log_probs(logits: &Tensor, tokens: &[u32]) -> Result<Tensor> {
    let (rows, vocab) = logits.dims2()?;
    if tokens.len() != rows || tokens.iter().any(|&token| token as usize >= vocab) {
        bail!("{} tokens below {vocab} are wanted, one for each row; given: {tokens:?}", rows);
    }
    logits.contiguous()?.apply_op1(TokenLogProbs { tokens: tokens.to_vec() })
}

struct TokenLogProbs {
    tokens: Vec<u32>,
}

impl CustomOp1 for TokenLogProbs {
    fn name(&self) -> &'static str {
        "token-log-probs"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (logits, (rows, vocab)) = (floats(logits, layout)?, rows_of(layout)?);
        let all = logits.par_chunks(vocab).zip(&self.tokens);
        let all: Vec<f32> = all.map(|(row, &token)| norm_of(row).of(row[token as usize])).collect();
        Ok((CpuStorage::F32(all), rows.into()))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let vocab = logits.dim(1)?;
        let mut out = vec![0f32; logits.elem_count()];
        with_floats(logits, |logits| {
            with_floats(grad, |grad| {
                let rows = logits.par_chunks(vocab).zip(grad).zip(&self.tokens);
                out.par_chunks_mut(vocab).zip(rows).for_each(|(out, ((row, &g), &token))| {
                    minus_softmax(row, norm_of(row), g, out);
                    out[token as usize] += g;
                });
                Ok(())
            })
        })?;
        Ok(Some(tensor(out, logits)?))
    }
}
