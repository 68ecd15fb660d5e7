//! The shape of a model, as the official `config.json` says it: `model` is the whole, `text` and `vision` its two halves,
//! `stretch` what is done to rotary frequencies for long contexts.
//!
//! Three layouts are read: Qwen3-VL (`text_config` and `vision_config`, of transformers 4 or 5), and the flat ones of the
//! text-only `qwen3` and `llama`. Every error names the field by its path.

mod model;
mod stretch;
mod text;
mod vision;

pub use model::{ModelConfig, SpecialIds};
pub use stretch::Stretch;
pub use text::TextConfig;
pub use vision::{VISION_EPS, VISION_THETA, VisionConfig};
