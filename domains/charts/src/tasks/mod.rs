//! The tasks of the charts domain: where target charts come from, and how their pictures are made and kept.
//!
//! Three sources, one shape. [`Generator`] draws programs of the [`Family`]s from a seed; a [`galley_kit::Folder`] reads
//! programs that lie on disk in ChartMimic's [layout](LAYOUT); a [`Listing`] those of instruction data. All go through [`galley_kit::References`], which renders a program once and keeps the result
//! on disk, and all end as a [`galley_kit::RenderedTasks`]. Which half of the data a chart belongs to is a function of its own text
//! ([`galley_kit::split_of`]), so no seed, set size or version of the recipe can move a held-out chart into training.

mod chart;
mod draft;
mod families;
mod folder;
mod generator;
mod listing;

pub use chart::Chart;
pub use families::Family;
pub use folder::LAYOUT;
pub use galley_kit::python::find_program;
pub use generator::Generator;
pub use listing::Listing;
