//! `charts/data-mismatch`: marks in another place or size than the target's.

use galley_core::{Defect, DefectDetector, Render, Task};

use crate::mismatch::{Mismatch, mismatches};

/// Compares with the target.
pub struct DataMismatch;

impl DefectDetector for DataMismatch {
    fn name(&self) -> &'static str {
        Mismatch::Data.detector()
    }

    fn explain(&self) -> &'static str {
        EXPLANATION
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        mismatches(task, render, Mismatch::Data)
    }
}

const EXPLANATION: &str = "\
# Data mismatch

**What it finds.** Compared with the target: marks whose place or size differs from the target's by more than 1.2 % of the picture's larger side. The numbers of the target's call are named as what is wrong: those of the mark itself where every mark of the call has as many, all of them otherwise.

**Why it matters.** What a chart says is in the places and sizes of its marks; none of ChartMimic's four low-level metrics looks at them.

**Known limits.** A limit of an axis that is wrong moves every mark, and every mark is reported. Lines are compared by the box around them.
";
