//! `image`: pictures that are missing, of another size, or another picture's.

use galley_core::Span;

use super::{
    kind::Proposals,
    length,
    source::{Attribute, Element},
};

pub(super) fn propose(proposals: &mut Proposals<'_>) {
    let source = proposals.source;
    let images = || source.elements.iter().enumerate().filter(|(_, element)| is_image(element));
    for (index, element) in images() {
        proposals.replace(element.span, "");
        resize(proposals, index, element);
    }
    let sources: Vec<&Attribute> =
        source.attributes.iter().filter(|attribute| is_source(proposals, attribute)).collect();
    for (at, attribute) in sources.iter().enumerate() {
        let other = sources[(at + 1) % sources.len()];
        proposals.replace(attribute.value, source.slice(other.value));
    }
}

fn is_image(element: &Element) -> bool {
    element.tag == "img" && element.visible
}

fn is_source(proposals: &Proposals<'_>, attribute: &Attribute) -> bool {
    attribute.name == "src" && is_image(&proposals.source.elements[attribute.element])
}

/// Another width or height where one is given, otherwise a width.
fn resize(proposals: &mut Proposals<'_>, index: usize, element: &Element) {
    let source = proposals.source;
    let is_size = |name: &str| matches!(name, "width" | "height" | "max-width" | "max-height");
    let mut sized = false;
    for declaration in &source.declarations {
        if declaration.element == Some(index) && is_size(&declaration.property) {
            length::propose(proposals, declaration.value);
            sized = true;
        }
    }
    for attribute in &source.attributes {
        if attribute.element == index && is_size(&attribute.name) {
            scale(proposals, attribute.value);
            sized = true;
        }
    }
    if !sized {
        let pixels = *proposals.random.pick(proposals.vocabulary.pixels);
        proposals.replace(Span::new(element.name.end, element.name.end), format!(" width=\"{pixels}\""));
    }
}

/// Half or twice as large.
fn scale(proposals: &mut Proposals<'_>, value: Span) {
    if let Ok(number @ 1..100_000) = proposals.source.slice(value).parse::<u32>() {
        let other = if proposals.random.chance(0.5) { number.div_ceil(2) } else { number * 2 };
        proposals.replace(value, other.to_string());
    } else {
        length::propose(proposals, value);
    }
}
