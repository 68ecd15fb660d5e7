//! `web/block-mismatch`: sizes, borders, type sizes, missing and surplus elements.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::of_axis;
use crate::mismatch::MismatchAxis;

/// Compares with the target's declarations.
pub struct BlockMismatch;

impl DefectDetector for BlockMismatch {
    fn name(&self) -> &'static str {
        MismatchAxis::Block.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        of_axis(task, render, MismatchAxis::Block)
    }
}

const EXPLANATION: &str = "\
# Block mismatch

**What it finds.** Compared with the target: sizes, borders, type sizes, missing and surplus elements. One defect for each wrong
declaration of the target's program, which is quoted literally as the defect's target.

**Why it matters.** Sizes are the first thing that is seen to be wrong, and the one that moves everything behind it.

**Known limits.** A size is compared as it was declared, a percentage as a share of the parent, so a right share in a wrong parent is right. Sizes that follow from the content are judged only for empty boxes and pictures. Elements are paired by structure and looks; a page that is
built quite differently is reported as missing and surplus elements.
";
