//! `charts/overlapping-labels`: tick labels, or labels of data, that run into one another.

use galley_core::{Defect, DefectDetector, Element, Region, Render, Task};
use galley_kit::{beyond_target, defect};

use super::{ancestor, describe, role, texts};

pub struct OverlappingLabels;

/// Less is antialiasing.
const SLACK: f64 = 1.0;

impl DefectDetector for OverlappingLabels {
    fn name(&self) -> &'static str {
        "charts/overlapping-labels"
    }

    fn explain(&self) -> &'static str {
        "# Overlapping labels\n\n**What it finds.** Two tick labels of one axis, or two labels put on the data of one \
         chart, whose ink shares pixels.\n\n**Why it matters.** Neither can be read.\n\n**Known limits.** Rotated labels \
         are judged by the box around their ink, which is larger than they are.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, overlaps)
    }
}

fn overlaps(render: &Render) -> Vec<Defect> {
    let elements = &render.elements;
    let labels: Vec<usize> =
        texts(elements).into_iter().filter(|at| group(elements, *at).is_some()).collect();
    let mut found = Vec::new();
    for (position, &first) in labels.iter().enumerate() {
        for &second in &labels[position + 1..] {
            if group(elements, first) == group(elements, second) && collide(elements, first, second) {
                let message =
                    format!("{} runs into {}", describe(&elements[second]), describe(&elements[first]));
                let region = elements[first].region.union(elements[second].region);
                found.push(defect(OverlappingLabels.name(), "layout", region, message));
            }
        }
    }
    found
}

/// Labels of one group should not touch: those of an axis, or the texts on one chart.
fn group(elements: &[Element], at: usize) -> Option<(&str, Option<usize>)> {
    let role = role(&elements[at]);
    match role {
        "xtick-label" | "ytick-label" | "ztick-label" => Some((role, ancestor(elements, at, "axis"))),
        "text" => Some((role, ancestor(elements, at, "axes"))),
        _ => None,
    }
}

fn collide(elements: &[Element], first: usize, second: usize) -> bool {
    let common: Region = elements[first].region.intersection(elements[second].region);
    common.width > SLACK && common.height > SLACK
}
