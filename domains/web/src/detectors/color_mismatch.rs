//! `web/color-mismatch`: backgrounds, text colours and border colours that differ by more than 8 of 255 in a channel.

use galley_core::{Defect, DefectDetector, Render, Task};

use super::of_axis;
use crate::mismatch::MismatchAxis;

/// Compares with the target's declarations.
pub struct ColorMismatch;

impl DefectDetector for ColorMismatch {
    fn name(&self) -> &'static str {
        MismatchAxis::Color.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        of_axis(task, render, MismatchAxis::Color)
    }
}

const EXPLANATION: &str = "\
# Color mismatch

**What it finds.** Compared with the target: backgrounds, text colours and border colours that differ by more than 8 of 255 in a channel. One defect for each wrong
declaration of the target's program, which is quoted literally as the defect's target.

**Why it matters.** Colour is seen before anything is read.

**Known limits.** A background is reported only where it is seen; gradients and pictures are told apart only by being there. Inherited text colours are reported where they are declared. Elements are paired by structure and looks; a page that is
built quite differently is reported as missing and surplus elements.
";
