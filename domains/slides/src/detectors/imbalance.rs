//! `slides/imbalance`: the weight of a slide lies on one side.

use galley_core::{Defect, DefectDetector, Region, Render, Task};

use super::{on_slides, pixel};
use crate::{
    axes::balance,
    items::{self, canvas},
    scene::{Deck, Slide},
};

pub struct Imbalance;

/// Of width and height. AeSlides' tolerances are 0.0075 and 0.145; what anybody sees is more to a side.
const MOST: (f64, f64) = (0.08, 0.2);

impl DefectDetector for Imbalance {
    fn name(&self) -> &'static str {
        "slides/imbalance"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/imbalance.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "balance"), |deck, slide| {
            let Some(centre) = balance::of_slide(deck, slide) else { return Vec::new() };
            let (x, y) = centre.offset;
            let canvas = canvas(deck);
            let (across, down) = (x.abs() / canvas.width / MOST.0, y.abs() / canvas.height / MOST.1);
            if across.max(down) <= 1.0 {
                return Vec::new();
            }
            let (pixels, side) = match (across > down, x > 0.0, y > 0.0) {
                (true, true, _) => (x, "right"),
                (true, false, _) => (-x, "left"),
                (false, _, true) => (y, "low"),
                (false, _, false) => (-y, "high"),
            };
            let pixels = pixels / pixel(deck);
            let message = format!("the weight of the slide is {pixels:.0} px (of 1280) too far {side}");
            vec![(heaviest(deck, slide), message)]
        })
    }
}

/// Where the items are: what has to move.
fn heaviest(deck: &Deck, slide: &Slide) -> Region {
    let items = items::items(deck, slide);
    let all = items.iter().map(|item| item.seen).reduce(Region::union);
    all.unwrap_or_else(|| canvas(deck))
}
