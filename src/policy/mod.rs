//! The policy: a Qwen3-VL model on candle that is trained, sampled from, and kept as a teacher.
//!
//! How the parts meet: `config` and `names` say which `params` a model has, `weights` reads and writes them (`node` reads their json), `gguf`
//! reads text-only models from one file, `hub` finds folders; `processor`
//! (with `resize`) turns pictures into patches, `tokenizer` and `template` turn prompts into [`Encoded`] tokens; `batch`
//! packs rows without padding, `rope` places their tokens; `vision`, `text` and `dense` compute on `ops`, whose kernels
//! have backwards of their own; `decode` samples without autograd; `scoring` and `differentiate` give log-probabilities and
//! gradients of responses; `inspect` shows what is computed between, for comparisons; `gradients`, `optim` and `schedule` take the steps; `lora` trains adapters instead; `plan` says
//! beforehand what memory that takes. [`Policy`] ties them together.
//!
//! **candle operations that must not appear in a pass with gradients**, because they have none and say nothing:
//! `softmax_last_dim`, the fused `rms_norm` and `layer_norm`, `rope*`, `sdpa`, `slice_set`, in-place operations, `QMatMul`;
//! and `scatter_add`, whose gradient is wrong. A test counts the gradients of all parameters and compares their values.
//!
//! A model folder is the official layout: `config.json`, `model.safetensors` (or shards with their index),
//! `tokenizer.json`, `preprocessor_config.json`, of Qwen3-VL or of a text-only Qwen3 or Llama; galley adds `galley.json` (`{"template": "chat" | "compact"}`).

mod batch;
mod config;
pub mod cuda;
mod decode;
mod dense;
mod differentiate;
mod encoded;
mod error;
mod gguf;
mod gradients;
mod hub;
pub mod inspect;
mod lora;
mod model;
mod names;
mod node;
mod ops;
mod optim;
mod params;
mod plan;
mod processor;
mod resize;
mod rope;
mod schedule;
mod scoring;
mod template;
mod text;
mod tiny_init;
mod tokenizer;
mod vision;
mod weights;
mod whole;

#[cfg(test)]
mod tests;

pub use batch::Row;
pub use candle_core::{DType, Device};
pub use config::{ModelConfig, SpecialIds, Stretch, TextConfig, VisionConfig};
pub use decode::{Finish, SampleIndex, SampleOptions, SampleRequest, Sampled};
pub use encoded::{Encoded, PromptPart};
pub use error::{PolicyError, Result};
pub use gradients::Gradients;
pub use hub::{fetch, fetch_data};
pub use lora::{Lora, LoraConfig};
pub use ops::loss;
pub use optim::{AdamW, AdamWConfig, StepInfo};
pub use params::Params;
pub use plan::{MemoryPlan, Part, Phase, Place, Setup, Workload, loss_copies};
pub use processor::{PreparedImage, Processor, ProcessorConfig};
pub use resize::resize;
pub use schedule::{LearningRate, Schedule};
pub use scoring::{RowLogits, RowStates, SharedFeatures};
pub use template::Template;
pub use tiny_init::copying_init;
pub use tokenizer::{Decoded, PreTokenizer, Tokenizer};
pub use whole::Policy;
