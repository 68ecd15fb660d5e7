//! `slides/empty-slide`: a slide with next to nothing on it.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::on_slides;
use crate::{axes::whitespace::scaled_content, items::canvas};

pub struct EmptySlide;

/// Of the slide without title and margins; AeSlides rewards nothing below 0.8.
const LEAST: f64 = 0.4;

impl DefectDetector for EmptySlide {
    fn name(&self) -> &'static str {
        "slides/empty-slide"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/empty-slide.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "whitespace"), |deck, slide| {
            let share = scaled_content(&slide.image).crop;
            let message = format!("only {:.0} % of the slide have content near them", 100.0 * share);
            if share < LEAST { vec![(canvas(deck), message)] } else { Vec::new() }
        })
    }
}
