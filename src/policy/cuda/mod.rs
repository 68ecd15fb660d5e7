//! Kernels of this project for NVIDIA GPUs: what decoding does at every token and candle does in many small steps.
//!
//! `kernels.cu` holds them, `launches` says with which grid and arguments each is started (pure functions), `device` starts
//! them on a GPU (feature `cuda`; `build.rs` has compiled them to PTX). The same source is compiled as C++ by the tests, with
//! `emulated.h` in place of CUDA, started by the same `launches` and compared with the operations on the CPU: arithmetic,
//! indices and the order of arguments are tested without a GPU, speed and what the hardware adds are not
//! (`compare` is for that, on a machine with a GPU). `open` finds the device, or says why there is none. What
//! is started, and with which buffers, is checked without a GPU by a driver that computes nothing (`pretended.cpp`,
//! `scripts/cuda-rehearse`).

mod compare;
#[cfg(feature = "cuda")]
mod device;
#[cfg(any(feature = "cuda", test))]
mod launches;
mod open;
mod reach;

#[cfg(test)]
mod emulate;

pub use compare::{Compared, Speed, attention_speed, compare};
#[cfg(feature = "cuda")]
pub(super) use device::{attend, draw, norm_rotate, rms_norm, swiglu};
pub use open::{answers, open};
pub(super) use reach::{DIMS, applies};
