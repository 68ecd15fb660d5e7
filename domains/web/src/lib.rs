//! The web domain.

pub mod blocks;
pub mod browser;
pub mod computed;
pub mod config;
pub mod detectors;
pub mod doctor;
pub mod domain;
pub mod faults;
#[cfg(test)]
mod hand_built;
pub mod inject;
pub mod mapper;
pub mod mismatch;
pub mod perturb;
pub mod renderer;
mod reward;
pub mod tasks;
mod values;
mod visual;

pub use domain::ENTRY;
pub use renderer::official_shots;
pub use reward::{AxisValues, PRIMARY_METRIC, RewardConfig, WebReward};
pub use values::values;
pub use visual::Visual;
