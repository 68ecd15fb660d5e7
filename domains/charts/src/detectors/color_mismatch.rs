//! `charts/color-mismatch`: marks in another colour than the target's.

use galley_core::{Defect, DefectDetector, Render, Task};

use crate::mismatch::{Mismatch, mismatches};

/// Compares with the target.
pub struct ColorMismatch;

impl DefectDetector for ColorMismatch {
    fn name(&self) -> &'static str {
        Mismatch::Color.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        mismatches(task, render, Mismatch::Color)
    }
}

const EXPLANATION: &str = "\
# Color mismatch

**What it finds.** Compared with the target: marks (bars, lines, wedges, areas) whose colour differs from the target's by more than 8 of 255 in a channel.

**Why it matters.** A chart tells its series apart by colour, and legends refer to it.

**Known limits.** Only the first colour of a mark that has many is compared; marks are paired by their class and order, so one that is left out moves all that follow.
";
