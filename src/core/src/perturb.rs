//! A worsened copy of a program: the attempt half of a difference-aligned pair (VisRefiner §4.2, §8.3).

use serde::{Deserialize, Serialize};

use crate::Span;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perturbed {
    pub program: String,
    /// What was changed, in source order.
    pub edits: Vec<Edit>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// `color`, `layout`, `alignment`, `component`, `image`, `text`, or a domain's own kind.
    pub kind: String,
    /// Bytes of the *original* program that were replaced (empty for an insertion).
    pub span: Span,
    /// What stands there now (empty for a deletion).
    pub replacement: String,
}
