//! The charts domain: matplotlib programs, drawn by a jailed interpreter and judged with the ChartMimic axes.

pub mod answer;
mod cache;
pub mod environment;
mod lines;
pub mod records;
mod renderer;

pub use renderer::{ChartRenderer, RendererOptions};
