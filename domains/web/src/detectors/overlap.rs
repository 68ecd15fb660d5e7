//! `web/overlap`: two things on top of one another.

use galley_core::{Defect, DefectDetector, Element, Region, Render, Task};
use galley_kit::{beyond_target, defect};

use crate::{blocks::painted, computed, mismatch::describe};

pub struct Overlap;

/// Overlaps narrower than this are rounding, shadows or line boxes of neighbouring lines.
const LEAST_PIXELS: f64 = 3.0;
/// … and so are those of a smaller share of the smaller one.
const LEAST_SHARE: f64 = 0.1;

impl DefectDetector for Overlap {
    fn name(&self) -> &'static str {
        "web/overlap"
    }

    fn explain(&self) -> &'static str {
        "# Overlap\n\n**What it finds.** Two texts, boxes or pictures, neither inside the other in the page's \
         structure, that cover one another by more than a tenth of the smaller one.\n\n**Why it matters.** One of them \
         is hidden or unreadable.\n\n**Known limits.** A positioned element that lies wholly on another (a badge, an \
         overlay) is taken for intended. Inline elements are judged by their bounding box.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, overlaps)
    }
}

/// Something seen, with the element that shows it.
struct Thing {
    element: usize,
    region: Region,
    is_text: bool,
}

fn overlaps(render: &Render) -> Vec<Defect> {
    let elements = &render.elements;
    let mut things = things(elements);
    things.sort_by(|a, b| a.region.y.total_cmp(&b.region.y));
    let mut found = Vec::new();
    for (at, upper) in things.iter().enumerate() {
        for lower in things[at + 1..].iter().take_while(|lower| lower.region.y < upper.region.bottom()) {
            let common = upper.region.intersection(lower.region);
            if collide(elements, upper, lower, common) {
                found.push(report(elements, upper, lower, common));
            }
        }
    }
    found
}

/// Texts, painted boxes and pictures; a text that fills its own box counts once, as the box.
fn things(elements: &[Element]) -> Vec<Thing> {
    let mut things = Vec::new();
    for (at, element) in elements.iter().enumerate() {
        if painted(elements, at).is_some() {
            things.push(Thing { element: at, region: element.region, is_text: false });
        } else if !element.text.is_empty() {
            let region = element.text_region.unwrap_or(element.region);
            things.push(Thing { element: at, region, is_text: true });
        }
    }
    things
}

fn collide(elements: &[Element], a: &Thing, b: &Thing, common: Region) -> bool {
    let smaller = a.region.area().min(b.region.area());
    if common.width < LEAST_PIXELS || common.height < LEAST_PIXELS || common.area() < LEAST_SHARE * smaller {
        return false;
    }
    if inside(elements, a.element, b.element) || inside(elements, b.element, a.element) {
        return false;
    }
    let both_text = a.is_text && b.is_text;
    let layered = common.area() > 0.95 * smaller
        && (positioned(elements, a.element) || positioned(elements, b.element));
    both_text || !layered
}

/// Whether `at` is `outer` or lies in it.
fn inside(elements: &[Element], at: usize, outer: usize) -> bool {
    let mut current = Some(at);
    while let Some(here) = current {
        if here == outer {
            return true;
        }
        current = elements[here].parent.filter(|parent| *parent < here);
    }
    false
}

fn positioned(elements: &[Element], at: usize) -> bool {
    let own = |at: usize| {
        matches!(
            elements[at].style.get("position").map(String::as_str),
            Some("absolute" | "fixed" | "sticky")
        )
    };
    let mut current = Some(at);
    while let Some(here) = current.filter(|here| !computed::is_root(&elements[*here])) {
        if own(here) {
            return true;
        }
        current = elements[here].parent.filter(|parent| *parent < here);
    }
    false
}

fn report(elements: &[Element], a: &Thing, b: &Thing, common: Region) -> Defect {
    let (under, over) = if a.element < b.element { (a, b) } else { (b, a) };
    let message = format!(
        "{} covers {} by {:.0} x {:.0} px",
        describe(elements, over.element),
        describe(elements, under.element),
        common.width,
        common.height
    );
    defect(Overlap.name(), "layout", over.region, message)
}
