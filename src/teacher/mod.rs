//! The teacher: the same tokens, read after a prompt that also holds the privileged context v.
//!
//! `context` makes v from an assessment, `gain` measures whether the teacher can read it (SPEC: decide this before
//! distilling). Whose weights the teacher has (`live`, `frozen`, `base`, `ema`) is decided in `train`.

mod context;
mod gain;

pub use context::{Wording, elided, privileged_prompt, reference_prompt};
pub use gain::{Gain, GainProbe, teacher_gain};
