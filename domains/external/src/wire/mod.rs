//! The wire, version 1: what `docs/wire.md` describes, read and written.
//!
//! [`Field`] walks through an answer and names the place where it does not fit; `hello`, `render`, `task` and `judgement`
//! read the answers; `say` writes what questions hold. Unknown fields are passed over.

mod fields;
mod hello;
mod judgement;
mod render;
mod say;
mod task;

pub use fields::{Field, WrongField};
pub use hello::{Hello, Kind, Marks};
pub use judgement::{Said, defects, edits, score, spans, statements};
pub use render::render;
pub use say::{render as say_render, task as say_task};
pub use task::{AskedPart, Given, given};

/// The version that this galley speaks.
pub const VERSION: u64 = 1;
