//! `slides/misaligned`: shapes that nearly line up.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::{on_slides, pixel};
use crate::{
    items::describe,
    scene::{Shape, ShapeKind},
};

pub struct Misaligned;

/// What the eye sees as off and not as apart, at 1280 pixels.
const OFF: std::ops::RangeInclusive<f64> = 3.0..=16.0;
/// How much the sizes of siblings differ at most.
const ALIKE: f64 = 0.1;

impl DefectDetector for Misaligned {
    fn name(&self) -> &'static str {
        "slides/misaligned"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/misaligned.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "layout"), |deck, slide| {
            let shapes: Vec<&Shape> = slide.shapes.iter().filter(|shape| is_placed(shape)).collect();
            let mut found = Vec::new();
            for (at, shape) in shapes.iter().enumerate() {
                // The first one that it is in line with excuses it.
                let others = shapes.iter().take(at).filter(|other| are_siblings(shape, other));
                let offs: Vec<_> = others.map(|other| (off(shape, other, pixel(deck)), *other)).collect();
                if let Some((Some((pixels, edge)), other)) = offs.iter().find(|(off, _)| off.is_some())
                    && !offs.iter().any(|(_, other)| is_in_line(shape, other, edge))
                {
                    let message = format!(
                        "{}: its {edge} edge is {pixels:.0} px off that of {}",
                        describe(shape),
                        describe(other)
                    );
                    found.push((shape.frame, message));
                }
            }
            found
        })
    }
}

fn is_placed(shape: &Shape) -> bool {
    !shape.kind.is_part()
        && !matches!(shape.kind, ShapeKind::Connector | ShapeKind::Group)
        && !shape.frame.is_empty()
}

/// The same kind, about the same size.
fn are_siblings(a: &Shape, b: &Shape) -> bool {
    let alike = |a: f64, b: f64| (a - b).abs() <= ALIKE * a.max(b);
    a.kind == b.kind
        && a.parent == b.parent
        && alike(a.frame.width, b.frame.width)
        && alike(a.frame.height, b.frame.height)
}

/// How far apart the edges are that should be in line: the left ones of a column, the upper ones of a row.
fn off(shape: &Shape, other: &Shape, pixel: f64) -> Option<(f64, &'static str)> {
    let (a, b) = (shape.frame, other.frame);
    let (x, y) = ((a.x - b.x).abs(), (a.y - b.y).abs());
    let (pixels, edge) = if y >= a.height.min(b.height) { (x, "left") } else { (y, "upper") };
    OFF.contains(&(pixels / pixel)).then_some((pixels, edge))
}

fn is_in_line(shape: &Shape, other: &Shape, edge: &str) -> bool {
    let (a, b) = (shape.frame, other.frame);
    if edge == "left" { (a.x - b.x).abs() < 1.0 } else { (a.y - b.y).abs() < 1.0 }
}
