//! What the data of a mark say: compared in the coordinates of the axes where both sides tell them, on the picture where
//! they do not.

use galley_core::{Defect, Element, Region, Span};

use super::{
    Mismatch,
    compare::Sheet,
    facts::{Facts, Range},
};
use crate::detectors::{ancestor, describe, role};

/// Share of an axis, or of the picture's larger side, by which a mark may be off; and the pixels that always are allowed.
pub(super) const SAME_PLACE: f64 = 0.012;
const PIXELS: f64 = 1.0;

/// How a mark differs.
enum Difference {
    /// Coordinates by number, x and y in turn, of so many points.
    Points(Vec<usize>, usize),
    /// Values by number, of so many.
    Values(Vec<usize>, usize),
    /// Edges of the extent: x0, y0, x1, y1.
    Extent([bool; 4]),
    /// On the picture.
    Place,
}

impl Sheet<'_> {
    /// A mark that does not say what the target's says: a defect for each literal that says it there.
    pub(super) fn data(&self, wanted: usize, seen: usize) -> Vec<Defect> {
        let (expected, found) = (&self.target[wanted], &self.attempt[seen]);
        if role(expected) != "data" {
            return Vec::new();
        }
        let Some(difference) = self.difference(wanted, seen) else { return Vec::new() };
        let message = format!("{}: {}", describe(found), self.words(expected, found, &difference));
        let literals = self.blamed(wanted, seen, &difference);
        let defect = |literal| self.defect(Mismatch::Data, found.region, message.clone(), literal);
        match literals.is_empty() {
            false => literals.into_iter().map(|span| defect(Some(span))).collect(),
            true => vec![defect(None)],
        }
    }

    fn difference(&self, wanted: usize, seen: usize) -> Option<Difference> {
        let (expected, found) = (&self.target[wanted], &self.attempt[seen]);
        let (right, wrong) = (Facts::of(expected), Facts::of(found));
        if right.values != wrong.values && right.values.len() == wrong.values.len() {
            let off = |at: &usize| right.values[*at] != wrong.values[*at];
            return Some(Difference::Values(
                (0..right.values.len()).filter(off).collect(),
                right.values.len(),
            ));
        }
        let axes = ancestor(self.target, wanted, "axes").and_then(|axes| Range::of(&self.target[axes]));
        let (Some(a), Some(b), Some(axes)) = (right.extent, wrong.extent, axes) else {
            return (apart(expected.region, found.region) > self.allowed()).then_some(Difference::Place);
        };
        let off = |a: f64, b: f64, at: usize| axes[at % 2].apart(a, b) > SAME_PLACE;
        if right.points.len() == wrong.points.len() && !right.points.is_empty() {
            let pairs = right.points.iter().zip(&wrong.points).enumerate();
            let wrong: Vec<usize> =
                pairs.filter(|(at, (a, b))| off(**a, **b, *at)).map(|(at, _)| at).collect();
            return (!wrong.is_empty()).then_some(Difference::Points(wrong, right.points.len() / 2));
        }
        let edges = [0, 1, 2, 3].map(|at| off(a[at], b[at], at));
        let counted = right.points.len() != wrong.points.len();
        (counted || edges.contains(&true)).then_some(Difference::Extent(edges))
    }

    /// The literals of the target's call that say what the mark says otherwise.
    fn blamed(&self, wanted: usize, seen: usize, difference: &Difference) -> Vec<Span> {
        let expected = &self.target[wanted];
        let Some(span) = expected.span else { return Vec::new() };
        // Backgrounds belong to the call that made their axes.
        let of_call = |other: &Element| {
            role(other) == "data" && other.span == expected.span && other.kind == expected.kind
        };
        let count = self.target.iter().filter(|other| of_call(other)).count();
        let own = self.literals.numbers(span, self.before(wanted, of_call), count);
        let all = self.literals.each(span);
        let picked: Vec<usize> = match difference {
            Difference::Points(off, points) if all.len() == 2 * points => {
                off.iter().map(|at| at / 2 + points * (at % 2)).collect()
            }
            // The places along the axis are not said.
            Difference::Points(off, points) if all.len() == *points => {
                off.iter().filter(|at| *at % 2 == 1).map(|at| at / 2).collect()
            }
            Difference::Values(off, values) if all.len() == *values => off.clone(),
            Difference::Extent(edges) => {
                let sizes = changed_sizes(&Facts::of(expected), &Facts::of(&self.attempt[seen]), edges);
                let says = |at: &usize| {
                    own.iter().any(|own| own.encloses(all[*at].0))
                        && sizes.iter().any(|size| near(*size, all[*at].1))
                };
                (0..all.len()).filter(says).collect()
            }
            _ => Vec::new(),
        };
        if picked.is_empty() { own } else { picked.into_iter().map(|at| all[at].0).collect() }
    }

    fn words(&self, expected: &Element, found: &Element, difference: &Difference) -> String {
        let (right, wrong) = (Facts::of(expected), Facts::of(found));
        match difference {
            Difference::Points(off, _) => {
                let first = off.first().map_or(0, |at| at / 2);
                let point = |facts: &Facts| match facts.points.get(2 * first..2 * first + 2) {
                    Some([x, y]) => format!("({x}, {y})"),
                    _ => "nowhere".into(),
                };
                format!("point {} is at {} instead of {}", first + 1, point(&wrong), point(&right))
            }
            Difference::Values(off, _) => {
                let first = off.first().copied().unwrap_or_default();
                let value = |facts: &Facts| facts.values.get(first).copied().unwrap_or(f64::NAN);
                format!("value {} is {} instead of {}", first + 1, value(&wrong), value(&right))
            }
            _ => match moved(expected.region, found.region, self.allowed()) {
                Some(words) => words,
                None => reach(&right, &wrong, difference),
            },
        }
    }

    /// Pixels.
    fn allowed(&self) -> f64 {
        (SAME_PLACE * self.size).max(PIXELS)
    }
}

