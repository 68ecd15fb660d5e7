//! What every domain with rendered references needs, so that none writes it again.
//!
//! [`RenderedTasks`] is an ordered set of tasks whose targets are renders of reference programs; [`References`] renders
//! each once and keeps it on disk; [`Folder`] finds them in files; [`split_of`] says which half of the data a text belongs to; [`Cache`] holds renders
//! in memory, [`Memo`] anything by its index; [`parquet`](mod@parquet) reads the tables that datasets are published in;
//! [`Visual`] is the picture axis of a reward. [`python`] is for domains of Python programs;
//! nothing else here knows what kind of program it is.

mod cache;
mod defects;
mod folder;
mod memo;
mod names;
mod parallel;
pub mod parquet;
pub mod python;
mod references;
mod rendered_tasks;
mod split;
mod store;
mod visual;

pub use cache::{Cache, Key};
pub use defects::{beyond_target, defect};
pub use folder::{Folder, Layout};
pub use memo::Memo;
pub use names::chosen;
pub use parallel::map_indices;
pub use references::References;
pub use rendered_tasks::{RenderedTasks, Wanted};
pub use split::split_of;
pub use visual::{Visual, padded, similarity};
