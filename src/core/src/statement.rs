//! Which statement drew what.

use serde::{Deserialize, Serialize};

use crate::{Region, Render, Span};

/// Traces regions back to code: for every statement of the program the regions it produced. Pure.
pub trait RegionMapper: Send + Sync {
    /// Statements in source order; any two are nested or disjoint, and all lie inside the program.
    fn map(&self, program: &str, render: &Render) -> Vec<Statement>;
}

/// One coherent act of generation: an HTML element, a Python statement, a shape-creating call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Bytes of the program.
    pub span: Span,
    /// Tag, call or statement name.
    pub kind: String,
    /// What it drew; empty for statements that draw nothing (imports, control flow).
    pub regions: Vec<Region>,
}