/// What numbers in a program may say of a mark's extent, where they differ: its ends, sizes and middles.
fn changed_sizes(right: &Facts, wrong: &Facts, edges: &[bool; 4]) -> Vec<f64> {
    let (Some(right), Some(wrong)) = (right.extent, wrong.extent) else { return Vec::new() };
    let sizes = |extent: [f64; 4], at: usize| {
        let (low, high) = (extent[at], extent[at + 2]);
        [low, high, high - low, (low + high) / 2.0]
    };
    let dimension = |at: usize| {
        let both = sizes(right, at).into_iter().zip(sizes(wrong, at));
        both.filter(|(a, b)| !near(*a, *b)).map(|(a, _)| a)
    };
    [0, 1].into_iter().filter(|at| edges[*at] || edges[at + 2]).flat_map(dimension).collect()
}

pub(super) fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-6)
}

/// "y from 0 to 7 instead of 0 to 5".
fn reach(right: &Facts, wrong: &Facts, difference: &Difference) -> String {
    let (Some(right), Some(wrong), Difference::Extent(edges)) = (right.extent, wrong.extent, difference)
    else {
        return "not in its place".into();
    };
    let said: Vec<String> = [("x", 0), ("y", 1)]
        .into_iter()
        .filter(|(_, at)| edges[*at] || edges[at + 2])
        .map(|(name, at)| {
            let ends = |extent: [f64; 4]| format!("{} to {}", extent[at], extent[at + 2]);
            format!("{name} from {} instead of {}", ends(wrong), ends(right))
        })
        .collect();
    if said.is_empty() { "another number of points".into() } else { said.join(", ") }
}

/// The largest distance of two edges.
fn apart(a: Region, b: Region) -> f64 {
    let edges = |region: Region| [region.x, region.y, region.right(), region.bottom()];
    edges(a).into_iter().zip(edges(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// "12 px too tall, 5 px too low".
fn moved(wanted: Region, seen: Region, allowed: f64) -> Option<String> {
    let says = |by: f64, more: &str, less: &str| {
        (by.abs() > allowed).then(|| format!("{:.0} px too {}", by.abs(), if by > 0.0 { more } else { less }))
    };
    let said: Vec<String> = [
        says(seen.width - wanted.width, "wide", "narrow"),
        says(seen.height - wanted.height, "tall", "short"),
        says(seen.x - wanted.x, "far right", "far left"),
        says(seen.bottom() - wanted.bottom(), "low", "high"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!said.is_empty()).then(|| said.join(", "))
}
