//! The defect detectors of the web domain: one file each, with its explanation and its fixtures
//! (`domains/web/fixtures/<name>/{good,bad}*.html`, for comparisons with a `reference.html`).
//!
//! Six look at a page alone; what the target of a task has itself (a pale text, say) is no defect of an attempt. Five
//! compare with the target: `block-`, `text-`, `position-` and `color-mismatch` share [`crate::mismatch`] and quote the
//! target's declarations, `visual-mismatch` sees the rest in the picture.

mod alignment;
mod blank;
mod block_mismatch;
mod clipped_text;
mod color_mismatch;
mod contrast;
mod outside;
mod overlap;
mod position_mismatch;
mod text_mismatch;
mod visual_mismatch;

use galley_core::{Defect, DefectDetector, Render, Task};

pub use alignment::Alignment;
pub use blank::Blank;
pub use block_mismatch::BlockMismatch;
pub use clipped_text::ClippedText;
pub use color_mismatch::ColorMismatch;
pub use contrast::Contrast;
pub use outside::Outside;
pub use overlap::Overlap;
pub use position_mismatch::PositionMismatch;
pub use text_mismatch::TextMismatch;
pub use visual_mismatch::VisualMismatch;

use crate::mismatch::{MismatchAxis, mismatches};

/// Every detector, in the order in which `galley explain` lists them.
pub fn all() -> Vec<Box<dyn DefectDetector>> {
    vec![
        Box::new(Overlap),
        Box::new(ClippedText),
        Box::new(Outside),
        Box::new(Contrast),
        Box::new(Alignment),
        Box::new(Blank),
        Box::new(BlockMismatch),
        Box::new(TextMismatch),
        Box::new(PositionMismatch),
        Box::new(ColorMismatch),
        Box::new(VisualMismatch),
    ]
}

/// The defects of one comparison axis, in the program order of the reference.
fn of_axis(task: &Task, render: &Render, axis: MismatchAxis) -> Vec<Defect> {
    let own = mismatches(task, render).into_iter().filter(|mismatch| mismatch.axis == axis);
    own.map(crate::mismatch::Mismatch::into_defect).collect()
}
