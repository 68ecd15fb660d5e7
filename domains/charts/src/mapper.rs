//! Which statement of the program drew what.

use std::collections::BTreeMap;

use galley_core::{Region, RegionMapper, Render, Span, Statement};

use crate::statements::statements;

/// Statements are Python's, compound ones included; a region belongs to the smallest one that encloses the call that
/// drew it. What a loop or a helper draws is thereby put down to its innermost line.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChartMapper;

impl RegionMapper for ChartMapper {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        let found = statements(program);
        let mut drawn: BTreeMap<usize, Vec<Region>> = BTreeMap::new();
        for element in render.elements.iter().filter(|element| !is_container(&element.style)) {
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
}

/// Figures, axes and axes' halves are where others draw; their boxes would put every defect down to `subplots`.
fn is_container(style: &BTreeMap<String, String>) -> bool {
    matches!(style.get("role").map(String::as_str), Some("figure" | "axes" | "axis"))
}

/// The smallest statement around `span`, by index.
fn smallest(statements: &[(Span, String)], span: Span) -> Option<usize> {
    let around = statements.iter().enumerate().filter(|(_, (outer, _))| outer.encloses(span));
    around.min_by_key(|(_, (outer, _))| outer.len()).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use galley_core::Element;

    use super::*;

    #[test]
    fn a_region_goes_to_the_innermost_statement() {
        let program = "for y in d:\n    plt.plot(y)\nplt.title('x')\n";
        let region = Region::new(1.0, 2.0, 3.0, 4.0);
        let element = |text: &str, role: &str| Element {
            parent: None,
            kind: "line2d".into(),
            span: program.find(text).map(|at| Span::new(at, at + text.len())),
            region,
            text: String::new(),
            text_region: None,
            style: BTreeMap::from([("role".into(), role.into())]),
        };
        let elements = vec![element("plt.plot(y)", "data"), element("plt.title('x')", "axes")];
        let render = Render { image: None, elements, faults: Vec::new() };
        let statements = ChartMapper.map(program, &render);
        let kinds: Vec<(&str, usize)> =
            statements.iter().map(|one| (one.kind.as_str(), one.regions.len())).collect();
        assert_eq!(kinds, [("for", 0), ("plt.plot", 1), ("plt.title", 0)]);
    }
}
