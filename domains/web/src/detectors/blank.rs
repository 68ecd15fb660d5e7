//! `web/blank`: nothing is to be seen.

use galley_core::{Defect, DefectDetector, Render, Task};
use galley_kit::{beyond_target, defect};

pub struct Blank;

/// Glyphs in the colour of their ground differ from it by rounding.
const ANTIALIASING: u8 = 2;

impl DefectDetector for Blank {
    fn name(&self) -> &'static str {
        "web/blank"
    }

    fn explain(&self) -> &'static str {
        "# Blank\n\n**What it finds.** A picture of one single colour.\n\n**Why it matters.** The program ran and shows \
         nothing: all text is invisible, or everything lies outside the page.\n\n**Known limits.** Silent where the \
         target is a picture of one colour as well.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        beyond_target(task, render, |render| {
            if !uniform(render) {
                return Vec::new();
            }
            vec![defect(self.name(), "layout", render.canvas(), "the page is blank".into())]
        })
    }
}

fn uniform(render: &Render) -> bool {
    render.image.as_ref().is_some_and(|image| {
        let first = image.rgb.first_chunk::<3>().copied().unwrap_or_default();
        let near = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= ANTIALIASING;
        image.rgb.chunks_exact(3).all(|pixel| pixel == first || pixel.iter().zip(&first).all(near))
    })
}
