//! `charts/indistinct-colors`: things that only their colour tells apart, in colours that do not.

use galley_core::{Defect, DefectDetector, Element, Render, Task};
use galley_kit::{beyond_target, defect};
use galley_measure::color::similarity;

use super::{ancestor, color, property, role};

pub struct IndistinctColors;

/// ΔE₀₀ below 5: the same colour to a reader who looks from a legend to a line.
const SAME: f64 = 0.95;

impl DefectDetector for IndistinctColors {
    fn name(&self) -> &'static str {
        "charts/indistinct-colors"
    }

    fn explain(&self) -> &'static str {
        "# Indistinct colours\n\n**What it finds.** Two entries of one legend, or two neighbouring wedges of a pie, whose \
         colours differ by less than 5 (CIEDE2000) and that no marker, line style or hatch tells apart.\n\n**Why it \
         matters.** The reader cannot tell which is which.\n\n**Known limits.** Colour blindness is not considered. \
         Series without a legend are not compared.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            let elements = &render.elements;
            let mut found = pairs(elements, &entries(elements), false);
            found.extend(pairs(elements, &wedges(elements), true));
            found
        })
    }
}

/// What a legend shows beside its texts: one mark of each entry.
fn entries(elements: &[Element]) -> Vec<usize> {
    let shown = |at: &usize| role(&elements[*at]) == "legend-part" && paint(&elements[*at]).is_some();
    let mut parts: Vec<usize> = (0..elements.len()).filter(shown).collect();
    // An entry with a line and a marker draws both in one element; a frame is no entry.
    parts.retain(|at| elements[*at].kind != "fancybboxpatch");
    parts
}

fn wedges(elements: &[Element]) -> Vec<usize> {
    (0..elements.len()).filter(|at| elements[*at].kind == "wedge" && role(&elements[*at]) == "data").collect()
}

fn pairs(elements: &[Element], things: &[usize], neighbours: bool) -> Vec<Defect> {
    let mut found = Vec::new();
    for (position, &first) in things.iter().enumerate() {
        let others = &things[position + 1..];
        let others = if neighbours { &others[..others.len().min(1)] } else { others };
        for &second in others {
            if confusable(elements, first, second) {
                let (a, b) = (&elements[first], &elements[second]);
                let message = format!("{} cannot be told from {} by its colour", name(b), name(a));
                found.push(defect(IndistinctColors.name(), "color", b.region, message));
            }
        }
    }
    found
}

fn confusable(elements: &[Element], first: usize, second: usize) -> bool {
    let (a, b) = (&elements[first], &elements[second]);
    let together = ["legend", "axes"]
        .into_iter()
        .find_map(|role| Some(ancestor(elements, first, role)? == ancestor(elements, second, role)?));
    let styles = ["line-style", "marker", "hatch", "line-width"];
    together == Some(true)
        && a.kind == b.kind
        && styles.into_iter().all(|style| property(a, style) == property(b, style))
        && paint(a).zip(paint(b)).is_some_and(|(a, b)| similarity(a, b) > SAME)
}

fn paint(element: &Element) -> Option<[f64; 3]> {
    color(element, "color").or_else(|| color(element, "facecolor"))
}

fn name(element: &Element) -> String {
    let color = property(element, if element.style.contains_key("color") { "color" } else { "facecolor" });
    match property(element, "label") {
        "" => format!("{} {color}", element.kind),
        label => format!("{} `{label:.40}` {color}", element.kind),
    }
}
