//! `slides/off-slide`: shapes that lie partly or wholly outside of the slide.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::{on_slides, pixel};
use crate::{
    items::{canvas, describe},
    scene::{Frame, Shape, ShapeKind},
};

pub struct OffSlide;

/// Shapes may end a little beyond the edge, at 1280 pixels.
const SLACK: f64 = 4.0;

impl DefectDetector for OffSlide {
    fn name(&self) -> &'static str {
        "slides/off-slide"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/off-slide.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "layout"), |deck, slide| {
            let (canvas, slack) = (canvas(deck), SLACK * pixel(deck));
            let shapes = slide.shapes.iter().filter(|shape| !canvas.contains(seen(shape), slack));
            shapes
                .filter(|shape| is_shown(shape))
                .map(|shape| {
                    let area = seen(shape).area();
                    let inside = seen(shape).intersection(canvas).area();
                    let share = if area > 0.0 { 100.0 * (1.0 - inside / area) } else { 100.0 };
                    (seen(shape), format!("{}: {share:.0} % of it is outside of the slide", describe(shape)))
                })
                .collect()
        })
    }
}

/// What of a shape would be seen on a larger slide: a box without filling shows its text alone.
fn seen(shape: &Shape) -> Frame {
    match (shape.kind, shape.fill, shape.ink) {
        (ShapeKind::TextBox | ShapeKind::Placeholder, None, Some(ink)) => ink,
        _ => shape.frame,
    }
}

fn is_shown(shape: &Shape) -> bool {
    match shape.kind {
        ShapeKind::Cell | ShapeKind::Paragraph | ShapeKind::Run | ShapeKind::Group => false,
        ShapeKind::TextBox | ShapeKind::Placeholder => shape.ink.is_some() || shape.fill.is_some(),
        _ => true,
    }
}
