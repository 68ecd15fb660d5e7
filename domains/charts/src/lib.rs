//! The charts domain: matplotlib programs, drawn by a jailed interpreter and judged with the ChartMimic axes.
//!
//! `python/` is what runs in the interpreter: it makes, in one run, the picture, every artist with its region and place
//! in the source, and the records of ChartMimic's metrics. Programs share its address space, so [`answer`] believes none
//! of it without looking.

pub mod answer;
pub mod benchmark;
pub mod config;
pub mod detectors;
pub mod doctor;
pub mod domain;
pub mod environment;
pub mod judge;
pub mod mapper;
pub mod metrics;
pub mod mismatch;
mod perturb;
mod places;
pub mod plain;
pub mod records;
mod renderer;
pub mod reward;
pub mod scoring;
pub mod tasks;

pub use domain::ENTRY;
pub use renderer::{ChartRenderer, RendererOptions, Run};

/// Texts on what is no detector, for `galley explain`: name and Markdown, the first line of which is its title.
pub const PAGES: [(&str, &str); 2] = [
    ("charts/sandbox", include_str!("../docs/sandbox.md")),
    ("charts/judge", include_str!("../docs/judge.md")),
];
