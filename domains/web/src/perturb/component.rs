//! `component`: elements that are missing, doubled, or of another sort.

use galley_core::Span;

use super::{kind::Proposals, source::Element};

pub(super) fn propose(proposals: &mut Proposals<'_>) {
    let source = proposals.source;
    let most = (source.text.len() / 3).max(SMALL);
    for element in
        source.elements.iter().filter(|element| is_component(element) && element.span.len() <= most)
    {
        proposals.replace(element.span, "");
        proposals.replace(Span::new(element.span.end, element.span.end), source.slice(element.span));
        if let Some(retagged) = retagged(source.slice(element.span), element) {
            proposals.replace(element.span, retagged);
        }
    }
}

/// An element of so few bytes is always small enough.
const SMALL: usize = 256;

fn is_component(element: &Element) -> bool {
    let frame = ["html", "head", "body", "br", "wbr", "img", "meta", "link", "base"];
    element.visible && !frame.contains(&element.tag.as_str())
}

/// The element's source with another tag.
fn retagged(text: &str, element: &Element) -> Option<String> {
    let tag = other_tag(&element.tag)?;
    let end = element.end_name?;
    let start = element.span.start;
    let name = text.get(element.name.end - start..end.start - start)?;
    Some(format!("<{tag}{name}{tag}{}", text.get(end.end - start..)?))
}

fn other_tag(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "h1" => "h4",
        "h2" | "h3" | "h4" | "h5" | "h6" => "p",
        "p" => "h2",
        "ul" => "ol",
        "ol" => "ul",
        "button" | "a" => "div",
        "td" => "th",
        "th" => "td",
        "b" | "strong" | "em" | "i" => "span",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::Source;

    #[test]
    fn an_element_gets_another_tag() {
        let source = Source::parse("x<P class=a>b<i>c</i></P >");
        let retagged = |index: usize| {
            let element: &Element = &source.elements[index];
            retagged(source.slice(element.span), element)
        };
        assert_eq!(retagged(0).as_deref(), Some("<h2 class=a>b<i>c</i></h2 >"));
        assert_eq!(retagged(1).as_deref(), Some("<span>c</span>"));
    }
}
