//! The teacher: the same tokens, read after a prompt that also holds the privileged context v.
//!
//! `context` makes v from an assessment, `gain` measures whether the teacher can read it (SPEC: decide this before
//! distilling), `weights` says whose weights read it; when they change is decided in `train`.

mod context;
mod gain;
mod weights;

pub use context::{Wording, elided, privileged_prompt, reference_prompt, right_values};
pub use gain::{Gain, GainProbe, teacher_gain};
pub use weights::Teacher;
