//! What crosses the files of this folder: parity with the reference, gradients, sampling.
//!
//! The numbers to be met come from transformers 5.23 on PyTorch 2.15 (f32). All three models are checked where the full
//! goldens lie (`GALLEY_GOLDENS`, or `../shared/goldens` beside the workspace); a stripped copy of the smallest is part
//! of the repository.

mod differentiate;
mod fuzz;
mod golden;
mod gradients;
mod loading;
mod parity;
mod planted;
mod sampling;
mod whole;

use golden::Golden;
