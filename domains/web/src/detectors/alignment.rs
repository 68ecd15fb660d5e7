//! `web/alignment`: neighbours that are nearly in line, and not.

use galley_core::{Defect, DefectDetector, Element, Region, Render, Task};
use galley_kit::{beyond_target, defect};

use crate::mismatch::{describe, visible};

pub struct Alignment;

/// Edges closer than this are in line …
const IN_LINE: f64 = 1.0;
/// … and those farther apart are apart on purpose.
const APART: f64 = 8.0;

impl DefectDetector for Alignment {
    fn name(&self) -> &'static str {
        "web/alignment"
    }

    fn explain(&self) -> &'static str {
        "# Alignment\n\n**What it finds.** Two neighbouring siblings, one below or beside the other, whose edges \
         differ by 1 to 8 pixels while neither edge and not the centre is in line.\n\n**Why it matters.** A few pixels \
         read as carelessness where a clear offset reads as design.\n\n**Known limits.** Inline elements stand on \
         their baseline and are not judged; lists with hanging markers may be reported.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| near_misses(&render.elements))
    }
}

fn near_misses(elements: &[Element]) -> Vec<Defect> {
    let mut last_child = vec![None; elements.len()];
    let mut found = Vec::new();
    for (at, element) in elements.iter().enumerate() {
        let Some(parent) = element.parent.filter(|parent| *parent < at) else { continue };
        if !visible(elements, at) || inline(element) {
            continue;
        }
        if let Some(before) = last_child[parent].replace(at) {
            found.extend(judge(elements, before, at));
        }
    }
    found
}

fn inline(element: &Element) -> bool {
    let style = |key: &str| element.style.get(key).map_or("", String::as_str);
    style("display").starts_with("inline") || matches!(style("position"), "absolute" | "fixed")
}

fn judge(elements: &[Element], before: usize, at: usize) -> Option<Defect> {
    let (a, b) = (elements[before].region, elements[at].region);
    let name = describe(elements, before);
    let off = if b.y >= a.bottom() - IN_LINE {
        let off = near_miss(horizontal(a), horizontal(b))?;
        format!("{:.0} px to the {} of {name} above it", off.abs(), if off > 0.0 { "right" } else { "left" })
    } else if b.x >= a.right() - IN_LINE || a.x >= b.right() - IN_LINE {
        let off = near_miss(vertical(a), vertical(b))?;
        format!("{:.0} px {} than {name} beside it", off.abs(), if off > 0.0 { "lower" } else { "higher" })
    } else {
        return None;
    };
    let message = format!("{}: {off}", describe(elements, at));
    Some(defect(Alignment.name(), "layout", b, message))
}

fn horizontal(region: Region) -> [f64; 3] {
    [region.x, region.right(), region.centre().0]
}

fn vertical(region: Region) -> [f64; 3] {
    [region.y, region.bottom(), region.centre().1]
}

/// The offset of the near edges when they miss one another and the far edges and centres are not in line either.
fn near_miss(a: [f64; 3], b: [f64; 3]) -> Option<f64> {
    let off: [f64; 3] = std::array::from_fn(|edge| b[edge] - a[edge]);
    if off.iter().any(|off| off.abs() < IN_LINE) {
        return None;
    }
    (off[0].abs() <= APART).then_some(off[0])
}
