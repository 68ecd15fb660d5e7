//! `charts/text-mismatch`: words that are missing or read differently.

use galley_core::{Defect, DefectDetector, Render, Task};

use crate::mismatch::{Mismatch, mismatches};

/// Compares with the target.
pub struct TextMismatch;

impl DefectDetector for TextMismatch {
    fn name(&self) -> &'static str {
        Mismatch::Text.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        mismatches(task, render, Mismatch::Text)
    }
}

const EXPLANATION: &str = "\
# Text mismatch

**What it finds.** Compared with the target: titles, labels, categories and notes of the target's program that are missing or read differently.

**Why it matters.** A chart without its words says nothing.

**Known limits.** Texts are paired by role and order. Numbers at ticks and shares of a pie follow from the data and are left to `charts/data-mismatch`.
";
