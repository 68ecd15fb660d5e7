//! The tasks of the web domain: where target pages come from, and how their pictures are made and kept.
//!
//! Two sources, one shape. [`Generator`] draws pages of the [`Family`]s from a seed; [`folder`] reads pages that lie on
//! disk in the Design2Code layout. Both go through [`galley_kit::References`], which renders a page once and keeps the result on
//! disk, and both end as a [`galley_kit::RenderedTasks`]: an ordered set of tasks that holds at most a bounded amount of pictures in
//! memory. Which half of the data a page belongs to is a function of its own text ([`galley_kit::split_of`]), so no seed, set size
//! or version of the recipe can move a held-out page into training.

mod colour;
pub mod families;
mod folder;
mod generator;
mod page;
mod program;
mod vocabulary;

pub use colour::Colour;
pub use families::{Family, Scene};
pub use folder::Folder;
pub use generator::Generator;
pub use page::Page;
pub use program::find_program;
pub use vocabulary::Vocabulary;
