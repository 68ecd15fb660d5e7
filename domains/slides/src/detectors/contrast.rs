//! `slides/contrast`: text that is hard to read on its ground.

use std::collections::BTreeMap;

use galley_core::{Defect, DefectDetector, Image, Region, Render, Task};
use galley_measure::color::contrast;

use super::{on_slides, points};
use crate::{items::describe, scene::ShapeKind};

pub struct Contrast;

/// WCAG 2, level AA.
const NEEDED: f64 = 4.5;
const NEEDED_LARGE: f64 = 3.0;
/// From this size on text is large.
const LARGE: f64 = 18.0;

impl DefectDetector for Contrast {
    fn name(&self) -> &'static str {
        "slides/contrast"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/contrast.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "legibility"), |deck, slide| {
            let texts = slide
                .shapes
                .iter()
                .filter(|shape| !matches!(shape.kind, ShapeKind::Paragraph | ShapeKind::Run));
            texts
                .filter_map(|shape| {
                    let (ink, region) = (shape.text_color?, shape.ink?);
                    let ground = ground(&slide.image, region, ink)?;
                    let large = shape.font_pt.is_some_and(|size| points(deck, size) >= LARGE);
                    let needed = if large { NEEDED_LARGE } else { NEEDED };
                    let found = contrast(ink.map(f64::from), ground.map(f64::from));
                    let message = format!(
                        "{}: {} on {}, contrast {found:.1} (needs {needed})",
                        describe(shape),
                        hex(ink),
                        hex(ground)
                    );
                    (found < needed).then_some((region, message))
                })
                .collect()
        })
    }
}

/// The commonest colour in a box that is not that of the text itself; that where there is no other.
fn ground(image: &Image, region: Region, ink: [u8; 3]) -> Option<[u8; 3]> {
    let (left, top) = (region.x.max(0.0) as u32, region.y.max(0.0) as u32);
    let right = (region.right().max(0.0).ceil() as u32).min(image.width);
    let bottom = (region.bottom().max(0.0).ceil() as u32).min(image.height);
    let mut counts: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for y in top..bottom {
        for x in left..right {
            *counts.entry(image.pixel(x, y)).or_default() += 1;
        }
    }
    let other = counts.iter().filter(|(color, _)| **color != ink).max_by_key(|(_, count)| **count);
    other.map(|(color, _)| *color).or_else(|| counts.into_keys().next())
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}
