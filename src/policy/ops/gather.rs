//! Rows picked from a table, or mixed of several: embeddings, positions, selected tokens.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{
    fused,
    gemm::block,
    simd::{axpy, multiversion},
    tensors::{floats, with_floats},
};

/// Which rows to read: output row `i` is `Σ_t weights[i, t] · table[rows[i, t]]` over `taps` entries.
#[derive(Clone, Debug)]
pub struct Gather {
    /// `[n · taps]`; [`Gather::NONE`] reads zeros.
    pub rows: Vec<u32>,
    /// `[n · taps]`; none = all 1.
    pub weights: Option<Vec<f32>>,
    pub taps: usize,
}

impl Gather {
    /// No row: the result is zero there and nothing gets a gradient.
    pub const NONE: u32 = u32::MAX;

    /// One row for each entry.
    pub fn rows(rows: Vec<u32>) -> Arc<Self> {
        Arc::new(Self { rows, weights: None, taps: 1 })
    }

    /// Number of rows of the result.
    fn len(&self) -> usize {
        self.rows.len() / self.taps
    }

    fn entry(&self, at: usize) -> Option<(usize, f32)> {
        let row = self.rows[at];
        (row != Self::NONE).then(|| (row as usize, self.weights.as_ref().map_or(1.0, |weights| weights[at])))
    }
}

/// `table [r, d]` → `[n, d]`.
pub fn gather(table: &Tensor, plan: &Arc<Gather>) -> Result<Tensor> {
    let (rows, _) = table.dims2()?;
    if let Some(bad) = plan.rows.iter().find(|&&row| row != Gather::NONE && row as usize >= rows) {
        bail!("row {bad} of a table of {rows} was asked for");
    }
    if fused(table) { table.apply_op1(GatherRows(plan.clone())) } else { composed(table, plan) }
}

fn composed(table: &Tensor, plan: &Gather) -> Result<Tensor> {
    let (rows, width) = table.dims2()?;
    // A row of zeros for those that read none; without them the table (it may be an embedding) is not copied.
    let table = match plan.rows.contains(&Gather::NONE) {
        true => Tensor::cat(&[table, &Tensor::zeros((1, width), table.dtype(), table.device())?], 0)?,
        false => table.clone(),
    };
    let index: Vec<u32> =
        plan.rows.iter().map(|&row| if row == Gather::NONE { rows as u32 } else { row }).collect();
    let picked = table.index_select(&Tensor::new(index, table.device())?, 0)?;
    let picked = match &plan.weights {
        Some(weights) => {
            let weights = Tensor::from_slice(weights, (weights.len(), 1), table.device())?;
            picked.broadcast_mul(&weights.to_dtype(table.dtype())?)?
        }
        None => picked,
    };
    if plan.taps == 1 { Ok(picked) } else { picked.reshape((plan.len(), plan.taps, width))?.sum(1) }
}

struct GatherRows(Arc<Gather>);

multiversion! {
    fn add_scaled(scale: f32, x: &[f32], y: &mut [f32]) {
        axpy(scale, x, y);
    }
}

impl CustomOp1 for GatherRows {
    fn name(&self) -> &'static str {
        "gather-rows"
    }

    fn cpu_fwd(&self, table: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (table, (_, width), plan) = (floats(table, layout)?, layout.shape().dims2()?, &self.0);
        let mut out = vec![0f32; plan.len() * width];
        let step = block(plan.len());
        out.par_chunks_mut((step * width).max(1)).enumerate().for_each(|(chunk, out)| {
            for (i, out) in out.chunks_exact_mut(width).enumerate() {
                let first = (chunk * step + i) * plan.taps;
                for (row, weight) in (first..first + plan.taps).filter_map(|at| plan.entry(at)) {
                    add_scaled(weight, &table[row * width..][..width], out);
                }
            }
        });
        Ok((CpuStorage::F32(out), (plan.len(), width).into()))
    }

    /// One thread, in order: several rows may read the same one.
    fn bwd(&self, table: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let ((rows, width), plan) = (table.dims2()?, &self.0);
        let mut out = vec![0f32; rows * width];
        with_floats(grad, |grad| {
            for (i, grad) in grad.chunks_exact(width).enumerate() {
                for (row, weight) in (i * plan.taps..(i + 1) * plan.taps).filter_map(|at| plan.entry(at)) {
                    add_scaled(weight, grad, &mut out[row * width..][..width]);
                }
            }
            Ok(())
        })?;
        Ok(Some(Tensor::from_vec(out, (rows, width), table.device())?))
    }
}
