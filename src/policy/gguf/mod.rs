//! Text-only models from one GGUF file: `file` reads its fields and tensors, `model` makes configuration and parameters of
//! them, `vocabulary` the tokenizer.
//!
//! Layout (versions 2 and 3, little-endian): `GGUF`, version u32, tensor count u64, field count u64; the fields (name, kind
//! u32, value); a record for each tensor (name, rank u32, sizes u64 innermost first, kind u32, offset u64); padding to
//! `general.alignment`; the tensors' bytes. A text is its length u64 and its bytes. Weights are dequantised when they are read.

mod file;
mod model;
mod vocabulary;

pub(super) use model::load;
