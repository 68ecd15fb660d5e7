//! Which statement of the program made what on the slides.

use galley_core::{Element, RegionMapper, Render, Statement};
use galley_kit::python::innermost;

/// Statements are Python's; a shape belongs to the smallest one that encloses the call that made it, a text also to the
/// one that wrote it. Slides, and groups, are where others are: their boxes would put every defect down to `add_slide`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlideMapper;

impl RegionMapper for SlideMapper {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        innermost(program, render.elements.iter().filter(|element| shows_something(element)))
    }
}

fn shows_something(element: &Element) -> bool {
    !matches!(element.kind.as_str(), "slide" | "group") && !element.region.is_empty()
}

#[cfg(test)]
mod tests {
    use galley_core::{Region, Span};

    use super::*;

    #[test]
    fn a_region_goes_to_the_innermost_statement() {
        let program = "for y in d:\n    add_shape(y)\nadd_slide(x)\n";
        let element = |text: &str, kind: &str| Element {
            parent: None,
            kind: kind.into(),
            span: program.find(text).map(|at| Span::new(at, at + text.len())),
            region: Region::new(1.0, 2.0, 3.0, 4.0),
            text: String::new(),
            text_region: None,
            style: Default::default(),
        };
        let elements = vec![element("add_slide(x)", "slide"), element("add_shape(y)", "auto-shape")];
        let render = Render { image: None, elements, faults: Vec::new() };
        let statements = SlideMapper.map(program, &render);
        let kinds: Vec<(&str, usize)> =
            statements.iter().map(|one| (one.kind.as_str(), one.regions.len())).collect();
        assert_eq!(kinds, [("for", 0), ("add_shape", 1), ("add_slide", 0)]);
    }
}
