//! `charts/overlapping-texts`: titles, labels and notes on top of one another.

use galley_core::{Defect, DefectDetector, Element, Render, Task};
use galley_kit::{beyond_target, defect};

use super::{describe, role, texts};

pub struct OverlappingTexts;

/// Overlaps narrower than this are antialiasing …
const LEAST_PIXELS: f64 = 2.0;
/// … and so are those of a smaller share of the smaller text.
const LEAST_SHARE: f64 = 0.05;

impl DefectDetector for OverlappingTexts {
    fn name(&self) -> &'static str {
        "charts/overlapping-texts"
    }

    fn explain(&self) -> &'static str {
        "# Overlapping texts\n\n**What it finds.** Two texts of different kinds (a title and a tick label, an axis label \
         and a note, titles of neighbouring charts) whose ink shares pixels.\n\n**Why it matters.** Neither can be \
         read.\n\n**Known limits.** Tick labels among themselves, and notes among themselves, are \
         `charts/overlapping-labels`. Rotated texts are judged by the box around their ink.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, overlaps)
    }
}

fn overlaps(render: &Render) -> Vec<Defect> {
    let elements = &render.elements;
    let texts = texts(elements);
    let mut found = Vec::new();
    for (position, &first) in texts.iter().enumerate() {
        for &second in &texts[position + 1..] {
            let (a, b) = (&elements[first], &elements[second]);
            if !alike(a, b) && collide(a, b) {
                let message = format!("{} lies on {}", describe(b), describe(a));
                found.push(defect(OverlappingTexts.name(), "layout", b.region, message));
            }
        }
    }
    found
}

/// Pairs that another detector judges.
fn alike(a: &Element, b: &Element) -> bool {
    let small = |element: &Element| role(element).ends_with("tick-label") || role(element) == "text";
    role(a) == role(b) && small(a)
}

fn collide(a: &Element, b: &Element) -> bool {
    let common = a.region.intersection(b.region);
    let smaller = a.region.area().min(b.region.area());
    common.width > LEAST_PIXELS && common.height > LEAST_PIXELS && common.area() > LEAST_SHARE * smaller
}
