//! `charts/legend-over-data`: a legend that hides what it explains.

use galley_core::{Defect, DefectDetector, Render, Task};
use galley_kit::{beyond_target, defect};

use super::{number, role};

pub struct LegendOverData;

/// A single point under a corner is no loss.
const LEAST_POINTS: f64 = 2.0;

impl DefectDetector for LegendOverData {
    fn name(&self) -> &'static str {
        "charts/legend-over-data"
    }

    fn explain(&self) -> &'static str {
        "# Legend over data\n\n**What it finds.** A legend whose frame lies on points, lines or bars of the chart.\n\n\
         **Why it matters.** What is under it cannot be read.\n\n**Known limits.** Areas between curves and images do \
         not count: a legend on them hides little. A transparent legend counts like any other.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let legends = render.elements.iter().filter(|element| role(element) == "legend");
            let hiding = legends.filter(|legend| number(legend, "covers") >= LEAST_POINTS);
            hiding
                .map(|legend| {
                    let message = format!("the legend lies on data ({} places)", number(legend, "covers"));
                    defect(LegendOverData.name(), "layout", legend.region, message)
                })
                .collect()
        })
    }
}
