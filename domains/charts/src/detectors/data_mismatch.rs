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

**What it finds.** Compared with the target: marks whose data differ by more than 1.2 % of an axis's length, whatever the limits of the axes; and, once for each axis, limits that are not the target's where one of both programs sets them. Points of lines and markers and the values of a map of colours are compared one by one, up to 64 of them; other marks by their extent. Named as what is wrong are the numbers of the target's call that say what differs; where no number says just that, those of the mark itself where every mark of the call has as many, all of them otherwise.

**Why it matters.** What a chart says is in its data; none of ChartMimic's four low-level metrics looks at them.

**Known limits.** Marks in space, and marks that are not placed by the axes, are compared on the picture (1.2 % of its larger side), where limits move them too. The shares of a pie depend on one another: one wrong size moves several wedges.
";
