//! Which element of the source drew what.

use std::collections::BTreeMap;

use galley_core::{Region, RegionMapper, Render, Statement};

use crate::inject::outline;

/// Statements are the elements of the source, start tag through end tag; their regions the boxes that the render gives
/// to elements that start at the same byte.
///
/// The statements come from the same outline as the spans of a render: two parsers would disagree on broken pages.
#[derive(Clone, Copy, Debug, Default)]
pub struct WebMapper;

impl RegionMapper for WebMapper {
    fn map(&self, program: &str, render: &Render) -> Vec<Statement> {
        let mut drawn: BTreeMap<usize, Vec<Region>> = BTreeMap::new();
        for element in &render.elements {
            if let Some(span) = element.span {
                drawn.entry(span.start).or_default().push(element.region);
            }
        }
        let statement = |element: crate::inject::SourceElement| Statement {
            regions: drawn.remove(&element.span.start).unwrap_or_default(),
            span: element.span,
            kind: element.name,
        };
        outline(program).elements.into_iter().map(statement).collect()
    }
}

#[cfg(test)]
mod tests {
    use galley_core::{Element, Span};

    use super::*;

    #[test]
    fn boxes_go_to_the_element_that_starts_there() {
        let program = "<div><b>x</b><i>y</div>";
        let region = Region::new(1.0, 2.0, 3.0, 4.0);
        let element = Element {
            parent: None,
            kind: "b".into(),
            span: Some(Span::new(5, 13)),
            region,
            text: "x".into(),
            text_region: None,
            style: BTreeMap::new(),
        };
        let render = Render { image: None, elements: vec![element], faults: Vec::new() };
        let statements = WebMapper.map(program, &render);
        let kinds: Vec<&str> = statements.iter().map(|statement| statement.kind.as_str()).collect();
        assert_eq!(kinds, ["div", "b", "i"]);
        assert_eq!(statements[1].regions, [region]);
        assert!(statements[0].regions.is_empty());
    }
}
