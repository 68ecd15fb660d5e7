//! The web domain.

pub mod blocks;
pub mod computed;
pub mod detectors;
#[cfg(test)]
mod hand_built;
pub mod mismatch;
mod reward;
mod visual;

pub use reward::{AxisValues, PRIMARY_METRIC, RewardConfig, WebReward};
pub use visual::Visual;
