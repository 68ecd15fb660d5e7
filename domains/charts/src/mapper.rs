//! Which statement of the program drew what.

use std::collections::BTreeMap;

use galley_core::{RegionMapper, Render, Statement};
use galley_kit::python::innermost;

/// Statements are Python's, compound ones included; a region belongs to the smallest one that encloses the call that
/// drew it. What a loop or a helper draws is thereby put down to its innermost line.
#[derive(Clone, Copy, Debug, Default)]
pub struct ChartMapper;

impl RegionMapper for ChartMapper {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        innermost(program, render.elements.iter().filter(|element| !is_container(&element.style)))
    }
}

/// Figures, axes and axes' halves are where others draw; their boxes would put every defect down to `subplots`.
fn is_container(style: &BTreeMap<String, String>) -> bool {
    matches!(style.get("role").map(String::as_str), Some("figure" | "axes" | "axis"))
}

#[cfg(test)]
mod tests {
    use galley_core::{Element, Region, Span};

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
