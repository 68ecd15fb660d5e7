//! Attention over packed sequences: causal with shared prefixes (text), or full inside each image (vision).
//!
//! A *segment* is a run of packed rows; a segment with a prefix sees all rows of that prefix before its own. So a group
//! of responses to one prompt is one prompt segment and a segment for each response, and the prompt is computed once.
//! Scores are made tile by tile and made again in the backward, so memory does not grow with the square of the length.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, CustomOp3, D, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    Angles, fused,
    gemm::{Shared, block},
    rotate,
    rotate::rotate_head,
    tensors::{floats, tensor, with_floats},
    tiles::{Heads, Job, Segment, Side, Target, check},
};

/// Causal attention: `q [n, heads · dim]`, `k` and `v [n, kv_heads · dim]`, head `h` reading key head
/// `h · kv_heads / heads`, scores divided by √dim → `[n, heads · dim]`.
pub fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    segments: &Arc<[Segment]>,
    dim: usize,
) -> Result<Tensor> {
    let shape = Heads::new(q.dim(1)?, k.dim(1)?, dim, true)?;
    check(segments, q.dim(0)?)?;
    if fused(q) {
        let wants = [q, k, v].map(Tensor::track_op);
        return q.apply_op3(k, v, Attention { shape, segments: segments.clone(), wants });
    }
    composed(q, k, v, segments, shape)
}

/// Full attention inside each segment over `qkv [n, 3 · heads · dim]` (queries, keys, values side by side), queries and
/// keys rotated by `angles` → `[n, heads · dim]`.
pub fn self_attention(qkv: &Tensor, angles: &Arc<Angles>, segments: &Arc<[Segment]>) -> Result<Tensor> {
    let (n, width) = qkv.dims2()?;
    let shape = Heads::new(width / 3, width / 3, angles.half * 2, false)?;
    check(segments, n)?;
    if fused(qkv) {
        return qkv.apply_op1(SelfAttention { shape, segments: segments.clone(), angles: angles.clone() });
    }
    let part = |at: usize| qkv.narrow(1, at * width / 3, width / 3);
    composed(&rotate(&part(0)?, angles)?, &rotate(&part(1)?, angles)?, &part(2)?, segments, shape)
}

struct Attention {
    shape: Heads,
    segments: Arc<[Segment]>,
    /// Which of queries, keys and values want a gradient.
    wants: [bool; 3],
}

impl Attention {
    fn job<'a>(&'a self, q: &'a [f32], k: &'a [f32], v: &'a [f32]) -> Job<'a> {
        let (wide, narrow) = (self.shape.heads * self.shape.dim, self.shape.kv_heads * self.shape.dim);
        let side = |data, stride| Side { data, offset: 0, stride };
        Job {
            shape: self.shape,
            segments: &self.segments,
            q: side(q, wide),
            k: side(k, narrow),
            v: side(v, narrow),
        }
    }
}

