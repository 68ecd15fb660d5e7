//! The defect detectors of the charts domain: one file each, with its explanation and its fixtures
//! (`domains/charts/fixtures/<name>/{good,bad}*.py`).
//!
//! All look at a chart alone; what the target of a task has itself (a pale text, say) is no defect of an attempt.

mod clipped_text;
mod contrast;
mod empty_axes;
mod indistinct_colors;
mod legend_over_data;
mod outside_axes;
mod overlapping_labels;
mod overlapping_texts;

use galley_core::{Defect, DefectDetector, Element, Region, Render, Task};

pub use clipped_text::ClippedText;
pub use contrast::Contrast;
pub use empty_axes::EmptyAxes;
pub use indistinct_colors::IndistinctColors;
pub use legend_over_data::LegendOverData;
pub use outside_axes::OutsideAxes;
pub use overlapping_labels::OverlappingLabels;
pub use overlapping_texts::OverlappingTexts;

/// Every detector, in the order in which `galley explain` lists them.
pub fn all() -> Vec<Box<dyn DefectDetector>> {
    vec![
        Box::new(LegendOverData),
        Box::new(OverlappingLabels),
        Box::new(OverlappingTexts),
        Box::new(ClippedText),
        Box::new(Contrast),
        Box::new(EmptyAxes),
        Box::new(IndistinctColors),
        Box::new(OutsideAxes),
    ]
}

/// What `find` sees on the render and not, at the same place, on the target.
fn beyond_target(task: &Task, render: &Render, find: impl Fn(&Render) -> Vec<Defect>) -> Vec<Defect> {
    const SAME_PLACE: f64 = 0.5;
    let mut found = find(render);
    if let Some(reference) = task.reference.as_ref().filter(|_| !found.is_empty()) {
        let known = find(&reference.render);
        found.retain(|defect| known.iter().all(|other| defect.region.iou(other.region) < SAME_PLACE));
    }
    found
}

/// A defect of severity 1 without a target.
fn defect(detector: &str, axis: &str, region: Region, message: String) -> Defect {
    Defect {
        detector: detector.into(),
        axis: axis.into(),
        region,
        severity: 1.0,
        message,
        target: None,
        target_span: None,
    }
}

/// What an artist is for; `data` for marks.
fn role(element: &Element) -> &str {
    property(element, "role")
}

fn property<'a>(element: &'a Element, name: &str) -> &'a str {
    element.style.get(name).map_or("", String::as_str)
}

fn number(element: &Element, name: &str) -> f64 {
    property(element, name).parse().unwrap_or(0.0)
}

/// The first colour of a property, as sRGB in 0..=255.
fn color(element: &Element, name: &str) -> Option<[f64; 3]> {
    let digits = property(element, name).split(' ').next()?.strip_prefix('#')?;
    let channel = |at: usize| Some(f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?));
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// A thing in words: its role and what it says, or its class and label.
fn describe(element: &Element) -> String {
    if !element.text.is_empty() {
        return format!("{} `{:.40}`", role(element).replace('-', " "), element.text);
    }
    match property(element, "label") {
        "" => element.kind.clone(),
        label => format!("{} `{label:.40}`", element.kind),
    }
}

/// Texts with ink, by index.
fn texts(elements: &[Element]) -> Vec<usize> {
    (0..elements.len())
        .filter(|at| !elements[*at].text.is_empty() && !elements[*at].region.is_empty())
        .collect()
}

/// The nearest ancestor of a role.
fn ancestor(elements: &[Element], at: usize, wanted: &str) -> Option<usize> {
    let mut current = elements[at].parent.filter(|parent| *parent < at);
    while let Some(here) = current {
        if role(&elements[here]) == wanted {
            return Some(here);
        }
        current = elements[here].parent.filter(|parent| *parent < here);
    }
    None
}
