//! `charts/empty-axes`: a frame with nothing in it.

use galley_core::{Defect, DefectDetector, Render, Task};
use galley_kit::{beyond_target, defect};

use super::{property, role};

pub struct EmptyAxes;

impl DefectDetector for EmptyAxes {
    fn name(&self) -> &'static str {
        "charts/empty-axes"
    }

    fn explain(&self) -> &'static str {
        "# Empty axes\n\n**What it finds.** Axes with a frame and neither data nor text in them.\n\n**Why it matters.** A \
         cell of the grid was made and forgotten, or the data went somewhere else.\n\n**Known limits.** Data that is \
         there and cannot be seen (white, or outside the limits) counts as data; `charts/outside-axes` finds the \
         latter.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let axes = render.elements.iter().filter(|element| role(element) == "axes");
            let empty =
                axes.filter(|axes| property(axes, "data") == "false" && property(axes, "frame") == "true");
            let report = |axes: &galley_core::Element| {
                defect(EmptyAxes.name(), "layout", axes.region, "axes without data".into())
            };
            empty.map(report).collect()
        })
    }
}
