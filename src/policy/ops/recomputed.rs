//! The backward of a kernel that has none of its own: the composition is computed again, with autograd.
//!
//! A fused forward keeps its operands alone, where a composition keeps every step, so this costs a second forward pass
//! and saves the memory of the first.

use candle_core::{Result, Tensor, Var};

/// Gradients of `compose` at some operands, those that are wanted, given that of its result.
pub(super) fn recomputed<const N: usize>(
    operands: [&Tensor; N],
    wants: [bool; N],
    grad: &Tensor,
    compose: impl FnOnce([&Tensor; N]) -> Result<Tensor>,
) -> Result<[Option<Tensor>; N]> {
    let vars = operands.iter().map(|x| Var::from_tensor(&x.detach())).collect::<Result<Vec<_>>>()?;
    let leaves: [Tensor; N] = std::array::from_fn(|at| {
        if wants[at] { vars[at].as_tensor().clone() } else { vars[at].as_detached_tensor() }
    });
    let y = compose(std::array::from_fn(|at| &leaves[at]))?;
    let mut store = (y * grad)?.sum_all()?.backward()?;
    Ok(std::array::from_fn(|at| if wants[at] { store.remove(&leaves[at]) } else { None }))
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::policy::ops::{norm::composed_rms, rms_norm};

    /// The fused backward is another way to the same numbers.
    #[test]
    fn a_recomputed_gradient_is_that_of_the_fused_operation() -> Result<()> {
        let at = |shape: (usize, usize)| Tensor::randn(0f32, 1.0, shape, &Device::Cpu);
        let (x, weight, grad) =
            (Var::from_tensor(&at((5, 12))?)?, Var::from_tensor(&at((1, 12))?.squeeze(0)?)?, at((5, 12))?);
        let y = rms_norm(x.as_tensor(), weight.as_tensor(), 1e-6)?;
        let fused = (y * &grad)?.sum_all()?.backward()?;
        let wants = [true, true];
        let found =
            recomputed([x.as_tensor(), weight.as_tensor()], wants, &grad, |[x, w]| composed_rms(x, w, 1e-6))?;
        for (found, var) in found.into_iter().zip([&x, &weight]) {
            let apart = (found.expect("a gradient") - fused.get(var.as_tensor()).expect("a gradient"))?;
            assert!(apart.abs()?.flatten_all()?.max(0)?.to_dtype(DType::F32)?.to_scalar::<f32>()? < 1e-5);
        }
        let [dx, dw] = recomputed([x.as_tensor(), weight.as_tensor()], [true, false], &grad, |[x, w]| {
            composed_rms(x, w, 1e-6)
        })?;
        assert!(dx.is_some() && dw.is_none());
        Ok(())
    }
}
