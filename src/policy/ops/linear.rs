//! `y = x·Wᵀ (+ b) (+ r)`: the product with a weight matrix.

use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, CustomOp2, CustomOp3, Layout, Result, Shape, Storage, Tensor,
    backend::BackendStorage, bail,
};
use rayon::prelude::*;

use super::{
    fused,
    gemm::{Matrix, Shared, block, product},
    tensors::{floats, with_floats},
};

/// `x [n, k]`, `weight [m, k]`, `bias [m]` → `[n, m]`.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    if !fused(x) {
        let y = composed(x, weight)?;
        return bias.map_or(Ok(y.clone()), |bias| y.broadcast_add(bias));
    }
    let op = Linear { x: x.track_op(), weight: weight.track_op(), third: bias.is_some_and(Tensor::track_op) };
    match bias {
        Some(bias) => x.apply_op3(weight, bias, WithBias(op)),
        None => x.apply_op2(weight, op),
    }
}

/// `x·Wᵀ + rest` with `rest [n, m]`: the product that closes a residual branch.
pub fn linear_add(x: &Tensor, weight: &Tensor, rest: &Tensor) -> Result<Tensor> {
    if !fused(x) {
        return composed(x, weight)? + rest;
    }
    let op = Linear { x: x.track_op(), weight: weight.track_op(), third: rest.track_op() };
    x.apply_op3(weight, rest, WithRest(op))
}

/// The product by candle. Its own matmul would compute, and keep, the gradient of a frozen weight.
fn composed(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    match weight.track_op() {
        true => x.matmul(&weight.t()?),
        false => x.contiguous()?.apply_op1(Frozen { weight: weight.clone() }),
    }
}

/// The product with a weight that gets no gradient.
struct Frozen {
    weight: Tensor,
}

fn product_on<B: BackendStorage>(x: &B, xl: &Layout, weight: &B, wl: &Layout) -> Result<(B, Shape)> {
    let (n, m, k) = shapes(xl, wl)?;
    Ok((x.matmul(weight, (1, n, m, k), xl, &wl.transpose(0, 1)?)?, (n, m).into()))
}

impl CustomOp1 for Frozen {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, xl: &Layout) -> Result<(CpuStorage, Shape)> {
        let (storage, wl) = self.weight.storage_and_layout();
        match &*storage {
            Storage::Cpu(weight) => product_on(x, xl, weight, wl),
            _ => bail!("rows on the CPU meet a weight that is elsewhere"),
        }
    }

    fn cuda_fwd(&self, x: &CudaStorage, xl: &Layout) -> Result<(CudaStorage, Shape)> {
        let (storage, wl) = self.weight.storage_and_layout();
        match &*storage {
            Storage::Cuda(weight) => product_on(x, xl, weight, wl),
            _ => bail!("rows on the GPU meet a weight that is elsewhere"),
        }
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(grad.matmul(&self.weight)?))
    }
}

/// Which operands want a gradient.
struct Linear {
    x: bool,
    weight: bool,
    third: bool,
}
struct WithBias(Linear);
struct WithRest(Linear);

fn shapes(x: &Layout, weight: &Layout) -> Result<(usize, usize, usize)> {
    let ((n, k), (m, wk)) = (x.shape().dims2()?, weight.shape().dims2()?);
    if k != wk {
        bail!("a weight for width {wk} cannot take rows of width {k}");
    }
    Ok((n, m, k))
}

/// `y [n, m] (+)= x [n, k] · W [m, k]ᵀ`, in row blocks.
fn multiply(x: &[f32], weight: &[f32], y: &mut [f32], (n, m, k): (usize, usize, usize), add: bool) {
    let step = block(n);
    y.par_chunks_mut((step * m).max(1)).enumerate().for_each(|(index, y)| {
        let x = Matrix::rows(x, index * step * k, k);
        let weight = Matrix::rows(weight, 0, k).transposed();
        // SAFETY: the chunk holds whole rows, and x as many from the same row on.
        unsafe { product((y.len() / m, m, k), y.as_mut_ptr(), m, add, x, weight, 1.0) };
    });
}

impl Linear {
    fn backward(
        &self,
        x: &Tensor,
        weight: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let ((n, k), (m, _)) = (x.dims2()?, weight.dims2()?);
        with_floats(grad, |grad| {
            let dx = match self.x {
                true => Some(with_floats(weight, |weight| {
                    Tensor::from_vec(input_gradient(grad, weight, (n, m, k)), (n, k), x.device())
                })?),
                false => None,
            };
            let dw = match self.weight {
                true => Some(with_floats(x, |x| {
                    Tensor::from_vec(weight_gradient(grad, x, (n, m, k)), (m, k), weight.device())
                })?),
                false => None,
            };
            Ok((dx, dw))
        })
    }
}

