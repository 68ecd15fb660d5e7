//! The declarations that styled a reference element: its own style attribute, then the style sheets.

use galley_core::Element;

use super::{
    compare::keyword,
    pages::{Pages, Source},
    property::{Check, check},
    start_tag::Declaration,
    stylesheet,
};
use crate::computed::{self, Rgba};

/// One declaration for each property, in no particular order; those of style sheets only where the attribute has none.
pub fn of(pages: &Pages<'_>, element: usize, source: &Source<'_>) -> Vec<Declaration> {
    let mut found = source.inline();
    let kind = &pages.reference.elements[element].kind;
    for rule in stylesheet::matching(&pages.rules, source.subject(kind)) {
        for declaration in &rule.declarations {
            let known = found.iter().any(|earlier| same_slot(&earlier.property, &declaration.property));
            let applied = applied(pages, element, declaration);
            if !known && applied.unwrap_or(!rule.conditional) {
                found.push(declaration.clone());
            }
        }
    }
    found
}

/// A shorthand and the longhand that it sets are one.
fn same_slot(a: &str, b: &str) -> bool {
    let slot = |property| if property == "background-color" { "background" } else { property };
    slot(a) == slot(b)
}

/// A list of lengths with `em` and `rem` (of the initial 16 pixels) resolved; other units stay as they are.
fn in_pixels(value: &str, element: &Element) -> String {
    let font = computed::pixels(element, "font-size").unwrap_or(16.0);
    let resolved = value.split_whitespace().map(|word| {
        let scaled = |unit: &str, size: f64| {
            Some(format!("{}px", word.strip_suffix(unit)?.parse::<f64>().ok()? * size))
        };
        scaled("rem", 16.0).or_else(|| scaled("em", font)).unwrap_or_else(|| word.to_owned())
    });
    resolved.collect::<Vec<_>>().join(" ")
}

/// Whether the declared value is the computed one, so that this declaration may be the one that won; `None` where that
/// cannot be told.
fn applied(pages: &Pages<'_>, element: usize, declaration: &Declaration) -> Option<bool> {
    let element = &pages.reference.elements[element];
    let colour = |property| {
        let (declared, computed) = (Rgba::parse(&declaration.value)?, computed::colour(element, property)?);
        Some(!declared.differs(computed))
    };
    match check(&declaration.property)?.1 {
        Check::Background => colour("background-color"),
        Check::TextColour => colour("color"),
        Check::Sides { key, side } => {
            let declared = computed::sides(&in_pixels(&declaration.value, element))?;
            let computed = computed::sides(element.style.get(key)?)?;
            let same = |side: usize| (declared[side] - computed[side]).abs() <= 0.5;
            Some(side.map_or((0..4).all(same), same))
        }
        Check::TextValue("text-align") | Check::Value("display" | "position" | "flex-direction") => {
            let computed = element.style.get(&declaration.property)?;
            Some(keyword(&declaration.value) == keyword(computed))
        }
        _ => None,
    }
}
