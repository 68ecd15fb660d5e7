//! Rotary positions, alone (vision) or behind the RMS norm of each head (text).

use std::sync::{Arc, OnceLock};

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Device, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    fused,
    gemm::block,
    linear::column_sums,
    norm::{composed_rms, rms_row, rms_row_backward},
    recomputed::recomputed,
    simd::multiversion,
    tensors::{floats, tensor, with_floats},
};
use crate::policy::cuda;

/// Cosine and sine of every token's angles; the second half of a head repeats the first (rotate-half).
#[derive(Clone, Debug)]
pub struct Angles {
    /// `[tokens · half]` each, half = head_dim / 2.
    pub cos: Vec<f32>,
    pub sin: Vec<f32>,
    pub half: usize,
    /// Both as tensors, where they were wanted first.
    tables: OnceLock<[Tensor; 2]>,
}

impl Angles {
    /// From angles in radians, `[tokens · half]`.
    pub fn new(angles: &[f32], half: usize) -> Arc<Self> {
        Self::scaled(angles, half, 1.0)
    }

    /// The same with cosines and sines multiplied by a factor.
    pub fn scaled(angles: &[f32], half: usize, factor: f32) -> Arc<Self> {
        let (cos, sin) = angles.iter().map(|angle| (angle.cos() * factor, angle.sin() * factor)).unzip();
        Arc::new(Self { cos, sin, half, tables: OnceLock::new() })
    }

    /// Cosines and sines as tensors `[tokens, half]` in f32; they go to a device once.
    pub(crate) fn tables(&self, device: &Device) -> Result<[Tensor; 2]> {
        let table =
            |values: &[f32]| Tensor::from_slice(values, (values.len() / self.half, self.half), device);
        if let Some(tables) = self.tables.get().filter(|tables| tables[0].device().same_device(device)) {
            return Ok(tables.clone());
        }
        let tables = [table(&self.cos)?, table(&self.sin)?];
        let _ = self.tables.set(tables.clone());
        Ok(tables)
    }

    /// The token's cosines and sines.
    pub(crate) fn of(&self, token: usize) -> (&[f32], &[f32]) {
        let range = token * self.half..(token + 1) * self.half;
        (&self.cos[range.clone()], &self.sin[range])
    }
}

multiversion! {
    /// Rotates one head in place; `back` turns the other way (the transpose).
    pub(crate) fn rotate_head(x: &mut [f32], cos: &[f32], sin: &[f32], back: bool) {
        let sign = if back { -1.0 } else { 1.0 };
        let (low, high) = x.split_at_mut(cos.len());
        for ((a, b), (c, s)) in low.iter_mut().zip(high).zip(cos.iter().zip(sin)) {
            let s = s * sign;
            (*a, *b) = (a.mul_add(*c, -(*b * s)), b.mul_add(*c, *a * s));
        }
    }
}

/// `x [tokens, heads · head_dim]`: every head normed by `weight [head_dim]`, then rotated.
pub fn norm_rotate(x: &Tensor, weight: &Tensor, eps: f64, angles: &Arc<Angles>) -> Result<Tensor> {
    if fused(x) || cuda::applies(x) {
        let op = NormRotate { eps, angles: angles.clone(), x: x.track_op(), weight: weight.track_op() };
        return x.contiguous()?.apply_op2(weight, op);
    }
    composed_norm(x, weight, eps, angles)
}

/// The norm and the rotation by plain operations.
fn composed_norm(x: &Tensor, weight: &Tensor, eps: f64, angles: &Angles) -> Result<Tensor> {
    let (n, width) = x.dims2()?;
    let head = angles.half * 2;
    let heads = x.reshape((n, width / head, head))?;
    composed(&composed_rms(&heads, weight, eps)?, angles)?.reshape((n, width))
}

/// `x [tokens, heads · head_dim]`: every head rotated.
pub fn rotate(x: &Tensor, angles: &Arc<Angles>) -> Result<Tensor> {
    if fused(x) {
        return x.apply_op1(Rotate { angles: angles.clone() });
    }
    let (n, width) = x.dims2()?;
    let head = angles.half * 2;
    composed(&x.reshape((n, width / head, head))?, angles)?.reshape((n, width))
}

