//! `web/blank`: nothing is to be seen.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::{beyond_target, defect};

pub struct Blank;

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
        let mut pixels = image.rgb.chunks_exact(3);
        let first = pixels.next();
        pixels.all(|pixel| Some(pixel) == first)
    })
}
