//! `web/text-mismatch`: texts that differ from the target's.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::of_axis;
use crate::mismatch::MismatchAxis;

/// Compares with the target's declarations.
pub struct TextMismatch;

impl DefectDetector for TextMismatch {
    fn name(&self) -> &'static str {
        MismatchAxis::Text.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        of_axis(task, render, MismatchAxis::Text)
    }
}

const EXPLANATION: &str = "\
# Text mismatch

**What it finds.** Compared with the target: texts that differ from the target's. One defect for each wrong
declaration of the target's program, which is quoted literally as the defect's target.

**Why it matters.** Text is content; a wrong word is wrong at any size and colour.

**Known limits.** Texts are compared after white space is folded, case included. An element whose own text is split by children is compared as one text. Elements are paired by structure and looks; a page that is
built quite differently is reported as missing and surplus elements.
";
