//! `web/position-mismatch`: margins, alignment, layout modes and elements that stand elsewhere in their parent.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::of_axis;
use crate::mismatch::MismatchAxis;

/// Compares with the target's declarations.
pub struct PositionMismatch;

impl DefectDetector for PositionMismatch {
    fn name(&self) -> &'static str {
        MismatchAxis::Position.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        of_axis(task, render, MismatchAxis::Position)
    }
}

const EXPLANATION: &str = "\
# Position mismatch

**What it finds.** Compared with the target: margins, alignment, layout modes and elements that stand elsewhere in their parent. One defect for each wrong
declaration of the target's program, which is quoted literally as the defect's target.

**Why it matters.** An element may have the right size and colour and still be in the wrong place.

**Known limits.** Only what renders is known: of `float`, `left` or `justify-content` the effect is judged, not the value. A move that follows from the wrong size of a sibling is not reported. Elements are paired by structure and looks; a page that is
built quite differently is reported as missing and surplus elements.
";
