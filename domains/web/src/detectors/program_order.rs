//! The comparisons with the target as one detector, so that their defects come in program order.

use galley_core::{Defect, DefectDetector, Render, Task};

use crate::mismatch::{Mismatch, MismatchAxis, mismatches};

/// Replaces the declaration comparisons among `detectors` by one, at the place of the first, that reports the same
/// defects under the same names: not axis by axis but in the program order of the reference, and computed once. A
/// policy that learns to copy from these messages needs them in the order in which it writes.
pub fn in_program_order(detectors: Vec<Box<dyn DefectDetector>>) -> Vec<Box<dyn DefectDetector>> {
    let axis = |name: &str| MismatchAxis::ALL.into_iter().find(|axis| axis.detector() == name);
    let axes: Vec<MismatchAxis> = detectors.iter().filter_map(|detector| axis(detector.name())).collect();
    let mut fused = (!axes.is_empty()).then_some(ProgramOrder { axes });
    let mut list: Vec<Box<dyn DefectDetector>> = Vec::new();
    for detector in detectors {
        if axis(detector.name()).is_none() {
            list.push(detector);
        } else if let Some(fused) = fused.take() {
            list.push(Box::new(fused));
        }
    }
    list
}

struct ProgramOrder {
    axes: Vec<MismatchAxis>,
}

impl DefectDetector for ProgramOrder {
    fn name(&self) -> &'static str {
        "web/mismatch"
    }

    fn explain(&self) -> &'static str {
        "# Mismatch\n\nThe chosen ones of `web/block-mismatch`, `web/text-mismatch`, `web/position-mismatch` and \
         `web/color-mismatch`, in the program order of the target. Each defect carries its own detector's name.\n"
    }

    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect> {
        let chosen =
            mismatches(task, render).into_iter().filter(|mismatch| self.axes.contains(&mismatch.axis));
        chosen.map(Mismatch::into_defect).collect()
    }
}
