//! The web domain.

pub mod perturb;
pub mod tasks;
