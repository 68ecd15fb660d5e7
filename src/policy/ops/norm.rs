//! RMS norm and layer norm over the last axis.

use candle_core::{CpuStorage, CustomOp2, CustomOp3, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    fused,
    gemm::block,
    linear::column_sums,
    recomputed::recomputed,
    simd::{dot, multiversion, sum},
    tensors::{floats, rows_of, tensor, with_floats},
};
use crate::policy::cuda;

/// `w · x / √(mean x² + eps)`; `x [.., d]`, `weight [d]`.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    if fused(x) || cuda::applies(x) {
        let op = RmsNorm { eps, x: x.track_op(), weight: weight.track_op() };
        return x.contiguous()?.apply_op2(weight, op);
    }
    composed_rms(x, weight, eps)
}

/// The same by plain operations.
pub(super) fn composed_rms(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let wide = x.to_dtype(DType::F32)?;
    let mean = (wide.sqr()?.sum_keepdim(candle_core::D::Minus1)? / x.dim(candle_core::D::Minus1)? as f64)?;
    let normed = wide.broadcast_div(&(mean + eps)?.sqrt()?)?;
    normed.to_dtype(x.dtype())?.broadcast_mul(weight)
}

/// `w · (x − mean) / √(var + eps) + b`; `x [.., d]`, `weight [d]`, `bias [d]`.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if fused(x) {
        let op = LayerNorm { eps: eps as f32, x: x.track_op(), weight: weight.track_op() };
        return x.apply_op3(weight, bias, op);
    }
    let (last, width) = (candle_core::D::Minus1, x.dim(candle_core::D::Minus1)? as f64);
    let wide = x.to_dtype(DType::F32)?;
    let centred = wide.broadcast_sub(&(wide.sum_keepdim(last)? / width)?)?;
    let variance = (centred.sqr()?.sum_keepdim(last)? / width)?;
    let normed = centred.broadcast_div(&(variance + eps)?.sqrt()?)?;
    normed.to_dtype(x.dtype())?.broadcast_mul(weight)?.broadcast_add(bias)
}

struct RmsNorm {
    eps: f64,
    x: bool,
    weight: bool,
}

struct LayerNorm {
    eps: f32,
    x: bool,
    weight: bool,
}

multiversion! {
    /// One row; also used by the sampler.
    pub(crate) fn rms_row(x: &[f32], w: &[f32], eps: f32, y: &mut [f32]) {
        let scale = 1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt();
        for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
            *y = *x * scale * *w;
        }
    }
}

multiversion! {
    /// `dx` of one row, and `dw += dy · x̂`; also the tail of the rotation's backward.
    pub(super) fn rms_row_backward(x: &[f32], w: &[f32], dy: &[f32], eps: f32, dx: &mut [f32], dw: &mut [f32]) {
        let d = x.len() as f32;
        let scale = 1.0 / (dot(x, x) / d + eps).sqrt();
        for (((dx, dw), (x, w)), dy) in dx.iter_mut().zip(dw.iter_mut()).zip(x.iter().zip(w)).zip(dy) {
            *dx = *dy * *w;
            *dw = (*dy * *x).mul_add(scale, *dw);
        }
        let pull = dot(dx, x) * scale * scale / d;
        for (dx, x) in dx.iter_mut().zip(x) {
            *dx = (*dx - *x * pull) * scale;
        }
    }
}

multiversion! {
    fn layer_row(x: &[f32], w: &[f32], b: &[f32], eps: f32, y: &mut [f32]) {
        let (mean, scale) = moments(x, eps);
        for ((y, x), (w, b)) in y.iter_mut().zip(x).zip(w.iter().zip(b)) {
            *y = ((*x - mean) * scale).mul_add(*w, *b);
        }
    }
}

multiversion! {
    fn layer_row_backward(x: &[f32], w: &[f32], dy: &[f32], eps: f32, dx: &mut [f32], dw: &mut [f32]) {
        let d = x.len() as f32;
        let (mean, scale) = moments(x, eps);
        for (((dx, dw), (x, w)), dy) in dx.iter_mut().zip(dw.iter_mut()).zip(x.iter().zip(w)).zip(dy) {
            *dx = *dy * *w;
            *dw = (*dy * (*x - mean)).mul_add(scale, *dw);
        }
        let shift = sum(dx) / d;
        let pull = (dot(dx, x) - sum(dx) * mean) * scale * scale / d;
        for (dx, x) in dx.iter_mut().zip(x) {
            *dx = (*dx - shift - (*x - mean) * pull) * scale;
        }
    }
}

