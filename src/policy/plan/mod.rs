//! What a run will need in memory, from its configuration alone, before anything is allocated.
//!
//! `activations` counts what a forward pass keeps, `losses` copies of logits, `parts` everything, by phase and place. On the CPU the numbers are those
//! of the fused operations; elsewhere those of their compositions, which keep more. A test compares plan and measured peak.

mod activations;
mod losses;
mod parts;

pub use losses::loss_copies;
pub use parts::{MemoryPlan, Part, Phase, Place, Setup, Workload};
