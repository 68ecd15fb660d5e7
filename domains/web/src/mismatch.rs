//! What of the reference an attempt has wrong, declaration by declaration.
//!
//! Elements of the two pages are paired ([`correspondence`]); the reference's source says what each of its elements
//! declares ([`start_tag`] for style attributes, [`crate::css`] for `<style>`); what *rendered* says whether the attempt
//! has it right ([`compare`]). The attempt's source is never read, so a rollout and a perturbed copy are judged alike.
//!
//! One mismatch for each wrong declaration and none for right ones: sizes are compared in the unit in which they were
//! declared (a child of 45 % is right in a parent that is too wide), inherited colours are blamed where they are
//! declared. Differences that no declaration explains ([`undeclared`]) are reported without a target.

mod compare;
mod correspondence;
mod declared;
mod pages;
mod property;
pub(crate) mod start_tag;
mod undeclared;

use galley_core::{Defect, Region, Render, Span, Task};

use pages::Pages;
pub(crate) use pages::{describe, visible};
pub use property::MismatchAxis;
pub(crate) use property::check as property_axis;

/// One thing that the reference has and the attempt has not, or has otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    pub axis: MismatchAxis,
    /// The attempt's element, or where the missing one should be.
    pub region: Region,
    /// Element, direction and magnitude.
    pub message: String,
    /// `<tag> <property>:<value>` verbatim from the reference's source, `<tag> text:<text>` or `<tag> missing`; `None`
    /// where the source has nothing to quote.
    pub target: Option<String>,
    /// Where the quoted declaration or text stands in the reference program.
    pub target_span: Option<Span>,
    /// Byte of the reference program that it concerns; surplus elements of the attempt come last.
    order: usize,
}

impl Mismatch {
    /// As a defect of severity 1 of the detector of its axis.
    pub fn into_defect(self) -> Defect {
        Defect {
            detector: self.axis.detector().into(),
            axis: self.axis.name().into(),
            region: self.region,
            severity: 1.0,
            message: self.message,
            target: self.target,
            target_span: self.target_span,
        }
    }
}

/// The mismatches of a render in the program order of the reference; empty for a task without a reference.
pub fn mismatches(task: &Task, render: &Render) -> Vec<Mismatch> {
    let Some(reference) = &task.reference else { return Vec::new() };
    let program = reference.program.as_deref().unwrap_or_default();
    let pages = Pages::new(&reference.render, render, program);
    let mut found = Vec::new();
    let mut wrong = vec![false; reference.render.elements.len()];
    for (element, counterpart) in pages.pairing.of_reference.iter().enumerate() {
        let before = found.len();
        match counterpart {
            None => missing(&pages, element, &mut found),
            Some(attempt) => differing(&pages, element, *attempt, &wrong, &mut found),
        }
        wrong[element] = found.len() > before;
    }
    surplus(&pages, &mut found);
    found.sort_by_key(|mismatch| mismatch.order);
    found
}

/// A reference element that the attempt lacks: the element, each of its declarations, its text.
fn missing(pages: &Pages<'_>, element: usize, found: &mut Vec<Mismatch>) {
    let own = &pages.reference.elements[element];
    let source = pages.source(element);
    let declarations = source.inline();
    if declarations.is_empty() && !pages::visible(&pages.reference.elements, element) {
        return;
    }
    let name = pages::describe(&pages.reference.elements, element);
    let mut push = |axis, message, target, target_span, order| {
        found.push(Mismatch { axis, region: own.region, message, target: Some(target), target_span, order });
    };
    let Region { x, y, width, height } = own.region;
    let place = format!("{name} is missing ({width:.0} x {height:.0} px at {x:.0}, {y:.0})");
    push(MismatchAxis::Block, place, format!("{} missing", own.kind), None, source.start);
    for declaration in declarations {
        let axis = property::check(&declaration.property).map_or(MismatchAxis::Block, |(axis, _)| axis);
        let message = format!("{name} is missing: it needs {}", declaration.quoted);
        push(
            axis,
            message,
            format!("{} {}", own.kind, declaration.quoted),
            span_of(&declaration),
            declaration.at,
        );
    }
    if !own.text.is_empty() {
        let message = format!("{name} is missing: it needs the text \"{}\"", pages::shortened(&own.text));
        let span = text_span(pages, &own.text, source.content);
        push(MismatchAxis::Text, message, format!("{} text:{}", own.kind, own.text), span, source.content);
    }
}

