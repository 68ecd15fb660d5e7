//! `charts/mark-mismatch`: marks that are missing, or that the target does not have.

use galley_core::{Defect, DefectDetector, Render, Task};

use crate::mismatch::{Mismatch, mismatches};

/// Compares with the target.
pub struct MarkMismatch;

impl DefectDetector for MarkMismatch {
    fn name(&self) -> &'static str {
        Mismatch::Mark.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        mismatches(task, render, Mismatch::Mark)
    }
}

const EXPLANATION: &str = "\
# Mark mismatch

**What it finds.** Compared with the target: marks that the target has and the chart has not, and the other way round: a missing bar, a line instead of an area.

**Why it matters.** The kind and number of marks is what a chart is.

**Known limits.** Marks are counted by their class; two calls that draw the same class (bars, a histogram) are not told apart.
";