fn target(data: &mut [f32], stride: usize) -> Target {
    Target { data: Shared(data.as_mut_ptr()), offset: 0, stride }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        ql: &Layout,
        k: &CpuStorage,
        kl: &Layout,
        v: &CpuStorage,
        vl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (q, k, v) = (floats(q, ql)?, floats(k, kl)?, floats(v, vl)?);
        let mut out = vec![0f32; q.len()];
        let stride = ql.dims()[1];
        self.job(q, k, v).forward(target(&mut out, stride));
        Ok((CpuStorage::F32(out), ql.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (wide, narrow) = (q.dim(1)?, k.dim(1)?);
        let mut dq = vec![0f32; q.elem_count()];
        let (mut dk, mut dv) = (vec![0f32; k.elem_count()], vec![0f32; v.elem_count()]);
        let targets = (target(&mut dq, wide), target(&mut dk, narrow), target(&mut dv, narrow));
        with_floats(q, |q| {
            with_floats(k, |k| {
                with_floats(v, |v| {
                    with_floats(grad, |data| {
                        let grad = Side { data, offset: 0, stride: wide };
                        self.job(q, k, v).backward(grad, targets.0, targets.1, targets.2);
                        Ok(())
                    })
                })
            })
        })?;
        let wanted = |at: usize, data: Vec<f32>, like: &Tensor| -> Result<Option<Tensor>> {
            if self.wants[at] { tensor(data, like).map(Some) } else { Ok(None) }
        };
        Ok((wanted(0, dq, q)?, wanted(1, dk, k)?, wanted(2, dv, v)?))
    }
}

struct SelfAttention {
    shape: Heads,
    segments: Arc<[Segment]>,
    angles: Arc<Angles>,
}

impl SelfAttention {
    fn width(&self) -> usize {
        self.shape.heads * self.shape.dim
    }

    /// Turns queries and keys of packed rows in place.
    fn turn(&self, qkv: &mut [f32], back: bool) {
        let width = self.width();
        let step = block(qkv.len() / (3 * width));
        qkv.par_chunks_mut((step * 3 * width).max(1)).enumerate().for_each(|(chunk, rows)| {
            for (i, row) in rows.chunks_exact_mut(3 * width).enumerate() {
                let (cos, sin) = self.angles.of(chunk * step + i);
                row[..2 * width]
                    .chunks_exact_mut(self.shape.dim)
                    .for_each(|head| rotate_head(head, cos, sin, back));
            }
        });
    }

    fn turned(&self, qkv: &[f32]) -> Vec<f32> {
        let mut turned = qkv.to_vec();
        self.turn(&mut turned, false);
        turned
    }

    fn job<'a>(&'a self, turned: &'a [f32]) -> Job<'a> {
        let side = |part: usize| Side { data: turned, offset: part * self.width(), stride: 3 * self.width() };
        Job { shape: self.shape, segments: &self.segments, q: side(0), k: side(1), v: side(2) }
    }
}

impl CustomOp1 for SelfAttention {
    fn name(&self) -> &'static str {
        "self-attention"
    }

    fn cpu_fwd(&self, qkv: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (turned, width) = (self.turned(floats(qkv, layout)?), self.width());
        let mut out = vec![0f32; turned.len() / 3];
        self.job(&turned).forward(target(&mut out, width));
        let rows = out.len() / width;
        Ok((CpuStorage::F32(out), (rows, width).into()))
    }

    fn bwd(&self, qkv: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (turned, width) = (with_floats(qkv, |qkv| Ok(self.turned(qkv)))?, self.width());
        let mut out = vec![0f32; turned.len()];
        let data = Shared(out.as_mut_ptr());
        let part = |part: usize| Target { data, offset: part * width, stride: 3 * width };
        with_floats(grad, |data| {
            let grad = Side { data, offset: 0, stride: width };
            self.job(&turned).backward(grad, part(0), part(1), part(2));
            Ok(())
        })?;
        self.turn(&mut out, true);
        Ok(Some(tensor(out, qkv)?))
    }
}

/// The same by plain operations, one segment after the other.
fn composed(q: &Tensor, k: &Tensor, v: &Tensor, segments: &[Segment], shape: Heads) -> Result<Tensor> {
    let mut outputs = Vec::with_capacity(segments.len());
    for segment in segments {
        let rows = |x: &Tensor, prefix: Option<usize>| -> Result<Tensor> {
            let own = x.narrow(0, segment.start, segment.len)?;
            let all = match prefix.map(|root| segments[root]) {
                Some(root) => Tensor::cat(&[x.narrow(0, root.start, root.len)?, own], 0)?,
                None => own,
            };
            let (n, width) = all.dims2()?;
            all.reshape((n, width / shape.dim, shape.dim))?.transpose(0, 1)?.contiguous()
        };
        let spread = |x: Tensor| -> Result<Tensor> {
            let (kv, n, dim) = x.dims3()?;
            let ratio = shape.heads / kv;
            x.unsqueeze(1)?.broadcast_as((kv, ratio, n, dim))?.reshape((shape.heads, n, dim))
        };
        let (query, key, value) =
            (rows(q, None)?, spread(rows(k, segment.prefix)?)?, spread(rows(v, segment.prefix)?)?);
        let mut scores = (query.matmul(&key.transpose(1, 2)?)? * f64::from(shape.scale()))?;
        if shape.causal {
            scores = scores.broadcast_add(&mask(segment.len, key.dim(1)?, &scores)?)?;
        }
        let p = candle_nn::ops::softmax(&scores.to_dtype(DType::F32)?, D::Minus1)?.to_dtype(q.dtype())?;
        let out = p.matmul(&value)?.transpose(0, 1)?.reshape((segment.len, shape.heads * shape.dim))?;
        outputs.push((segment.start, out));
    }
    outputs.sort_by_key(|(start, _)| *start);
    Tensor::cat(&outputs.into_iter().map(|(_, out)| out).collect::<Vec<_>>(), 0)
}

fn mask(rows: usize, keys: usize, like: &Tensor) -> Result<Tensor> {
    let hidden = |i: usize, j: usize| if j > keys - rows + i { f32::NEG_INFINITY } else { 0.0 };
    let mask: Vec<f32> = (0..rows).flat_map(|i| (0..keys).map(move |j| hidden(i, j))).collect();
    Tensor::from_vec(mask, (1, rows, keys), like.device())?.to_dtype(like.dtype())
}