/// `dy [n, m] · W [m, k]`.
fn input_gradient(grad: &[f32], weight: &[f32], (n, m, k): (usize, usize, usize)) -> Vec<f32> {
    let mut out = vec![0f32; n * k];
    let step = block(n);
    out.par_chunks_mut((step * k).max(1)).enumerate().for_each(|(index, out)| {
        let grad = Matrix::rows(grad, index * step * m, m);
        // SAFETY: as in `multiply`.
        unsafe {
            product((out.len() / k, k, m), out.as_mut_ptr(), k, false, grad, Matrix::rows(weight, 0, k), 1.0)
        };
    });
    out
}

/// `dyᵀ [m, n] · x [n, k]`: each task makes a range of W's rows (or columns, where those are more), summing over all of n.
fn weight_gradient(grad: &[f32], x: &[f32], (n, m, k): (usize, usize, usize)) -> Vec<f32> {
    let mut out = vec![0f32; m * k];
    let target = Shared(out.as_mut_ptr());
    let by_rows = m >= k;
    let side = m.max(k);
    let step = side.div_ceil(4).next_multiple_of(16);
    (0..side.div_ceil(step)).into_par_iter().for_each(|index| {
        let from = index * step;
        let len = step.min(side - from);
        let (row, column, rows, columns) = if by_rows { (from, 0, len, k) } else { (0, from, m, len) };
        let grad = Matrix::rows(grad, row, m).transposed();
        // SAFETY: tasks write disjoint rows or columns of `out`, which outlives them.
        unsafe {
            product(
                (rows, columns, n),
                target.at(row * k + column),
                k,
                false,
                grad,
                Matrix::rows(x, column, k),
                1.0,
            );
        }
    });
    out
}

/// Sums over rows, in blocks whose partial sums are added in order.
pub(super) fn column_sums(rows: &[f32], width: usize) -> Vec<f32> {
    let partial: Vec<Vec<f32>> = rows
        .par_chunks(width * 256)
        .map(|rows| {
            let mut total = vec![0f32; width];
            for row in rows.chunks_exact(width) {
                total.iter_mut().zip(row).for_each(|(total, x)| *total += x);
            }
            total
        })
        .collect();
    partial.into_iter().fold(vec![0f32; width], |mut total, part| {
        total.iter_mut().zip(part).for_each(|(total, x)| *total += x);
        total
    })
}

impl CustomOp2 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, m, k) = shapes(xl, wl)?;
        let mut y = vec![0f32; n * m];
        multiply(floats(x, xl)?, floats(w, wl)?, &mut y, (n, m, k), false);
        Ok((CpuStorage::F32(y), (n, m).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        self.backward(x, w, grad)
    }
}

impl CustomOp3 for WithBias {
    fn name(&self) -> &'static str {
        "linear-bias"
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
        let (n, m, k) = shapes(xl, wl)?;
        let mut y = floats(b, bl)?.repeat(n);
        multiply(floats(x, xl)?, floats(w, wl)?, &mut y, (n, m, k), true);
        Ok((CpuStorage::F32(y), (n, m).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (dx, dw) = self.0.backward(x, w, grad)?;
        let db = match self.0.third {
            true => Some(with_floats(grad, |grad| {
                Tensor::from_vec(column_sums(grad, b.elem_count()), b.shape(), b.device())
            })?),
            false => None,
        };
        Ok((dx, dw, db))
    }
}

impl CustomOp3 for WithRest {
    fn name(&self) -> &'static str {
        "linear-add"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        xl: &Layout,
        w: &CpuStorage,
        wl: &Layout,
        r: &CpuStorage,
        rl: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (n, m, k) = shapes(xl, wl)?;
        let mut y = floats(r, rl)?.to_vec();
        if y.len() != n * m {
            bail!("the rest has {} elements, the product {}", y.len(), n * m);
        }
        multiply(floats(x, xl)?, floats(w, wl)?, &mut y, (n, m, k), true);
        Ok((CpuStorage::F32(y), (n, m).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        _: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (dx, dw) = self.0.backward(x, w, grad)?;
        Ok((dx, dw, self.0.third.then(|| grad.clone())))
    }
}
