//! Which statement drew what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Region, Render, Span};

/// Traces regions back to code: for every statement of the program the regions it produced. Pure.
pub trait RegionMapper: Send + Sync {
    /// Statements in source order, an outer one before those inside it; any two are nested or disjoint, and all lie
    /// inside the program. They form a tree: see [`parents`].
    fn map(&self, program: &str, render: &Render) -> Vec<Statement>;
}

/// One coherent act of generation: an HTML element, a CSS declaration, a Python statement, a shape-creating call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// Bytes of the program.
    pub span: Span,
    /// Tag, call or statement name.
    pub kind: String,
    /// What it drew, or whose looks it set; empty for statements that draw nothing (imports, control flow).
    pub regions: Vec<Region>,
    /// How much of what is wrong there it answers for; everything, unless the domain knows better.
    #[serde(default)]
    pub shares: Shares,
}

/// The share of a statement in what is wrong in its regions, by the axis of the defect, in 0..=1. The default is 1 for
/// every axis (Visual-SDPO eq. 4 as printed).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    by_axis: BTreeMap<String, f64>,
    other: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Self::all(1.0)
    }
}

impl Shares {
    /// The same share for every axis; clamped to 0..=1.
    pub fn all(share: f64) -> Self {
        Self { by_axis: BTreeMap::new(), other: clamped(share) }
    }

    /// Another share for one axis; of two for the same axis the larger one.
    #[must_use]
    pub fn with(mut self, axis: &str, share: f64) -> Self {
        let known = self.by_axis.entry(axis.into()).or_default();
        *known = known.max(clamped(share));
        self
    }

    /// The share for a defect of `axis`.
    pub fn of(&self, axis: &str) -> f64 {
        self.by_axis.get(axis).copied().unwrap_or(self.other)
    }
}

fn clamped(share: f64) -> f64 {
    // `clamp` would keep a NaN, which no record can hold.
    if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
}

/// The tree: for each statement the index of the smallest one that encloses it. Statements are in the order of
/// [`RegionMapper::map`].
pub fn parents(statements: &[Statement]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut parents = Vec::with_capacity(statements.len());
    for (index, statement) in statements.iter().enumerate() {
        while open.last().is_some_and(|&outer| !statements[outer].span.encloses(statement.span)) {
            open.pop();
        }
        parents.push(open.last().copied());
        open.push(index);
    }
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_the_smallest_enclosing_statements() {
        let statement = |(start, end)| Statement { span: Span::new(start, end), ..Statement::default() };
        let statements = [(0, 9), (1, 4), (2, 3), (5, 8), (9, 12)].map(statement);
        assert_eq!(parents(&statements), [None, Some(0), Some(1), Some(0), None]);
    }

    #[test]
    fn shares_are_all_unless_said_otherwise() {
        assert_eq!(Shares::default().of("color"), 1.0);
        let shares = Shares::all(0.0).with("color", 0.5).with("color", 0.25).with("block", 7.0);
        assert_eq!([shares.of("color"), shares.of("block"), shares.of("text")], [0.5, 1.0, 0.0]);
        assert_eq!(Shares::all(f64::NAN).of("text"), 0.0);
        let old: Statement =
            serde_json::from_str(r#"{"span":{"start":0,"end":1},"kind":"p","regions":[]}"#).unwrap();
        assert_eq!(old.shares, Shares::default());
    }
}
