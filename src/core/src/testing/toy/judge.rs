//! Reward and detectors of the toy domain: rectangles are compared in order.

use super::ToyDomain;
use crate::{Axis, Defect, DefectDetector, Element, Render, Reward, Score, Task};

fn wanted(task: &Task) -> &[Element] {
    task.reference.as_ref().map(|reference| reference.render.elements.as_slice()).unwrap_or_default()
}

impl Reward for ToyDomain {
    /// `count`, `position` (mean IoU of rectangles in order), `color`.
    fn score(&self, task: &Task, render: &Render) -> Score {
        let wanted = wanted(task);
        let pairs = || wanted.iter().zip(&render.elements);
        let all = wanted.len().max(render.elements.len()).max(1) as f64;
        let count = wanted.len().min(render.elements.len()) as f64 / all;
        let position = pairs().map(|(a, b)| a.region.iou(b.region)).sum::<f64>() / all;
        let colour = pairs().filter(|(a, b)| a.style == b.style).count() as f64 / all;
        let axis = |name: &str, value: f64, least: f64, weight: f64| Axis {
            name: name.into(),
            value,
            satisfied: value >= least,
            weight,
        };
        let axes =
            [("count", count, 1.0, 0.2), ("position", position, 0.9, 0.5), ("color", colour, 1.0, 0.3)];
        Score::of(
            render.ok(),
            axes.map(|(name, value, least, weight)| axis(name, value, least, weight)).to_vec(),
        )
    }
}

pub(super) fn detectors() -> Vec<Box<dyn DefectDetector>> {
    vec![Box::new(Mismatch), Box::new(Outside)]
}

struct Mismatch;

impl DefectDetector for Mismatch {
    fn name(&self) -> &'static str {
        "toy/mismatch"
    }

    fn explain(&self) -> &'static str {
        "# A rectangle is not the target's\n\nCompares the rectangles in order; what is missing is marked where it should be."
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        let wanted = wanted(task);
        let differs = |index: &usize| {
            let drawn = render.elements.get(*index);
            drawn.is_none_or(|drawn| {
                drawn.region != wanted[*index].region || drawn.style != wanted[*index].style
            })
        };
        let defect = |index: usize| {
            let (want, drawn) = (&wanted[index], render.elements.get(index));
            let (r, colour) = (want.region, want.style.get("color").map(String::as_str).unwrap_or_default());
            let message = drawn.map_or("is missing".into(), |drawn| {
                let (dx, dy) = (drawn.region.x - r.x, drawn.region.y - r.y);
                let (dw, dh) = (drawn.region.width - r.width, drawn.region.height - r.height);
                format!("is off by {dx:+} {dy:+}, its size by {dw:+} {dh:+}, its color should be {colour}")
            });
            Defect {
                detector: self.name().into(),
                axis: "position".into(),
                region: drawn.map_or(r, |drawn| drawn.region),
                severity: 1.0,
                message: format!("rect {}: {message}", index + 1),
                target: Some(format!("rect {} {} {} {} {colour}", r.x, r.y, r.width, r.height)),
            }
        };
        (0..wanted.len()).filter(differs).map(defect).collect()
    }
}

struct Outside;

impl DefectDetector for Outside {
    fn name(&self) -> &'static str {
        "toy/outside"
    }

    fn explain(&self) -> &'static str {
        "# A rectangle leaves the canvas\n\nFires when any part of it is outside; needs no reference."
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        let outside = render.elements.iter().filter(|element| !render.canvas().contains(element.region, 0.0));
        outside
            .map(|element| Defect {
                detector: self.name().into(),
                axis: "layout".into(),
                region: element.region,
                severity: 1.0,
                message: "rect: leaves the canvas".into(),
                target: None,
            })
            .collect()
    }
}
