//! The declarations that styled a reference element: its own style attribute, then the style sheets.

use super::{pages::Pages, start_tag::Declaration};
use crate::css::Decider;

/// One declaration for each property: the one that won, of the style attribute first. What is inherited is not among
/// them: it is blamed where it is declared.
pub fn of(pages: &Pages<'_>, element: usize) -> Vec<Declaration> {
    let mut found: Vec<Declaration> = pages.source(element).inline();
    let mut own: Vec<&Decider> =
        pages.deciders[element].iter().filter(|decider| !decider.inherited).collect();
    // Where both won something, the colour is the longhand's.
    own.sort_by_key(|decider| decider.declaration.property == "background");
    for decider in own {
        if !found.iter().any(|earlier| same_slot(&earlier.property, &decider.declaration.property)) {
            found.push(decider.declaration.clone());
        }
    }
    found
}

/// A shorthand and the longhand that it sets are one.
fn same_slot(a: &str, b: &str) -> bool {
    let slot = |property| if property == "background-color" { "background" } else { property };
    slot(a) == slot(b)
}
