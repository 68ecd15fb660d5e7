//! Differences that no declaration of the reference names: a colour that the attempt added, a size that comes from the
//! content, a page that is styled by rules that were not understood.

use galley_core::{Element, Region};

use super::{
    compare::shift,
    pages::{Pages, visible},
    property::MismatchAxis,
    start_tag::Declaration,
};
use crate::computed::{self, Rgba};

/// What differs, each with its axis. `quiet`: nothing was found wrong with what the element declares, so that a wrong
/// size or place is its own and not a consequence.
pub fn differences(
    pages: &Pages<'_>,
    reference: usize,
    attempt: usize,
    declarations: &[Declaration],
    quiet: bool,
) -> Vec<(MismatchAxis, String)> {
    let sight = Sight { pages, reference, attempt };
    let declares = |properties: &[&str]| {
        declarations.iter().any(|declaration| properties.contains(&declaration.property.as_str()))
    };
    let mut found = Vec::new();
    if !declares(&["background", "background-color", "background-image"]) {
        found.extend(sight.background().map(|what| (MismatchAxis::Color, what)));
    }
    if !declares(&["color"]) {
        found.extend(sight.ink().map(|what| (MismatchAxis::Color, what)));
    }
    if !declarations.iter().any(|declaration| declaration.property.starts_with("border")) {
        found.extend(sight.border().map(|what| (MismatchAxis::Color, what)));
    }
    if !declares(&["font-size", "font"]) {
        found.extend(sight.type_size().map(|what| (MismatchAxis::Block, what)));
    }
    let parent_moved =
        pages.reference.elements[reference].parent.is_some_and(|parent| pages.pairing.moved[parent]);
    if pages.pairing.moved[reference] && !parent_moved {
        found.extend(sight.moved().map(|what| (MismatchAxis::Position, what)));
    }
    if declarations.is_empty() && quiet && found.is_empty() {
        found.extend(sight.size().map(|what| (MismatchAxis::Block, what)));
        if found.is_empty() {
            found.extend(sight.place().map(|what| (MismatchAxis::Position, what)));
        }
    }
    found
}

struct Sight<'p> {
    pages: &'p Pages<'p>,
    reference: usize,
    attempt: usize,
}

