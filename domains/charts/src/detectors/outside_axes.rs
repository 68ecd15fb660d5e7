//! `charts/outside-axes`: data beyond the limits of its axes.

use galley_core::{Defect, DefectDetector, Element, Render, Task};
use galley_kit::{beyond_target, defect};

use super::{describe, number, role};

pub struct OutsideAxes;

/// A tenth of the points may be cut on purpose.
const LEAST_SHARE: f64 = 0.1;

impl DefectDetector for OutsideAxes {
    fn name(&self) -> &'static str {
        "charts/outside-axes"
    }

    fn explain(&self) -> &'static str {
        "# Outside the axes\n\n**What it finds.** Lines, points and bars of which at least a tenth (corners, for bars) \
         lies beyond the limits of the axes and is not drawn.\n\n**Why it matters.** The reader takes what is shown for \
         all there is.\n\n**Known limits.** A zoom on purpose looks the same; it is no defect where the target has it. \
         Of what lies outside completely the place is not known: the axes are marked.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let data = render.elements.iter().filter(|element| role(element) == "data");
            data.filter_map(|element| judge(element, &render.elements)).collect()
        })
    }
}

fn judge(element: &Element, elements: &[Element]) -> Option<Defect> {
    let (points, outside) = (number(element, "points"), number(element, "outside"));
    (outside >= 1.0 && outside >= LEAST_SHARE * points).then(|| {
        let message = format!("{}: {outside} of {points} points lie outside the axes", describe(element));
        let axes = element.parent.and_then(|parent| elements.get(parent));
        let region = if element.region.is_empty() {
            axes.map_or(element.region, |axes| axes.region)
        } else {
            element.region
        };
        defect(OutsideAxes.name(), "layout", region, message)
    })
}
