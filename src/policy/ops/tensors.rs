//! Getting at the floats of candle tensors.

use candle_core::{CpuStorage, DType, Layout, Result, Storage, Tensor, bail};

/// Whether the fused CPU kernels apply.
pub(crate) fn fused(tensor: &Tensor) -> bool {
    tensor.device().is_cpu() && tensor.dtype() == DType::F32
}

/// The floats of a contiguous operand.
pub(super) fn floats<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        bail!("a fused operation needs contiguous operands")
    };
    Ok(&storage.as_slice::<f32>()?[start..end])
}

/// Calls `f` with the floats of a tensor, made contiguous if it is not.
pub(super) fn with_floats<T>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => f(floats(storage, layout)?),
        _ => bail!("a fused operation needs tensors on the CPU"),
    }
}

/// A tensor of `like`'s shape.
pub(super) fn tensor(data: Vec<f32>, like: &Tensor) -> Result<Tensor> {
    Tensor::from_vec(data, like.shape(), like.device())
}

/// Number of rows and their width, of the last axis.
pub(super) fn rows_of(layout: &Layout) -> Result<(usize, usize)> {
    let Some(&width) = layout.dims().last() else { bail!("a row operation needs at least one axis") };
    Ok((layout.shape().elem_count() / width.max(1), width))
}