impl Sight<'_> {
    fn background(&self) -> Option<String> {
        let (reference, attempt) = (&self.pages.reference.elements, &self.pages.attempt.elements);
        let own = |elements: &[Element], at: usize| {
            computed::colour(&elements[at], "background-color").unwrap_or(Rgba { rgb: [0.0; 3], alpha: 0.0 })
        };
        let (wanted, seen) = (own(reference, self.reference), own(attempt, self.attempt));
        let behind =
            (computed::background(reference, self.reference), computed::background(attempt, self.attempt));
        (wanted.differs(seen) && computed::differ(behind.0, behind.1))
            .then(|| format!("background is {}, should be {}", seen.written(), wanted.written()))
    }

    /// The pair of a property's values in this element and in the two parents: an inherited difference is the parent's.
    fn own_pair<T: PartialEq>(&self, of: impl Fn(&Element) -> Option<T>) -> Option<(T, T)> {
        let (reference, attempt) = (&self.pages.reference.elements, &self.pages.attempt.elements);
        let (wanted, seen) = (&reference[self.reference], &attempt[self.attempt]);
        if !self.pages.has_text[self.reference] {
            return None;
        }
        let pair = (of(wanted)?, of(seen)?);
        if let (Some(outer), Some(outer_seen)) = (wanted.parent, seen.parent) {
            let inherited = (of(reference.get(outer)?)?, of(attempt.get(outer_seen)?)?);
            if inherited == pair {
                return None;
            }
        }
        Some(pair)
    }

    fn ink(&self) -> Option<String> {
        let (wanted, seen) = self.own_pair(|element| computed::colour(element, "color"))?;
        wanted.differs(seen).then(|| format!("text is {}, should be {}", seen.written(), wanted.written()))
    }

    fn border(&self) -> Option<String> {
        let wanted = computed::border(&self.pages.reference.elements[self.reference])?;
        let seen = computed::border(&self.pages.attempt.elements[self.attempt])?;
        wanted.differs(seen).then(|| format!("border is {}, should be {}", seen.written(), wanted.written()))
    }

    /// Unless it is the same multiple of the parent's in both pages.
    fn type_size(&self) -> Option<String> {
        let size = |element: &Element| computed::pixels(element, "font-size");
        let (wanted, seen) = self.own_pair(size)?;
        let (reference, attempt) = (&self.pages.reference.elements, &self.pages.attempt.elements);
        let outer = reference[self.reference].parent.and_then(|parent| size(reference.get(parent)?));
        let outer_seen = attempt[self.attempt].parent.and_then(|parent| size(attempt.get(parent)?));
        let scale =
            outer.zip(outer_seen).map_or(1.0, |(outer, seen)| if outer > 0.0 { seen / outer } else { 1.0 });
        let differs = |expected: f64| (expected - seen).abs() > 0.5;
        (differs(wanted) && differs(wanted * scale))
            .then(|| format!("font-size is {seen} px, should be {wanted} px"))
    }

    /// Of an element that stands elsewhere in the structure: elsewhere on the page too.
    fn moved(&self) -> Option<String> {
        let canvas = self.pages.reference.canvas();
        let (wanted, seen) = (
            self.pages.reference.elements[self.reference].region,
            self.pages.attempt.elements[self.attempt].region,
        );
        let (x, y) = (seen.x - wanted.x, seen.y - wanted.y);
        (x.abs() > (0.02 * canvas.width).max(4.0) || y.abs() > (0.02 * canvas.height).max(4.0))
            .then(|| format!("{}, out of its order", shift(x, y)))
    }

    /// Of boxes and pictures without content, when it is wrong both in pixels and as a share of the parent.
    fn size(&self) -> Option<String> {
        let (reference, attempt) = (&self.pages.reference, &self.pages.attempt);
        let element = &reference.elements[self.reference];
        let empty = self.pages.children[self.reference].is_empty() && element.text.is_empty();
        if !empty || computed::is_root(element) || !visible(&reference.elements, self.reference) {
            return None;
        }
        let (wanted, seen) = (element.region, attempt.elements[self.attempt].region);
        let outer = Pages::container(reference, self.reference);
        let outer_seen = Pages::container(attempt, self.attempt);
        let wrong = |wanted: f64, seen: f64, outer: f64, outer_seen: f64| {
            let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
            (wanted - seen).abs() > (0.05 * wanted).max(2.0)
                && (share(wanted, outer) - share(seen, outer_seen)).abs() > 0.015
        };
        (wrong(wanted.width, seen.width, outer.width, outer_seen.width)
            || wrong(wanted.height, seen.height, outer.height, outer_seen.height))
        .then(|| {
            format!(
                "is {:.0} x {:.0} px, should be {:.0} x {:.0} px",
                seen.width, seen.height, wanted.width, wanted.height
            )
        })
    }

    /// The distance from the parent's left edge and from the sibling above, or from the parent's top.
    fn place(&self) -> Option<String> {
        let (reference, attempt) = (&self.pages.reference, &self.pages.attempt);
        let element = &reference.elements[self.reference];
        let flowing = |element: &Element| {
            let display = element.style.get("display").map_or("", String::as_str);
            display.starts_with("inline") || display.starts_with("table")
        };
        if computed::is_root(element) || flowing(element) || !visible(&reference.elements, self.reference) {
            return None;
        }
        let outer = Pages::container(reference, self.reference);
        let outer_seen = Pages::container(attempt, self.attempt);
        let (above, above_seen) = self.edges(outer.y, outer_seen.y)?;
        let (wanted, seen) = (element.region, attempt.elements[self.attempt].region);
        let centre = |region: Region| region.x + region.width / 2.0;
        let from_left = (seen.x - outer_seen.x) - (wanted.x - outer.x);
        let from_centre = (centre(seen) - centre(outer_seen)) - (centre(wanted) - centre(outer));
        let x = if from_left.abs() < from_centre.abs() { from_left } else { from_centre };
        let y = (seen.y - above_seen) - (wanted.y - above);
        let canvas = reference.canvas();
        let wrong = |off: f64, all: f64| off.abs() > (0.02 * all).max(4.0);
        (wrong(x, canvas.width) || wrong(y, canvas.height)).then(|| shift(x, y))
    }

    /// The lower edges of the sibling before in both pages, or the parents' upper edges; `None` where the attempt has
    /// another element there.
    fn edges(&self, top: f64, top_seen: f64) -> Option<(f64, f64)> {
        let elements = &self.pages.attempt.elements;
        let parent = elements[self.attempt].parent;
        let before_seen = (0..self.attempt).rev().find(|at| elements[*at].parent == parent);
        let (before, counterpart) = match (self.pages.sibling_before(self.reference), before_seen) {
            (None, None) => return Some((top, top_seen)),
            (Some(before), Some(seen)) if self.pages.pairing.of_reference[before] == Some(seen) => {
                (before, seen)
            }
            _ => return None,
        };
        let (own, other) =
            (self.pages.reference.elements[before].region, self.pages.attempt.elements[counterpart].region);
        Some((own.bottom(), other.bottom()))
    }
}
