//! One token for each of several rows of logits, where they lie: only tokens and log-probabilities leave the device.

use candle_core::{CpuStorage, CustomOp1, DType, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::draw::{Drawn, SampleOptions, draw_at};
use crate::policy::cuda;

/// Whether these logits can be drawn from where they lie: what a response already has must not matter.
pub(super) fn draws(logits: &Tensor, options: &SampleOptions) -> bool {
    let plain = logits.device().is_cpu() && logits.dtype() == DType::F32;
    options.repetition_penalty == 1.0 && (plain || cuda::applies(logits))
}

/// Draws from `logits [rows, vocab]`, each row at its place `uniform [rows]` between 0 and 1.
pub(in crate::policy) fn draw_rows(
    logits: &Tensor,
    options: &SampleOptions,
    uniform: Vec<f64>,
) -> Result<Vec<Drawn>> {
    if uniform.len() != logits.dim(0)? {
        bail!("{} places for {} rows of logits", uniform.len(), logits.dim(0)?);
    }
    let op = DrawRows { options: options.clone(), uniform };
    let rows: Vec<Vec<f32>> = logits.contiguous()?.apply_op1_no_bwd(&op)?.to_vec2()?;
    let drawn = |row: Vec<f32>| Drawn { token: row[0] as u32, logprob: row[1], sampling_logprob: row[2] };
    Ok(rows.into_iter().map(drawn).collect())
}

/// `[rows, vocab]` → `[rows, 3]`: token (exact below 2^24), log-probability, log-probability among what may be drawn.
struct DrawRows {
    options: SampleOptions,
    uniform: Vec<f64>,
}

impl CustomOp1 for DrawRows {
    fn name(&self) -> &'static str {
        "draw-rows"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, vocab) = layout.shape().dims2()?;
        let Some((start, end)) = layout.contiguous_offsets() else { bail!("logits are not contiguous") };
        let logits = &logits.as_slice::<f32>()?[start..end];
        let drawn = logits.par_chunks(vocab.max(1)).zip(&self.uniform).flat_map_iter(|(row, &uniform)| {
            let drawn = draw_at(row, &self.options, &[], uniform);
            [drawn.token as f32, drawn.logprob, drawn.sampling_logprob]
        });
        Ok((CpuStorage::F32(drawn.collect()), (rows, 3).into()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        logits: &candle_core::CudaStorage,
        layout: &Layout,
    ) -> Result<(candle_core::CudaStorage, Shape)> {
        let SampleOptions { temperature, top_k, top_p, .. } = self.options;
        cuda::draw((logits, layout), &self.uniform, temperature, top_k, top_p)
    }
}
