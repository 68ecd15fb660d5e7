//! Running programs that nobody vouches for.
//!
//! [`ProcessGroup`] runs a program that dies with its handle and with this process; [`Jail`] keeps it from networks and
//! from more than its share; [`Deadline`] is a point in time after which nobody waits any more.

mod deadline;
mod group;
mod jail;

pub use deadline::Deadline;
pub use group::ProcessGroup;
pub use jail::{Jail, JailMode, NoJail};
