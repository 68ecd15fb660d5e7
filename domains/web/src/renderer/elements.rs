//! Elements from what `boxes.js` read.

use std::collections::BTreeMap;

use galley_core::{DomainError, Element, Region};
use serde::Deserialize;

use super::statements::Statements;
use crate::{browser::Shot, css::WINNERS, inject::Outline};

/// Names of the style values, in the order in which `boxes.js` writes them. The last [`OPTIONAL`] are left out where
/// they are empty.
pub const STYLE_KEYS: [&str; 27] = [
    "color",
    "background-color",
    "effective-background",
    "font-size",
    "font-weight",
    "font-family",
    "font-style",
    "line-height",
    "text-align",
    "display",
    "position",
    "opacity",
    "overflow",
    "scroll-width",
    "client-width",
    "scroll-height",
    "client-height",
    "border-width",
    "border-color",
    "border-radius",
    "padding",
    "margin",
    "background-image",
    "src",
    "flex-direction",
    "gap",
    WINNERS,
];

const OPTIONAL: usize = 5;

/// The style entry of elements whose span is not their own.
pub const SOURCE: &str = "source";

/// What HTML's tree construction adds by itself.
const IMPLIED: [&str; 6] = ["html", "head", "body", "tbody", "tr", "colgroup"];

#[derive(Deserialize)]
struct Report {
    nodes: Vec<Node>,
}

/// Number in the source, parent, tag, box, own text and its box, style.
#[derive(Deserialize)]
struct Node(i64, i64, String, [f64; 4], String, Option<[f64; 4]>, Vec<String>);

/// Makes elements of what a page looks like; spans come from the outline of the same program, or from its scripts.
///
/// # Errors
/// Where the text is not of that form.
pub fn elements(
    shot: &Shot,
    outline: &Outline,
    statements: Option<&Statements<'_>>,
) -> Result<Vec<Element>, DomainError> {
    let report: Report =
        serde_json::from_str(&shot.boxes).map_err(|error| DomainError::harness("boxes.js", error))?;
    let mut elements: Vec<Element> = report.nodes.into_iter().map(|node| element(node, outline)).collect();
    for index in 0..elements.len() {
        let made = shot.traces.get(&index).and_then(|trace| statements?.of_trace(trace));
        if let (None, Some(span)) = (elements[index].span, made) {
            elements[index].span = Some(span);
            elements[index].style.insert(SOURCE.into(), "statement".into());
        } else if elements[index].span.is_none() {
            adopt(&mut elements, index, outline);
        }
    }
    Ok(elements)
}

/// Where an element that the source does not name comes from; [`SOURCE`] in its style tells how it was found.
///
/// `parent`: HTML implies it (`tbody`), or one of several scripts made it; it belongs to the element around it.
/// `script`: the page's only script made it. Elements that the source names have no such entry, and those of which the
/// browser knows the script's call have `statement`, which is then their span.
fn adopt(elements: &mut [Element], index: usize, outline: &Outline) {
    let implied = IMPLIED.contains(&elements[index].kind.as_str());
    let mut scripts = outline.elements.iter().filter(|element| element.name == "script");
    let only = scripts.next().filter(|_| !implied && scripts.next().is_none());
    let around = elements[index].parent.and_then(|parent| elements[parent].span);
    let (span, how) = match (only, around) {
        (Some(script), _) => (script.span, "script"),
        (None, Some(around)) => (around, "parent"),
        (None, None) => return,
    };
    elements[index].span = Some(span);
    elements[index].style.insert(SOURCE.into(), how.into());
}

fn element(node: Node, outline: &Outline) -> Element {
    let Node(number, parent, kind, region, text, text_region, style) = node;
    let source = usize::try_from(number).ok().and_then(|number| outline.elements.get(number));
    Element {
        parent: usize::try_from(parent).ok(),
        kind,
        span: source.map(|source| source.span),
        region: self::region(region),
        text,
        text_region: text_region.map(self::region),
        style: named(style),
    }
}

fn region([x, y, width, height]: [f64; 4]) -> Region {
    Region::new(x, y, width, height)
}

fn named(values: Vec<String>) -> BTreeMap<String, String> {
    let optional = STYLE_KEYS.len() - OPTIONAL;
    let kept = |(index, (_, value)): &(usize, (&&str, String))| *index < optional || !value.is_empty();
    let pairs = STYLE_KEYS.iter().zip(values).enumerate().filter(kept);
    pairs.map(|(_, (key, value))| ((*key).to_owned(), value)).collect()
}
