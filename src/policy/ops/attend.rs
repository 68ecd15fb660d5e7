//! Attention of one new token of each of several sequences over a cache, without gradient: the step of decoding.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::{
    fused,
    simd::{axpy, dot, multiversion, softmax_row},
    tensors::floats,
};
use crate::policy::cuda;

/// Whether [`attend`] applies where a tensor lies, for heads of this width.
pub fn attends(like: &Tensor, dim: usize) -> bool {
    fused(like) || (cuda::applies(like) && cuda::DIMS.contains(&dim))
}

/// `query [lanes, heads · dim]` over columns `first[lane]..columns` of `keys` and `values [lanes, kv_heads, capacity, dim]`,
/// head `h` reading key head `h · kv_heads / heads`, scores divided by √dim and computed in f32 → `[lanes, heads · dim]`.
/// `first` is `[lanes]` in u32.
pub fn attend(
    query: &Tensor,
    keys: &Tensor,
    values: &Tensor,
    first: &Tensor,
    columns: usize,
) -> Result<Tensor> {
    let ((lanes, kv_heads, capacity, dim), (rows, width)) = (keys.dims4()?, query.dims2()?);
    let fits =
        rows == lanes && first.dims() == [lanes] && columns <= capacity && values.dims() == keys.dims();
    if !fits || width % (kv_heads * dim) != 0 {
        bail!("{rows} queries of width {width} do not fit {columns} columns of {:?}", keys.dims());
    }
    let op = Attend { first: first.clone(), columns };
    query.contiguous()?.apply_op3_no_bwd(&keys.contiguous()?, &values.contiguous()?, &op)
}

struct Attend {
    first: Tensor,
    columns: usize,
}

multiversion! {
    /// One head over `keys` and `values [n, dim]`.
    fn head(query: &[f32], keys: &[f32], values: &[f32], out: &mut [f32], scores: &mut [f32]) {
        let scale = 1.0 / (query.len() as f32).sqrt();
        for (score, key) in scores.iter_mut().zip(keys.chunks_exact(query.len())) {
            *score = dot(query, key) * scale;
        }
        let seen = scores.len();
        softmax_row(scores, seen);
        out.fill(0.0);
        for (score, value) in scores.iter().zip(values.chunks_exact(query.len())) {
            axpy(*score, value, out);
        }
    }
}

impl CustomOp3 for Attend {
    fn name(&self) -> &'static str {
        "attend"
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
        let (_, kv_heads, capacity, dim) = kl.shape().dims4()?;
        let width = ql.shape().dims2()?.1;
        let group = width / dim / kv_heads;
        let first = self.first.to_vec1::<u32>()?;
        let mut out = vec![0f32; q.len()];
        out.par_chunks_mut(group * dim).zip(q.par_chunks(group * dim)).enumerate().for_each(
            |(index, (out, q))| {
                let from = first[index / kv_heads] as usize;
                let own = (index * capacity + from) * dim..(index * capacity + self.columns) * dim;
                let mut scores = vec![0f32; self.columns - from];
                for (q, out) in q.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
                    head(q, &k[own.clone()], &v[own.clone()], out, &mut scores);
                }
            },
        );
        Ok((CpuStorage::F32(out), ql.shape().clone()))
    }

    #[cfg(feature = "cuda")]
    fn cuda_fwd(
        &self,
        q: &candle_core::CudaStorage,
        ql: &Layout,
        k: &candle_core::CudaStorage,
        kl: &Layout,
        v: &candle_core::CudaStorage,
        vl: &Layout,
    ) -> Result<(candle_core::CudaStorage, Shape)> {
        cuda::attend((q, ql), (k, kl), (v, vl), &self.first, self.columns)
    }
}
