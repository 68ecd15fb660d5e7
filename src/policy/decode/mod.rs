//! Sampling on the CPU: the language model once more, without autograd, on packed weights and raw floats.
//!
//! `panel` multiplies a few rows with a packed matrix; `weights` packs a model's parameters; `cache` holds keys and
//! values, `attend` reads them; `pass` runs the layers over new tokens; `draw` picks a token; `sampler` keeps many sequences going.
//!
//! **Invariant.** The arithmetic of a row never depends on the other rows: a sequence gets the same logits alone, in any
//! batch, in the prompt's pass or one token at a time, on any number of threads.

mod attend;
mod cache;
mod draw;
mod panel;
mod pass;
mod sampler;
mod weights;

pub use draw::SampleOptions;
pub use sampler::{Finish, PromptFeatures, SampleIndex, SampleRequest, Sampled, sample};
pub use weights::DecodeWeights;