#[inline(always)]
fn moments(x: &[f32], eps: f32) -> (f32, f32) {
    let d = x.len() as f32;
    let mean = sum(x) / d;
    let mut variance = 0f32;
    let (main, rest) = x.as_chunks::<16>();
    let mut lanes = [0f32; 16];
    for x in main {
        for i in 0..16 {
            lanes[i] = (x[i] - mean).mul_add(x[i] - mean, lanes[i]);
        }
    }
    for x in rest {
        variance = (*x - mean).mul_add(*x - mean, variance);
    }
    variance += sum(&lanes);
    (mean, 1.0 / (variance / d + eps).sqrt())
}

/// Runs a row function over blocks of rows; returns dx and the sum over rows of dw.
fn backward_rows(
    x: &[f32],
    dy: &[f32],
    width: usize,
    row: impl Fn(&[f32], &[f32], &mut [f32], &mut [f32]) + Sync,
) -> (Vec<f32>, Vec<f32>) {
    let mut dx = vec![0f32; x.len()];
    let step = block(x.len() / width) * width;
    let partial: Vec<f32> = dx
        .par_chunks_mut(step)
        .zip(x.par_chunks(step).zip(dy.par_chunks(step)))
        .flat_map_iter(|(dx, (x, dy))| {
            let mut dw = vec![0f32; width];
            for ((dx, x), dy) in
                dx.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(dy.chunks_exact(width))
            {
                row(x, dy, dx, &mut dw);
            }
            dw
        })
        .collect();
    let dw = column_sums(&partial, width);
    (dx, dw)
}

fn forward_rows(x: &[f32], width: usize, row: impl Fn(&[f32], &mut [f32]) + Sync) -> Vec<f32> {
    let mut y = vec![0f32; x.len()];
    let step = block(x.len() / width) * width;
    y.par_chunks_mut(step).zip(x.par_chunks(step)).for_each(|(y, x)| {
        y.chunks_exact_mut(width).zip(x.chunks_exact(width)).for_each(|(y, x)| row(x, y));
    });
    y
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, w, (_, width)) = (floats(x, xl)?, floats(w, wl)?, rows_of(xl)?);
        let y = forward_rows(x, width, |x, y| rms_row(x, w, self.eps as f32, y));
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        x: &candle_core::CudaStorage,
        xl: &Layout,
        w: &candle_core::CudaStorage,
        wl: &Layout,
    ) -> Result<(candle_core::CudaStorage, Shape)> {
        cuda::rms_norm((x, xl), (w, wl), self.eps as f32)
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        if !fused(x) {
            let wants = [self.x, self.weight];
            let [dx, dw] = recomputed([x, w], wants, grad, |[x, w]| composed_rms(x, w, self.eps))?;
            return Ok((dx, dw));
        }
        let (dx, dw) = with_floats(x, |xs| {
            with_floats(w, |ws| {
                with_floats(grad, |dy| {
                    Ok(backward_rows(xs, dy, ws.len(), |x, dy, dx, dw| {
                        rms_row_backward(x, ws, dy, self.eps as f32, dx, dw)
                    }))
                })
            })
        })?;
        let dx = if self.x { Some(tensor(dx, x)?) } else { None };
        Ok((dx, if self.weight { Some(tensor(dw, w)?) } else { None }))
    }
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
        b: &CpuStorage,
        bl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, w, b, (_, width)) = (floats(x, xl)?, floats(w, wl)?, floats(b, bl)?, rows_of(xl)?);
        let y = forward_rows(x, width, |x, y| layer_row(x, w, b, self.eps, y));
        Ok((CpuStorage::F32(y), xl.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (dx, dw, db) = with_floats(x, |xs| {
            with_floats(w, |ws| {
                with_floats(grad, |dy| {
                    let (dx, dw) = backward_rows(xs, dy, ws.len(), |x, dy, dx, dw| {
                        layer_row_backward(x, ws, dy, self.eps, dx, dw);
                    });
                    Ok((dx, dw, column_sums(dy, ws.len())))
                })
            })
        })?;
        let dx = if self.x { Some(tensor(dx, x)?) } else { None };
        if !self.weight {
            return Ok((dx, None, None));
        }
        Ok((dx, Some(tensor(dw, w)?), Some(tensor(db, b)?)))
    }
}
