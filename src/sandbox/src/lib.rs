//! Running programs that nobody vouches for.
//!
//! [`ProcessGroup`] runs a program that dies with its handle and with this process; [`Deadline`] is a point in time
//! after which nobody waits any more.

mod deadline;
mod group;

pub use deadline::Deadline;
pub use group::ProcessGroup;