/// `x [tokens, heads, head_dim]` by plain operations.
fn composed(x: &Tensor, angles: &Angles) -> Result<Tensor> {
    let half = angles.half;
    let [cos, sin] = angles.tables(x.device())?;
    let table = |table: Tensor| table.unsqueeze(1)?.to_dtype(x.dtype());
    let (cos, sin) = (table(cos)?, table(sin)?);
    let (low, high) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
    let first = (low.broadcast_mul(&cos)? - high.broadcast_mul(&sin)?)?;
    let second = (high.broadcast_mul(&cos)? + low.broadcast_mul(&sin)?)?;
    Tensor::cat(&[first, second], 2)
}

struct NormRotate {
    eps: f64,
    angles: Arc<Angles>,
    x: bool,
    weight: bool,
}

struct Rotate {
    angles: Arc<Angles>,
}

/// Rotates every head of packed rows, in parallel.
fn rotate_rows(rows: &mut [f32], width: usize, angles: &Angles, back: bool) {
    let step = block(rows.len() / width);
    rows.par_chunks_mut(step * width).enumerate().for_each(|(chunk, rows)| {
        for (i, row) in rows.chunks_exact_mut(width).enumerate() {
            let (cos, sin) = angles.of(chunk * step + i);
            row.chunks_exact_mut(angles.half * 2).for_each(|head| rotate_head(head, cos, sin, back));
        }
    });
}

impl CustomOp2 for NormRotate {
    fn name(&self) -> &'static str {
        "norm-rotate"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, w, (n, width)) = (floats(x, xl)?, floats(w, wl)?, xl.shape().dims2()?);
        let mut y = vec![0f32; n * width];
        let (step, head) = (block(n), self.angles.half * 2);
        y.par_chunks_mut((step * width).max(1)).enumerate().for_each(|(chunk, y)| {
            let x = &x[chunk * step * width..][..y.len()];
            for (i, (x, y)) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)).enumerate() {
                let (cos, sin) = self.angles.of(chunk * step + i);
                for (x, y) in x.chunks_exact(head).zip(y.chunks_exact_mut(head)) {
                    rms_row(x, w, self.eps as f32, y);
                    rotate_head(y, cos, sin, false);
                }
            }
        });
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
        let device = candle_core::backend::BackendStorage::device(x).clone();
        let [cos, sin] = self.angles.tables(&Device::Cuda(device))?;
        cuda::norm_rotate((x, xl), (w, wl), [&cos, &sin], self.eps as f32)
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        if !fused(x) {
            let [dx, dw] = recomputed([x, w], [self.x, self.weight], grad, |[x, w]| {
                composed_norm(x, w, self.eps, &self.angles)
            })?;
            return Ok((dx, dw));
        }
        let (n, width) = x.dims2()?;
        let head = self.angles.half * 2;
        let step = block(n);
        let mut dx = vec![0f32; n * width];
        let dw = with_floats(x, |xs| {
            with_floats(w, |ws| {
                with_floats(grad, |dy| {
                    let chunks = dx.par_chunks_mut((step * width).max(1)).enumerate();
                    let partial: Vec<f32> = chunks
                        .flat_map_iter(|(chunk, dx)| {
                            let from = chunk * step * width;
                            let (xs, dy) = (&xs[from..][..dx.len()], &dy[from..][..dx.len()]);
                            let mut dw = vec![0f32; head];
                            let mut turned = vec![0f32; head];
                            for (i, (dx, (x, dy))) in dx
                                .chunks_exact_mut(head)
                                .zip(xs.chunks_exact(head).zip(dy.chunks_exact(head)))
                                .enumerate()
                            {
                                let (cos, sin) = self.angles.of(chunk * step + i * head / width);
                                turned.copy_from_slice(dy);
                                rotate_head(&mut turned, cos, sin, true);
                                rms_row_backward(x, ws, &turned, self.eps as f32, dx, &mut dw);
                            }
                            dw
                        })
                        .collect();
                    Ok(column_sums(&partial, head))
                })
            })
        })?;
        let dx = if self.x { Some(tensor(dx, x)?) } else { None };
        Ok((dx, if self.weight { Some(tensor(dw, w)?) } else { None }))
    }
}

impl CustomOp1 for Rotate {
    fn name(&self) -> &'static str {
        "rotate"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, (_, width)) = (floats(x, layout)?, layout.shape().dims2()?);
        let mut y = x.to_vec();
        rotate_rows(&mut y, width, &self.angles, false);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (_, width) = x.dims2()?;
        let mut dx = with_floats(grad, |grad| Ok(grad.to_vec()))?;
        rotate_rows(&mut dx, width, &self.angles, true);
        Ok(Some(tensor(dx, x)?))
    }
}
