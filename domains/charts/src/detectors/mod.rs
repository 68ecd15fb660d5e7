//! The defect detectors of the charts domain: one file each, with its explanation and its fixtures
//! (`domains/charts/fixtures/<name>/{good,bad}*.py`, and `reference.py` where it compares).
//!
//! Most look at a chart alone; what the target of a task has itself (a pale text, say) is no defect of an attempt. Those
//! named `…-mismatch` compare with the target, and see nothing without one.

mod clipped_text;
mod color_mismatch;
mod contrast;
mod data_mismatch;
mod empty_axes;
mod indistinct_colors;
mod legend_over_data;
mod mark_mismatch;
mod outside_axes;
mod overlapping_labels;
mod overlapping_texts;
mod text_mismatch;

use galley_core::{DefectDetector, Element};

pub use clipped_text::ClippedText;
pub use color_mismatch::ColorMismatch;
pub use contrast::Contrast;
pub use data_mismatch::DataMismatch;
pub use empty_axes::EmptyAxes;
pub use indistinct_colors::IndistinctColors;
pub use legend_over_data::LegendOverData;
pub use mark_mismatch::MarkMismatch;
pub use outside_axes::OutsideAxes;
pub use overlapping_labels::OverlappingLabels;
pub use overlapping_texts::OverlappingTexts;
pub use text_mismatch::TextMismatch;

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
        Box::new(MarkMismatch),
        Box::new(TextMismatch),
        Box::new(ColorMismatch),
        Box::new(DataMismatch),
    ]
}

/// What an artist is for; `data` for marks.
pub(crate) fn role(element: &Element) -> &str {
    property(element, "role")
}

pub(crate) fn property<'a>(element: &'a Element, name: &str) -> &'a str {
    element.style.get(name).map_or("", String::as_str)
}

fn number(element: &Element, name: &str) -> f64 {
    property(element, name).parse().unwrap_or(0.0)
}

/// The first colour of a property, as sRGB in 0..=255.
pub(crate) fn color(element: &Element, name: &str) -> Option<[f64; 3]> {
    let digits = property(element, name).split(' ').next()?.strip_prefix('#')?;
    let channel = |at: usize| Some(f64::from(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?));
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// `#rrggbb` of sRGB in 0..=255.
pub(crate) fn hex(color: [f64; 3]) -> String {
    let [r, g, b] = color.map(|channel| channel.round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// A thing in words: its role and what it says, or its class and label.
pub(crate) fn describe(element: &Element) -> String {
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
pub(crate) fn ancestor(elements: &[Element], at: usize, wanted: &str) -> Option<usize> {
    let mut current = elements[at].parent.filter(|parent| *parent < at);
    while let Some(here) = current {
        if role(&elements[here]) == wanted {
            return Some(here);
        }
        current = elements[here].parent.filter(|parent| *parent < here);
    }
    None
}
