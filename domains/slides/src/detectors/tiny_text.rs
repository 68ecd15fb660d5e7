//! `slides/tiny-text`: text that nobody in a room can read.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::{on_slides, points};
use crate::{
    items::describe,
    scene::{Shape, ShapeKind},
};

pub struct TinyText;

/// Points on a slide 7.5 inches high; footers have 12.
const LEAST: f64 = 11.5;

impl DefectDetector for TinyText {
    fn name(&self) -> &'static str {
        "slides/tiny-text"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/tiny-text.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "legibility"), |deck, slide| {
            let texts = slide.shapes.iter().filter(|shape| is_text(shape));
            texts
                .filter_map(|shape| {
                    let size = points(deck, shape.font_pt?);
                    let message = format!("{}: text of {size:.0} pt (needs 12)", describe(shape));
                    (size < LEAST).then_some((shape.ink?, message))
                })
                .collect()
        })
    }
}

fn is_text(shape: &Shape) -> bool {
    !matches!(shape.kind, ShapeKind::Paragraph | ShapeKind::Run)
        && shape.ink.is_some_and(|ink| !ink.is_empty())
}
