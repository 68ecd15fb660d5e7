//! The web domain.

pub mod blocks;
pub mod browser;
pub mod computed;
pub mod config;
pub mod credit;
pub mod css;
pub mod detectors;
pub mod doctor;
pub mod domain;
pub mod draw;
pub mod faults;
pub mod forbidden;
#[cfg(test)]
mod hand_built;
pub mod inject;
pub mod mapper;
pub mod mismatch;
pub mod perturb;
pub mod renderer;
mod reward;
pub mod scoring;
pub mod tasks;
mod values;
pub mod vcoder;

pub use domain::ENTRY;
pub use renderer::official_shots;
pub use reward::{AxisValues, PRIMARY_METRIC, RewardConfig, RewardKind, WebReward};
pub use values::values;

/// Texts on what is no detector, for `galley explain`: name and Markdown, the first line of which is its title.
pub const PAGES: [(&str, &str); 4] = [
    ("web/credit", include_str!("../docs/credit.md")),
    ("web/anti-hacking", include_str!("../docs/anti-hacking.md")),
    ("web/remote", include_str!("../docs/remote.md")),
    ("web/vcoder", include_str!("../docs/vcoder.md")),
];
