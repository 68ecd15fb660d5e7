//! The declarations that styled a reference element: its own style attribute, then the style sheets.

use super::{
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

/// Whether the declared colour is the computed one; `None` where that cannot be told.
fn applied(pages: &Pages<'_>, element: usize, declaration: &Declaration) -> Option<bool> {
    let property = match check(&declaration.property)?.1 {
        Check::Background => "background-color",
        Check::TextColour => "color",
        _ => return None,
    };
    let declared = Rgba::parse(&declaration.value)?;
    let computed = computed::colour(&pages.reference.elements[element], property)?;
    Some(!declared.differs(computed))
}
