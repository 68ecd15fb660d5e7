//! `slides/aspect`: slides that are not 16:9.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::on_slides;
use crate::{axes::aspect, items::canvas};

pub struct Aspect;

/// Of AeSlides' reward for the shape: some 5 % off.
const LEAST: f64 = 0.95;

impl DefectDetector for Aspect {
    fn name(&self) -> &'static str {
        "slides/aspect"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/aspect.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "aspect"), |deck, slide| {
            let canvas = canvas(deck);
            let away = canvas.width / canvas.height.max(1.0) * 9.0 / 16.0;
            let (percent, way) = if away < 1.0 { (1.0 / away, "tall") } else { (away, "wide") };
            let percent = 100.0 * (percent - 1.0);
            let message = format!("the slides are {percent:.0} % too {way} for 16:9 (13.333 x 7.5 inches)");
            let broken = slide.index == 0 && aspect::reward(canvas.width, canvas.height) < LEAST;
            if broken { vec![(canvas, message)] } else { Vec::new() }
        })
    }
}
