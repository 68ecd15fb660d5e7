//! `slides/overlap`: texts and pictures on top of one another.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::on_slides;
use crate::{axes::collision::collisions, items::describe};

pub struct Overlap;

/// Less is the descent of a line.
const LEAST_SHARE: f64 = 0.03;

impl DefectDetector for Overlap {
    fn name(&self) -> &'static str {
        "slides/overlap"
    }

    fn explain(&self) -> &'static str {
        include_str!("../../docs/overlap.md")
    }

    fn detect(&self, _task: &Task, render: &Render) -> Vec<Defect> {
        on_slides(render, (self.name(), "collision"), |deck, slide| {
            let mut found = Vec::new();
            let mut seen = Vec::new();
            for collision in collisions(deck, slide).into_iter().filter(|one| one.share > LEAST_SHARE) {
                let (item, other) = (collision.item, collision.other);
                let pair = (item.index.min(other.index), item.index.max(other.index));
                if !seen.contains(&pair) {
                    seen.push(pair);
                    let (first, second) = (describe(item.shape), describe(other.shape));
                    let message = format!("{second} takes {:.0} % of {first}", 100.0 * collision.share);
                    found.push((item.seen, message.clone()));
                    found.push((other.seen, message));
                }
            }
            found
        })
    }
}
