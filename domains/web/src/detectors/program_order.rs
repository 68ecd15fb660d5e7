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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detectors::all,
        hand_built::{render, task},
    };

    const PAGE: &str =
        r#"<body style="background:#a3c"><div style="background:#f0a;width:45%">word</div></body>"#;

    #[test]
    fn the_same_defects_come_in_the_order_of_the_program() {
        let (task, attempt) =
            (task(PAGE), render(&PAGE.replace("#a3c", "#a3d").replace("45%", "55%").replace("#f0a", "#00a")));
        let names = |list: &[Box<dyn DefectDetector>]| {
            list.iter().map(|detector| detector.name()).collect::<Vec<_>>()
        };
        let ordered = in_program_order(all());
        assert_eq!(names(&ordered)[6..], ["web/mismatch", "web/visual-mismatch"]);
        let run = |list: &[Box<dyn DefectDetector>]| -> Vec<Defect> {
            list.iter().flat_map(|detector| detector.detect(&task, &attempt)).collect()
        };
        let (apart, together) = (run(&all()), run(&ordered));
        let targets: Vec<&str> = together.iter().filter_map(|defect| defect.target.as_deref()).collect();
        assert_eq!(targets, ["body background:#a3c", "div background:#f0a", "div width:45%"]);
        assert_eq!(apart.len(), together.len());
        assert!(apart.iter().all(|defect| together.contains(defect)));
    }

    #[test]
    fn a_choice_of_detectors_is_kept() {
        let color: Vec<Box<dyn DefectDetector>> =
            all().into_iter().filter(|one| one.name() == "web/color-mismatch").collect();
        let ordered = in_program_order(color);
        let found =
            ordered[0].detect(&task(PAGE), &render(&PAGE.replace("#a3c", "#a3d").replace("45%", "55%")));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].detector, "web/color-mismatch");
    }
}
