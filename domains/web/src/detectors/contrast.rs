//! `web/contrast`: text that is hard to read on its background.

use galley_core::{Defect, DefectDetector, Element, Render, Task};
use galley_kit::{beyond_target, defect};
use galley_measure::color::contrast;

use crate::{computed, mismatch::describe};

pub struct Contrast;

impl DefectDetector for Contrast {
    fn name(&self) -> &'static str {
        "web/contrast"
    }

    fn explain(&self) -> &'static str {
        "# Contrast\n\n**What it finds.** Text whose WCAG 2 contrast with its background is below 4.5, or below 3 for \
         large text (24 px, or 18.66 px and bold).\n\n**Why it matters.** Text that cannot be told from its ground \
         cannot be read, by anyone or by a model.\n\n**Known limits.** The background is that of the element and its \
         ancestors; text on pictures and gradients is not judged, and neither is text that the target shows as \
         pale.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let elements = &render.elements;
            (0..elements.len()).filter_map(|at| low(elements, at)).collect()
        })
    }
}

fn low(elements: &[Element], at: usize) -> Option<Defect> {
    let element = &elements[at];
    if element.text.is_empty() || on_picture(elements, at) {
        return None;
    }
    let (ink, ground) = (computed::ink(elements, at), computed::background(elements, at));
    let (found, needed) = (contrast(ink, ground), if large(element) { 3.0 } else { 4.5 });
    (found < needed).then(|| {
        let (name, ink, ground) = (describe(elements, at), computed::hex(ink), computed::hex(ground));
        let message = format!("{name}: text {ink} on {ground}, contrast {found:.1} (needs {needed})");
        defect(Contrast.name(), "contrast", element.text_region.unwrap_or(element.region), message)
    })
}

fn on_picture(elements: &[Element], at: usize) -> bool {
    let mut current = Some(at);
    while let Some(here) = current {
        if elements[here].style.contains_key("background-image") {
            return true;
        }
        current = elements[here].parent.filter(|parent| *parent < here);
    }
    false
}

fn large(element: &Element) -> bool {
    let size = computed::pixels(element, "font-size").unwrap_or(16.0);
    size >= 24.0 || (size >= 18.66 && computed::pixels(element, "font-weight").unwrap_or(400.0) >= 700.0)
}
