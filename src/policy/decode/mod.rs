//! Sampling. `response` is one response while it grows, `draw` picks its next token, `draw_rows` those of several where
//! their logits lie.
//!
//! On the CPU: the language model once more, without autograd, on packed weights and raw floats.
//!
//! `panel` multiplies a few rows with a packed matrix; `weights` packs a model's parameters; `cache` holds keys and
//! values, `attend` reads them; `pass` runs the layers over new tokens; `sampler` keeps many sequences going. On other devices `tensors` does so, with the
//! layers of training over the caches of `lanes`.
//!
//! **Invariant** of the CPU. The arithmetic of a row never depends on the other rows: a sequence gets the same logits alone, in any
//! batch, in the prompt's pass or one token at a time, on any number of threads.

mod attend;
mod cache;
mod draw;
mod draw_rows;
mod lanes;
mod panel;
mod pass;
mod response;
mod sampler;
mod tensors;
mod weights;

pub use draw::SampleOptions;
#[cfg(test)]
pub(super) use draw::draw_at;
pub(super) use draw_rows::draw_rows;
pub use response::{Finish, Sampled};
pub use sampler::{PromptFeatures, SampleIndex, SampleRequest, sample};
pub use tensors::{ROOM, TensorSampler};
pub use weights::DecodeWeights;
