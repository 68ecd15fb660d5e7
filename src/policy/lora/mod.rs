//! LoRA: small trainable products beside frozen linear layers, in PEFT's layout.
//!
//! A saved adapter is a folder with `adapter_config.json` (`config`) and `adapter_model.safetensors` (`adapters`), whose
//! tensors are called `base_model.model.<layer>.lora_A.weight` `[rank, in]` and `….lora_B.weight` `[out, rank]`, the layer
//! spelt as in the base model's own folder.

mod adapters;
mod config;

pub use adapters::Lora;
pub use config::LoraConfig;
