//! SwiGLU and the two GELUs.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    fused,
    recomputed::recomputed,
    simd::{erf, exp, multiversion, sigmoid},
    tensors::{floats, tensor, with_floats},
};
use crate::policy::cuda;

/// `silu(gate) · up`, element by element.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if fused(gate) || cuda::applies(gate) {
        let op = SwiGlu { gate: gate.track_op(), up: up.track_op() };
        return gate.contiguous()?.apply_op2(&up.contiguous()?, op);
    }
    composed_swiglu(gate, up)
}

/// The same by plain operations.
fn composed_swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    candle_nn::ops::silu(gate)? * up
}

/// GELU in its tanh form (the vision blocks).
pub fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    if fused(x) { x.apply_op1(Gelu { exact: false }) } else { x.gelu() }
}

/// GELU in its exact form (the mergers).
pub fn gelu_erf(x: &Tensor) -> Result<Tensor> {
    if fused(x) { x.apply_op1(Gelu { exact: true }) } else { x.gelu_erf() }
}

/// Which operands want a gradient.
struct SwiGlu {
    gate: bool,
    up: bool,
}

struct Gelu {
    exact: bool,
}

/// Elements of one task.
const STEP: usize = 16 * 1024;

multiversion! {
    /// Also used by the sampler.
    pub(crate) fn swiglu_slice(gate: &[f32], up: &[f32], y: &mut [f32]) {
        for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
            *y = *g * sigmoid(*g) * *u;
        }
    }
}

multiversion! {
    fn swiglu_backward(gate: &[f32], up: &[f32], dy: &[f32], dgate: &mut [f32], dup: &mut [f32]) {
        let operands = gate.iter().zip(up).zip(dy);
        for ((dg, du), ((g, u), dy)) in dgate.iter_mut().zip(dup).zip(operands) {
            let s = sigmoid(*g);
            *du = *dy * *g * s;
            *dg = *dy * *u * s * g.mul_add(1.0 - s, 1.0);
        }
    }
}

/// √(2/π) · 2, so that 0.5(1 + tanh u) = σ(2u).
const TANH: f32 = 1.595_769_2;
const CUBE: f32 = 0.044_715;

multiversion! {
    fn tanh_forward(x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = *x * sigmoid(TANH * *x * (CUBE * *x).mul_add(*x, 1.0));
        }
    }
}

multiversion! {
    fn tanh_backward(x: &[f32], dy: &[f32], dx: &mut [f32]) {
        for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
            let s = sigmoid(TANH * *x * (CUBE * *x).mul_add(*x, 1.0));
            let slope = TANH * (3.0 * CUBE * *x).mul_add(*x, 1.0);
            *dx = *dy * s * (*x * slope).mul_add(1.0 - s, 1.0);
        }
    }
}

multiversion! {
    fn erf_forward(x: &[f32], y: &mut [f32]) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = 0.5 * *x * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

multiversion! {
    fn erf_backward(x: &[f32], dy: &[f32], dx: &mut [f32]) {
        const DENSITY: f32 = 0.398_942_3; // 1/√(2π)
        for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
            let below = 0.5 * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
            *dx = *dy * (*x * DENSITY).mul_add(exp(-0.5 * *x * *x), below);
        }
    }
}

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        g: &CpuStorage,
        gl: &Layout,
        u: &CpuStorage,
        ul: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (floats(g, gl)?, floats(u, ul)?);
        let mut y = vec![0f32; gate.len()];
        y.par_chunks_mut(STEP)
            .zip(gate.par_chunks(STEP).zip(up.par_chunks(STEP)))
            .for_each(|(y, (gate, up))| swiglu_slice(gate, up, y));
        Ok((CpuStorage::F32(y), gl.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        gate: &candle_core::CudaStorage,
        gl: &Layout,
        up: &candle_core::CudaStorage,
        ul: &Layout,
    ) -> Result<(candle_core::CudaStorage, Shape)> {
        cuda::swiglu((gate, gl), (up, ul))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        if !fused(gate) {
            let wants = [self.gate, self.up];
            let [dgate, dup] = recomputed([gate, up], wants, dy, |[gate, up]| composed_swiglu(gate, up))?;
            return Ok((dgate, dup));
        }
        let mut dgate = vec![0f32; gate.elem_count()];
        let mut dup = vec![0f32; gate.elem_count()];
        with_floats(gate, |g| {
            with_floats(up, |u| {
                with_floats(dy, |dy| {
                    let operands = g.par_chunks(STEP).zip(u.par_chunks(STEP)).zip(dy.par_chunks(STEP));
                    dgate
                        .par_chunks_mut(STEP)
                        .zip(dup.par_chunks_mut(STEP))
                        .zip(operands)
                        .for_each(|((dgate, dup), ((g, u), dy))| swiglu_backward(g, u, dy, dgate, dup));
                    Ok(())
                })
            })
        })?;
        let dgate = if self.gate { Some(tensor(dgate, gate)?) } else { None };
        Ok((dgate, if self.up { Some(tensor(dup, up)?) } else { None }))
    }
}

impl CustomOp1 for Gelu {
    fn name(&self) -> &'static str {
        "gelu"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = floats(x, layout)?;
        let mut y = vec![0f32; x.len()];
        let forward = if self.exact { erf_forward } else { tanh_forward };
        y.par_chunks_mut(STEP).zip(x.par_chunks(STEP)).for_each(|(y, x)| forward(x, y));
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let mut dx = vec![0f32; x.elem_count()];
        let backward = if self.exact { erf_backward } else { tanh_backward };
        with_floats(x, |x| {
            with_floats(dy, |dy| {
                let operands = x.par_chunks(STEP).zip(dy.par_chunks(STEP));
                dx.par_chunks_mut(STEP).zip(operands).for_each(|(dx, (x, dy))| backward(x, dy, dx));
                Ok(())
            })
        })?;
        Ok(Some(tensor(dx, x)?))
    }
}
