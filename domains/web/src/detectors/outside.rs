//! `web/outside`: elements that stand out of their container or out of the page.

use galley_core::{Defect, DefectDetector, Element, Region, Render, Task};
use galley_kit::{beyond_target, defect};

use crate::{
    blocks::painted,
    computed,
    mismatch::{describe, visible},
};

pub struct Outside;

/// Less is rounding.
const SLACK: f64 = 2.0;

impl DefectDetector for Outside {
    fn name(&self) -> &'static str {
        "web/outside"
    }

    fn explain(&self) -> &'static str {
        "# Outside\n\n**What it finds.** An element that stands out of a container with a visible box, or out of the \
         page to the left, to the right or above; below, where nothing of it is on the picture.\n\n**Why it matters.** \
         It cannot be seen, or it seems to belong to something else.\n\n**Known limits.** Positioned elements may \
         leave their container; the page below the picture is no defect as long as it begins on it.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let elements = &render.elements;
            (0..elements.len()).filter_map(|at| judge(render, elements, at)).collect()
        })
    }
}

fn judge(render: &Render, elements: &[Element], at: usize) -> Option<Defect> {
    let element = &elements[at];
    if computed::is_root(element) || !visible(elements, at) {
        return None;
    }
    let what = off_page(element.region, render.canvas())
        .or_else(|| out_of_container(elements, at))
        .map(|what| format!("{}: {what}", describe(elements, at)))?;
    Some(defect(Outside.name(), "layout", element.region, what))
}

fn off_page(region: Region, canvas: Region) -> Option<String> {
    if region.y >= canvas.bottom() {
        return Some("is below the picture".into());
    }
    let sides = [
        (canvas.x - region.x, "left"),
        (region.right() - canvas.right(), "right"),
        (canvas.y - region.y, "top"),
    ];
    farthest(&sides).map(|(pixels, side)| format!("{pixels:.0} px out of the page on the {side}"))
}

fn out_of_container(elements: &[Element], at: usize) -> Option<String> {
    let element = &elements[at];
    let position = element.style.get("position").map_or("static", String::as_str);
    let parent = element.parent.filter(|parent| *parent < at)?;
    if matches!(position, "absolute" | "fixed") || painted(elements, parent).is_none() {
        return None;
    }
    let (own, outer) = (element.region, elements[parent].region);
    let sides = [
        (outer.x - own.x, "left"),
        (own.right() - outer.right(), "right"),
        (outer.y - own.y, "top"),
        (own.bottom() - outer.bottom(), "bottom"),
    ];
    let (pixels, side) = farthest(&sides)?;
    Some(format!("{pixels:.0} px out of its {} on the {side}", describe(elements, parent)))
}

/// The side on which it stands out most.
fn farthest(sides: &[(f64, &'static str)]) -> Option<(f64, &'static str)> {
    let most = sides.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (most.0 > SLACK).then_some(most)
}
