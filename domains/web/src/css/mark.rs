//! Marks that let the browser's cascade tell which declaration won.

use std::collections::BTreeMap;

use galley_core::Span;

use super::{rules, sheet::Rule, slots::slots};
use crate::{inject::Outline, mismatch::property_axis};

/// Beyond it a page is not marked: reading the marks would cost more than the page itself.
pub const MOST_DECLARATIONS: usize = 4000;

/// What to write into a page, and how many slots to read back from each element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Texts to insert at bytes of the program, in source order.
    pub edits: Vec<(Span, String)>,
    /// Slot `s` is the custom property `--<name><s>`; its value on an element is the number of the declaration that won
    /// it, counted over [`rules`] and their declarations in order.
    pub slots: usize,
}

/// The marks of a page; none where no style sheet declares anything that is judged.
///
/// In front of each declaration goes `--<name><slot>:<number>;` for each longhand that it sets, as important as it is.
/// The slots are registered as not inherited in front of the first rule of each sheet.
pub fn marks(program: &str, outline: &Outline, name: &str) -> Marks {
    let rules = rules(program, outline);
    let count: usize = rules.iter().map(|rule| rule.declarations.len()).sum();
    if count > MOST_DECLARATIONS {
        return Marks::default();
    }
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut edits: Vec<(Span, String)> = Vec::new();
    let declarations = rules.iter().flat_map(|rule| &rule.declarations);
    for (number, declaration) in declarations.enumerate() {
        if property_axis(&declaration.property).is_none() {
            continue;
        }
        let important = if declaration.important { "!important" } else { "" };
        let mark = |slot: &str| {
            let next = known.len();
            let slot = *known.entry(slot.to_owned()).or_insert(next);
            format!("--{name}{slot}:{number}{important};")
        };
        let text = slots(&declaration.property).into_iter().map(mark).collect();
        edits.push((Span::new(declaration.at, declaration.at), text));
    }
    edits.extend(sheets(&rules, outline).into_iter().map(|at| {
        let register = |slot| format!("@property --{name}{slot}{{syntax:\"*\";inherits:false}}");
        (Span::new(at, at), (0..known.len()).map(register).collect())
    }));
    edits.sort_by_key(|(span, _)| span.start);
    Marks { edits, slots: known.len() }
}

/// Where the first rule of each sheet begins.
fn sheets(rules: &[Rule], outline: &Outline) -> Vec<usize> {
    let styles = outline.elements.iter().filter(|element| element.name == "style");
    styles
        .filter_map(|style| rules.iter().map(|rule| rule.top).filter(|at| style.span.contains(*at)).min())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::outline;

    fn marked(program: &str) -> (String, usize) {
        let marks = marks(program, &outline(program), "g");
        let mut text = program.to_owned();
        for (span, edit) in marks.edits.iter().rev() {
            text.insert_str(span.start, edit);
        }
        (text, marks.slots)
    }

    #[test]
    fn declarations_are_marked_slot_by_slot() {
        let (text, slots) = marked("<style>a{width:1px;cursor:help}b{width:2px!important}</style>");
        assert_eq!(
            text,
            "<style>@property --g0{syntax:\"*\";inherits:false}a{--g0:0;width:1px;cursor:help}\
             b{--g0:2!important;width:2px!important}</style>"
        );
        assert_eq!(slots, 1);
    }

    #[test]
    fn pages_without_sheets_are_left_alone() {
        let program = "<p style='color:red'>x</p><style>a{cursor:help}</style><style></style>";
        assert_eq!(marked(program), (program.to_owned(), 0));
    }
}
