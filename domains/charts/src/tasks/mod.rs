//! The tasks of the charts domain: where target charts come from, and how their pictures are made and kept.
//!
//! Two sources, one shape. [`Generator`] draws programs of the [`Family`]s from a seed; [`Folder`] reads programs that
//! lie on disk in ChartMimic's layout. Both go through [`References`], which renders a program once and keeps the result
//! on disk, and both end as a [`ChartTasks`]. Which half of the data a chart belongs to is a function of its own text
//! ([`split_of`]), so no seed, set size or version of the recipe can move a held-out chart into training.

mod chart;
mod chart_tasks;
mod draft;
mod families;
mod folder;
mod generator;
mod memo;
mod parallel;
mod program;
mod references;
mod split;
mod store;

pub use chart::Chart;
pub use chart_tasks::ChartTasks;
pub use families::Family;
pub use folder::Folder;
pub use generator::Generator;
pub use parallel::map_indices;
pub use program::find_program;
pub use references::References;
pub use split::split_of;
