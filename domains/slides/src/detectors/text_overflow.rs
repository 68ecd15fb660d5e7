//! `slides/text-overflow`: text that runs out of its box, or over the edge of the slide.

use galley_core::{Defect, DefectDetector, Region, Render, Task};

use super::{on_slides, pixel};
use crate::{
    items::{canvas, describe},
    scene::{Shape, ShapeKind},
};

pub struct TextOverflow;

/// Less is the overhang of a letter, at 1280 pixels.
const SLACK: f64 = 4.0;

impl DefectDetector for TextOverflow {
    fn name(&self) -> &'static str {
        "slides/text-overflow"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/text-overflow.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "layout"), |deck, slide| {
            let (canvas, slack) = (canvas(deck), SLACK * pixel(deck));
            let texts = slide.shapes.iter().filter(|shape| has_own_text(shape));
            texts
                .filter_map(|shape| {
                    let ink = shape.ink?;
                    let (over, side, of) = over(ink, canvas, slack, "the slide")
                        .or_else(|| over(ink, shape.frame, slack, "its box"))?;
                    Some((ink, format!("{}: {over:.0} px over the {side} edge of {of}", describe(shape))))
                })
                .collect()
        })
    }
}

fn has_own_text(shape: &Shape) -> bool {
    !matches!(shape.kind, ShapeKind::Paragraph | ShapeKind::Run | ShapeKind::Group | ShapeKind::Table)
}

/// The side on which most of it is outside.
fn over(ink: Region, of: Region, slack: f64, name: &str) -> Option<(f64, &'static str, &str)> {
    let sides = [
        (of.x - ink.x, "left"),
        (ink.right() - of.right(), "right"),
        (of.y - ink.y, "upper"),
        (ink.bottom() - of.bottom(), "lower"),
    ];
    let (pixels, side) = sides.into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    (pixels > slack).then_some((pixels, side, name))
}
