//! `web/clipped-text`: text that is cut off or runs out of its box.

use galley_core::{Defect, DefectDetector, Element, Region, Render, Task};
use galley_kit::{beyond_target, defect};

use crate::{computed, mismatch::describe};

pub struct ClippedText;

impl DefectDetector for ClippedText {
    fn name(&self) -> &'static str {
        "web/clipped-text"
    }

    fn explain(&self) -> &'static str {
        "# Clipped text\n\n**What it finds.** Text that is wider or taller than the box of its element, or that is cut \
         off by an ancestor whose `overflow` is not `visible`.\n\n**Why it matters.** Part of the text cannot be read, \
         or stands on what is beside the box.\n\n**Known limits.** Glyphs may stand out of a tight line by a third of \
         the font size. Text in a box that scrolls counts as cut off.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let elements = &render.elements;
            (0..elements.len()).filter_map(|at| judge(elements, at)).collect()
        })
    }
}

fn judge(elements: &[Element], at: usize) -> Option<Defect> {
    let element = &elements[at];
    let text = element.text_region.filter(|_| !element.text.is_empty())?;
    let font = computed::pixels(element, "font-size").unwrap_or(16.0);
    let mut current = Some(at);
    while let Some(here) = current.filter(|here| !computed::is_root(&elements[*here])) {
        let own = here == at && !inline(element);
        let bounds = own || clips(&elements[here]);
        if let Some(excess) = excess(text, elements[here].region, font).filter(|_| bounds) {
            let what = if clips(&elements[here]) { "cut off" } else { "out of its box" };
            let message = format!("{}: text is {what}, {excess}", describe(elements, at));
            return Some(defect(ClippedText.name(), "layout", element.region, message));
        }
        current = elements[here].parent.filter(|parent| *parent < here);
    }
    None
}

fn inline(element: &Element) -> bool {
    element.style.get("display").is_some_and(|display| display == "inline")
}

fn clips(element: &Element) -> bool {
    let values = element.style.get("overflow").map_or("visible", String::as_str);
    values.split_whitespace().any(|value| value != "visible")
}

/// By how much a text stands out of a box, in words.
fn excess(text: Region, region: Region, font: f64) -> Option<String> {
    let across = (region.x - text.x).max(text.right() - region.right());
    let down = (region.y - text.y).max(text.bottom() - region.bottom());
    if across > 1.5 {
        return Some(format!("{across:.0} px too wide"));
    }
    (down > 0.34 * font + 1.0).then(|| format!("{down:.0} px too tall"))
}