/// Two elements that stand for one another. `wrong` tells of earlier elements whether something was found.
fn differing(pages: &Pages<'_>, reference: usize, attempt: usize, wrong: &[bool], found: &mut Vec<Mismatch>) {
    let (wanted, seen) = (&pages.reference.elements[reference], &pages.attempt.elements[attempt]);
    let source = pages.source(reference);
    let name = pages::describe(&pages.attempt.elements, attempt);
    let before = found.len();
    let declarations = declared::of(pages, reference);
    for declaration in &declarations {
        let Some((axis, check)) = property::check(&declaration.property) else { continue };
        let pair = compare::Pair { pages, reference, attempt, declaration, all: &declarations };
        if let Some(what) = compare::difference(&pair, check) {
            let target = Some(format!("{} {}", wanted.kind, declaration.quoted));
            let message = format!("{name}: {what}");
            let target_span = span_of(declaration);
            found.push(Mismatch {
                axis,
                region: seen.region,
                message,
                target,
                target_span,
                order: declaration.at,
            });
        }
    }
    if wanted.text != seen.text {
        let message = format!("{name}: {}", text_difference(&wanted.text, &seen.text));
        let target = Some(format!("{} text:{}", wanted.kind, wanted.text));
        let axis = MismatchAxis::Text;
        let target_span = text_span(pages, &wanted.text, source.content);
        found.push(Mismatch {
            axis,
            region: seen.region,
            message,
            target,
            target_span,
            order: source.content,
        });
    }
    let neighbours = [wanted.parent, pages.sibling_before(reference)];
    let quiet = found.len() == before && !neighbours.into_iter().flatten().any(|at| wrong[at]);
    for (axis, what) in undeclared::differences(pages, reference, attempt, &declarations, quiet) {
        let message = format!("{name}: {what}");
        found.push(Mismatch {
            axis,
            region: seen.region,
            message,
            target: None,
            target_span: None,
            order: source.content,
        });
    }
}

fn span_of(declaration: &start_tag::Declaration) -> Option<Span> {
    Some(Span::new(declaration.at, declaration.at + declaration.quoted.len()))
}

/// Where an element's own text begins to stand in the reference program, searched from the byte where its content starts.
fn text_span(pages: &Pages<'_>, text: &str, content: usize) -> Option<Span> {
    let inside = pages.program.get(content..)?;
    let literal = if inside.contains(text) { text } else { text.split_whitespace().next()? };
    let start = content + inside.find(literal)?;
    Some(Span::new(start, start + literal.len()))
}

fn text_difference(wanted: &str, seen: &str) -> String {
    let (wanted, seen) = (pages::shortened(wanted), pages::shortened(seen));
    match (wanted.is_empty(), seen.is_empty()) {
        (true, _) => format!("text \"{seen}\" should not be there"),
        (_, true) => format!("text \"{wanted}\" is missing"),
        _ => format!("text is \"{seen}\", should be \"{wanted}\""),
    }
}

/// Visible elements of the attempt that stand for nothing, the outermost of each nest.
fn surplus(pages: &Pages<'_>, found: &mut Vec<Mismatch>) {
    let elements = &pages.attempt.elements;
    let mut reported = vec![false; elements.len()];
    for (at, counterpart) in pages.pairing.of_attempt.iter().enumerate() {
        let inside = elements[at].parent.is_some_and(|parent| parent < at && reported[parent]);
        reported[at] = inside || (counterpart.is_none() && pages::visible(elements, at));
        if reported[at] && !inside && counterpart.is_none() {
            found.push(Mismatch {
                axis: MismatchAxis::Block,
                region: elements[at].region,
                message: format!("{} is not in the target", pages::describe(elements, at)),
                target: None,
                target_span: None,
                order: usize::MAX,
            });
        }
    }
}

#[cfg(test)]
mod tests;
