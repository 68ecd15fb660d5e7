//! Which tensors the kernels are for.

use candle_core::{DType, Tensor};

/// Widths of heads for which attention is compiled.
pub(in crate::policy) const DIMS: [usize; 5] = [16, 24, 32, 64, 128];

/// Whether the kernels apply to a tensor: it lies on a GPU, in a type that they read.
pub(in crate::policy) fn applies(tensor: &Tensor) -> bool {
    cfg!(feature = "cuda") && tensor.device().is_cuda() && matches!(tensor.dtype(), DType::F32 | DType::BF16)
}
