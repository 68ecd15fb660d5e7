//! Statements of a program whose domain does not name them: the pieces of source that its elements point to.
//!
//! An element that knows only its line points to that line. Pieces that cross one another, and so cannot both be
//! statements, become the lines that they touch, and all others with them.

use std::collections::BTreeMap;

use galley_core::{Region, Render, Span, Statement};

/// One statement for every piece of source with elements, in source order, outer ones first.
pub fn statements(program: &str, render: &Render) -> Vec<Statement> {
    let mut drawn: BTreeMap<(usize, std::cmp::Reverse<usize>), (&str, Vec<Region>)> = BTreeMap::new();
    let crossing = crossing(render);
    for element in &render.elements {
        let Some(span) = element.span.filter(|span| span.slice(program).is_some()) else { continue };
        let span = if crossing { lines(program, span) } else { span };
        let entry = drawn.entry((span.start, std::cmp::Reverse(span.end)));
        entry.or_insert((&element.kind, Vec::new())).1.push(element.region);
    }
    let mut statements: Vec<Statement> = Vec::new();
    for ((start, std::cmp::Reverse(end)), (kind, regions)) in drawn {
        match statements.last_mut().filter(|last| crossing && start < last.span.end) {
            Some(block) => {
                block.span.end = block.span.end.max(end);
                block.regions.extend(regions);
            }
            None => {
                let span = Span::new(start, end);
                statements.push(Statement { span, kind: kind.into(), regions, ..Statement::default() });
            }
        }
    }
    statements
}

fn crossing(render: &Render) -> bool {
    let spans: Vec<Span> = render.elements.iter().filter_map(|element| element.span).collect();
    spans.iter().enumerate().any(|(at, a)| spans[..at].iter().any(|b| crosses(*a, *b)))
}

fn crosses(a: Span, b: Span) -> bool {
    let apart = a.end <= b.start || b.end <= a.start;
    !apart && !a.encloses(b) && !b.encloses(a)
}

/// The whole lines that a span touches, without the white space around them.
fn lines(program: &str, span: Span) -> Span {
    let start = program[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = program[span.end..].find('\n').map_or(program.len(), |at| span.end + at);
    let block = &program[start..end];
    let indent = block.len() - block.trim_start().len();
    Span::new((start + indent).min(span.start), (start + block.trim_end().len()).max(span.end))
}

#[cfg(test)]
mod tests {
    use galley_core::Element;

    use super::*;

    fn found(program: &str, spans: &[(usize, usize)]) -> Vec<(usize, usize, usize)> {
        let element = |(start, end): &(usize, usize)| Element {
            parent: None,
            kind: "rect".into(),
            span: Some(Span::new(*start, *end)),
            region: Region::new(0.0, 0.0, 1.0, 1.0),
            text: String::new(),
            text_region: None,
            style: BTreeMap::new(),
        };
        let render = Render { elements: spans.iter().map(element).collect(), ..Render::default() };
        let all = statements(program, &render);
        all.iter().map(|one| (one.span.start, one.span.end, one.regions.len())).collect()
    }

    #[test]
    fn pieces_nest_and_those_that_cross_become_lines() {
        let program = "ab cd\n ef gh\nij kl\n";
        assert_eq!(found(program, &[(3, 5), (0, 12), (3, 5)]), [(0, 12, 1), (3, 5, 2)]);
        assert_eq!(found(program, &[(0, 8), (7, 9), (13, 15)]), [(0, 12, 2), (13, 18, 1)]);
        assert_eq!(found(program, &[(0, 99)]), []);
    }
}
