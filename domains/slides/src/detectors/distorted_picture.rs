//! `slides/distorted-picture`: a picture that was stretched.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::on_slides;
use crate::items::describe;

pub struct DistortedPicture;

/// Of the ratio of width and height; less is rounding to whole pixels.
const SLACK: f64 = 0.05;

impl DefectDetector for DistortedPicture {
    fn name(&self) -> &'static str {
        "slides/distorted-picture"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/distorted-picture.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "layout"), |_, slide| {
            let pictures = slide.shapes.iter().filter_map(|shape| Some((shape, shape.picture_aspect?)));
            pictures
                .filter(|(_, (own, shown))| *own > 0.0 && *shown > 0.0)
                .filter(|(_, (own, shown))| (shown / own).ln().abs() > SLACK)
                .map(|(shape, (own, shown))| {
                    let (percent, way) = (100.0 * ((shown / own).max(own / shown) - 1.0), (shown > own));
                    let way = if way { "too wide" } else { "too tall" };
                    (shape.frame, format!("{}: {percent:.0} % {way} for its own shape", describe(shape)))
                })
                .collect()
        })
    }
}
