//! What is visibly wrong, and where.

use serde::{Deserialize, Serialize};

use crate::{Region, Render, Span, Task};

/// Finds one kind of defect on a render. Pure: the same task and render give the same defects in the same order.
pub trait DefectDetector: Send + Sync {
    /// `<domain>/<name>`, e.g. `web/overlap`.
    fn name(&self) -> &'static str;

    /// What it finds, why it matters, known limits: printed by `galley explain <name>`. Markdown, first line = title.
    fn explain(&self) -> &'static str;

    /// Called only for renders with a picture.
    fn detect(&self, task: &Task, render: &Render) -> Vec<Defect>;
}

/// One visible fault on the canvas (Visual-SDPO §2.3: a region and a binary severity).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Defect {
    /// Name of the detector.
    pub detector: String,
    /// The reward axis that it concerns, or the detector's own topic (`layout`, `contrast`).
    pub axis: String,
    /// Where it is seen. For a thing that is missing: where it should have been.
    pub region: Region,
    /// 1 = a defect, 0 = noted only.
    pub severity: f64,
    /// The element, the direction and the magnitude, in words: "button `Buy`: 24 px too wide".
    pub message: String,
    /// What the target has there, quoted as a declaration: "div width:45%". Present only for comparisons with a
    /// reference; a tiny policy reads these, a large one reads both.
    pub target: Option<String>,
    /// Where that declaration's value stands in the reference program.
    #[serde(default)]
    pub target_span: Option<Span>,
}
