//! Whose weights the teacher has.

use crate::policy::{Policy, Result, Row, RowStates};

/// The privileged reader. Without weights of its own it reads with the policy's.
pub enum Teacher {
    /// The policy as it is.
    Live,
    /// The policy without its adapters.
    Base,
    /// Weights of its own: a frozen snapshot or a moving average.
    Own(Box<Policy>),
}

impl Teacher {
    /// Whether it has weights of its own, which belong into a checkpoint.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Own(_))
    }

    /// States behind the logits of the rows' responses, without gradient.
    pub fn states(&self, policy: &Policy, rows: &[Row]) -> Result<RowStates> {
        match self {
            Self::Live => policy.states(rows),
            Self::Base => policy.base_states(rows),
            Self::Own(teacher) => teacher.states(rows),
        }
    }
}
