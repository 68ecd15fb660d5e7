//! The declarations that decide how each element of a render looks.

use std::collections::BTreeMap;

use galley_core::Element;

use super::{
    sheet::Rule,
    slots::{is_inherited, slots},
};
use crate::mismatch::{
    property_axis,
    start_tag::{Declaration, StartTag},
};

/// A declaration that won at least one of its slots on an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// Positions count from the start of the program.
    pub declaration: Declaration,
    /// The number of the rule among [`super::rules`]; `None` for a style attribute.
    pub rule: Option<usize>,
    /// It was declared for an ancestor, whose value the element takes.
    pub inherited: bool,
}

/// The key of [`Element::style`] with the numbers of the declarations of style sheets that won something.
pub const WINNERS: &str = "declarations";

/// For each element the declarations that decide how it looks: those of its style attribute, of the style sheets, and,
/// where it has text, those whose value it inherits. Only properties that are judged ([`property_axis`]).
pub fn deciders(program: &str, rules: &[Rule], elements: &[Element]) -> Vec<Vec<Decider>> {
    let numbered: Vec<(usize, &Declaration)> = rules
        .iter()
        .enumerate()
        .flat_map(|(rule, found)| found.declarations.iter().map(move |declaration| (rule, declaration)))
        .collect();
    let mut found: Vec<Vec<Decider>> = Vec::with_capacity(elements.len());
    // By element, what decides each inherited slot there.
    let mut inherited: Vec<BTreeMap<String, Decider>> = Vec::with_capacity(elements.len());
    for (at, element) in elements.iter().enumerate() {
        let mut own = own(program, element, &numbered);
        let mut slotted = element
            .parent
            .filter(|parent| *parent < at)
            .map(|parent| inherited[parent].clone())
            .unwrap_or_default();
        for decider in own.iter().rev() {
            for slot in slots(&decider.declaration.property).into_iter().filter(|slot| is_inherited(slot)) {
                slotted.insert(slot.to_owned(), decider.clone());
            }
        }
        if !element.text.is_empty() {
            own.extend(taken(&slotted, &own));
        }
        inherited.push(slotted);
        found.push(own);
    }
    found
}

/// What an element takes from its ancestors, each declaration once.
fn taken(slotted: &BTreeMap<String, Decider>, own: &[Decider]) -> Vec<Decider> {
    let mut taken: Vec<Decider> = Vec::new();
    for decider in slotted.values() {
        let known = |other: &Decider| other.declaration.at == decider.declaration.at;
        if !own.iter().any(known) && !taken.iter().any(known) {
            taken.push(Decider { inherited: true, ..decider.clone() });
        }
    }
    taken
}

/// Style attribute, then style sheets; what loses all its slots to the other side is left out.
fn own(program: &str, element: &Element, numbered: &[(usize, &Declaration)]) -> Vec<Decider> {
    let judged = |declaration: &Declaration| property_axis(&declaration.property).is_some();
    let inline: Vec<Declaration> = inline(program, element).into_iter().filter(judged).collect();
    let mut won: Vec<usize> = winners(element).collect();
    won.sort_unstable();
    let sheet: Vec<(usize, &Declaration)> =
        won.into_iter().filter_map(|number| numbered.get(number).copied()).collect();
    let beaten = |declaration: &Declaration, by: &[&Declaration]| {
        slots(&declaration.property).iter().all(|slot| {
            by.iter().any(|other| other.at != declaration.at && slots(&other.property).contains(slot))
        })
    };
    let important: Vec<&Declaration> = sheet
        .iter()
        .map(|(_, declaration)| *declaration)
        .filter(|declaration| declaration.important)
        .collect();
    let mut found = Vec::new();
    for (index, declaration) in inline.iter().enumerate() {
        // A later declaration of the attribute overrides an earlier one.
        let mut over: Vec<&Declaration> =
            inline[index + 1..].iter().filter(|later| later.important || !declaration.important).collect();
        if !declaration.important {
            over.extend(&important);
        }
        if !beaten(declaration, &over) {
            found.push(Decider { declaration: declaration.clone(), rule: None, inherited: false });
        }
    }
    for (rule, declaration) in sheet {
        let over: Vec<&Declaration> =
            inline.iter().filter(|inline| inline.important || !declaration.important).collect();
        if !beaten(declaration, &over) {
            found.push(Decider { declaration: declaration.clone(), rule: Some(rule), inherited: false });
        }
    }
    found
}

fn inline(program: &str, element: &Element) -> Vec<Declaration> {
    let Some(span) = element.span else { return Vec::new() };
    let mut declarations =
        span.slice(program).map(|text| StartTag::read(text).declarations()).unwrap_or_default();
    declarations.iter_mut().for_each(|declaration| declaration.at += span.start);
    declarations
}

fn winners(element: &Element) -> impl Iterator<Item = usize> {
    let numbers = element.style.get(WINNERS).map_or("", String::as_str);
    numbers.split_ascii_whitespace().filter_map(|number| number.parse().ok())
}

#[cfg(test)]
mod tests {
    use galley_core::Region;

    use super::*;
    use crate::{css::rules, inject::outline};

    /// Elements of `program` with the winners that a browser would tell, by tag.
    fn decided(program: &str, won: &[(&str, &str)], of: &str) -> Vec<(String, bool)> {
        let outline = outline(program);
        let element = |source: &crate::inject::SourceElement| Element {
            parent: source.parent,
            kind: source.name.clone(),
            span: Some(source.span),
            region: Region::new(0.0, 0.0, 1.0, 1.0),
            text: if source.name == "p" { "x".into() } else { String::new() },
            text_region: None,
            style: won
                .iter()
                .filter(|(tag, _)| *tag == source.name)
                .map(|(_, numbers)| (WINNERS.to_owned(), (*numbers).to_owned()))
                .collect(),
        };
        let elements: Vec<Element> = outline.elements.iter().map(element).collect();
        let found = deciders(program, &rules(program, &outline), &elements);
        let at = elements.iter().position(|element| element.kind == of).unwrap();
        found[at].iter().map(|decider| (decider.declaration.quoted.clone(), decider.inherited)).collect()
    }

    #[test]
    fn attributes_beat_sheets_that_are_not_important() {
        let program = "<style>p{color:red;width:1px!important;margin:1px}</style>\
                       <p style=\"color:blue;width:2px;margin-top:3px\">x</p>";
        let expected = ["color:blue", "margin-top:3px", "width:1px!important", "margin:1px"];
        assert_eq!(decided(program, &[("p", "0 1 2")], "p"), expected.map(|quoted| (quoted.into(), false)));
    }

    #[test]
    fn text_answers_to_the_ancestor_it_inherits_from() {
        let program = "<style>body{color:red;font-size:9px;width:9px}</style><body><div style=\"font-size:8px\"><p>x</p></div></body>";
        assert_eq!(
            decided(program, &[("body", "0 1 2")], "p"),
            [("color:red".into(), true), ("font-size:8px".into(), true)]
        );
        assert_eq!(decided(program, &[("body", "0 1 2")], "div"), [("font-size:8px".into(), false)]);
    }

    #[test]
    fn a_later_shorthand_of_the_attribute_overrides() {
        let program = "<p style=\"background-color:red;background:blue\">x</p>";
        assert_eq!(decided(program, &[], "p"), [("background:blue".into(), false)]);
    }
}
