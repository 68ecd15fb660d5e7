//! Which statement of a Python program made what is seen.

use std::collections::BTreeMap;

use galley_core::{Element, Region, Span, Statement};

use super::statements;

/// The statements of `program`, compound ones included; the region of each of `elements` belongs to the smallest
/// statement that encloses the place that made it. What a loop or a helper makes is thereby put down to its innermost
/// line.
pub fn innermost<'a>(program: &str, elements: impl Iterator<Item = &'a Element>) -> Vec<Statement> {
    let found = statements(program);
    let mut drawn: BTreeMap<usize, Vec<Region>> = BTreeMap::new();
    for element in elements {
        if let Some(at) = element.span.and_then(|span| smallest(&found, span)) {
            drawn.entry(at).or_default().push(element.region);
        }
    }
    let statement = |(at, (span, kind)): (usize, (Span, String))| Statement {
        span,
        kind,
        regions: drawn.remove(&at).unwrap_or_default(),
        ..Statement::default()
    };
    found.into_iter().enumerate().map(statement).collect()
}

/// The smallest statement around `span`, by index.
fn smallest(statements: &[(Span, String)], span: Span) -> Option<usize> {
    let around = statements.iter().enumerate().filter(|(_, (outer, _))| outer.encloses(span));
    around.min_by_key(|(_, (outer, _))| outer.len()).map(|(at, _)| at)
}
