//! `layout`: other sizes, paddings and gaps, other flows, neighbours that change places.

use galley_core::Span;

use super::{kind::Proposals, length, source::Element};

pub(super) fn propose(proposals: &mut Proposals<'_>) {
    let source = proposals.source;
    for declaration in &source.declarations {
        if source.owner(declaration) != "img" {
            declared(proposals, &declaration.property, declaration.value);
        }
    }
    for (a, b) in neighbours(&source.elements) {
        let between = source.slice(Span::new(a.end, b.start));
        let swapped = format!("{}{between}{}", source.slice(b), source.slice(a));
        proposals.replace(Span::new(a.start, b.end), swapped);
    }
}

fn declared(proposals: &mut Proposals<'_>, property: &str, value: Span) {
    let sized = ["width", "height", "min-width", "max-width", "min-height", "max-height", "flex-basis"];
    let spaced = ["gap", "row-gap", "column-gap", "grid-template-columns", "border-spacing"];
    if sized.contains(&property) || spaced.contains(&property) || property.starts_with("padding") {
        length::propose(proposals, value);
    }
    if let Some(other) = other_flow(property, proposals.source.slice(value)) {
        proposals.replace(value, other);
    }
}

fn other_flow(property: &str, value: &str) -> Option<&'static str> {
    Some(match (property, value) {
        ("display", "flex" | "grid" | "inline-block" | "inline-flex") => "block",
        ("display", "block") => "inline-block",
        ("flex-direction", "row") => "column",
        ("flex-direction", "column") => "row",
        ("float", "left") => "right",
        ("float", "right") => "none",
        _ => return None,
    })
}

/// Visible elements next to each other that look different in the source, both small.
fn neighbours(elements: &[Element]) -> Vec<(Span, Span)> {
    let mut pairs = Vec::new();
    let mut last: Vec<Option<Span>> = vec![None; elements.len() + 1];
    for element in elements.iter().filter(|element| element.visible && !is_frame(&element.tag)) {
        let slot = element.parent.map_or(0, |parent| parent + 1);
        if let Some(previous) = last[slot].replace(element.span)
            && element.span.end - previous.start <= LARGEST
        {
            pairs.push((previous, element.span));
        }
    }
    pairs
}

/// Longest text in bytes that changes places.
const LARGEST: usize = 2000;

fn is_frame(tag: &str) -> bool {
    matches!(tag, "html" | "head" | "body")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::Source;

    #[test]
    fn neighbours_have_one_parent() {
        let text = "<body><p>a</p><div><b>x</b> <i>y</i></div><p>c</p></body>";
        let source = Source::parse(text);
        let pairs: Vec<(&str, &str)> = neighbours(&source.elements)
            .into_iter()
            .map(|(a, b)| (source.slice(a), source.slice(b)))
            .collect();
        let div = "<div><b>x</b> <i>y</i></div>";
        assert_eq!(pairs, [("<p>a</p>", div), ("<b>x</b>", "<i>y</i>"), (div, "<p>c</p>")]);
    }
}
