//! Differentiable operations that the model is made of.
//!
//! On the CPU in f32 each is one fused kernel with its own backward (candle's fused kernels have none, see the list in
//! the tests of `policy`); on other devices and dtypes the same function is a composition of candle's differentiable
//! operations, or, where the device is a GPU and it pays, one kernel of `cuda` with the composition's backward
//! (`recomputed`). Rows are *packed*: a batch is `[tokens, width]` without padding, and only attention knows sequences.
//!
//! **Invariant.** Work is split by shape, never by thread count, and partial sums are added in order: results are equal
//! bit for bit on any number of threads. An operand that needs no gradient gets none.

mod activation;
mod attend;
mod attention;
mod gather;
pub(crate) mod gemm;
mod linear;
pub mod loss;
mod norm;
mod recomputed;
mod rotate;
pub(crate) mod simd;
mod tensors;
mod tiles;

pub use activation::{gelu_erf, gelu_tanh, swiglu};
pub use attend::{attend, attends};
pub use attention::{attention, self_attention};
pub use gather::{Gather, gather};
pub use linear::{linear, linear_add};
pub use norm::{layer_norm, rms_norm};
pub use rotate::{Angles, norm_rotate, rotate};

pub use tiles::Segment;

pub(crate) use activation::swiglu_slice;
pub(crate) use norm::rms_row;
pub(crate) use rotate::rotate_head;
pub(crate) use tensors::fused;
