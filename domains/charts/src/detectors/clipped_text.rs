//! `charts/clipped-text`: text that runs over the edge of the picture.

use galley_core::{Defect, DefectDetector, Region, Render, Task};
use galley_kit::{beyond_target, defect};

use super::describe;

pub struct ClippedText;

/// Less is a rounded corner of a letter.
const SLACK: f64 = 2.0;

impl DefectDetector for ClippedText {
    fn name(&self) -> &'static str {
        "charts/clipped-text"
    }

    fn explain(&self) -> &'static str {
        "# Clipped text\n\n**What it finds.** Text that is cut by an edge of the figure, or lies wholly outside it.\n\n\
         **Why it matters.** The reader sees half a word, or none.\n\n**Known limits.** Text that another artist covers \
         is not found.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let canvas = render.canvas();
            let texts = render.elements.iter().filter(|element| !element.text.is_empty());
            texts
                .filter_map(|element| {
                    let (over, side) = over(element.text_region?, canvas)?;
                    let message = format!("{}: {over:.0} px over the {side} edge", describe(element));
                    Some(defect(ClippedText.name(), "layout", element.region, message))
                })
                .collect()
        })
    }
}

/// The side on which most of it is outside.
fn over(region: Region, canvas: Region) -> Option<(f64, &'static str)> {
    let sides = [
        (canvas.x - region.x, "left"),
        (region.right() - canvas.right(), "right"),
        (canvas.y - region.y, "upper"),
        (region.bottom() - canvas.bottom(), "lower"),
    ];
    sides.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(pixels, _)| *pixels > SLACK)
}
