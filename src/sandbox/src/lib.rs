//! Running programs that nobody vouches for.
//!
//! [`ProcessGroup`] runs a program that dies with its handle and with this process; [`Jail`] keeps it from networks and
//! from more than its share; [`LineChild`] talks with
//! one in lines, bounded in time and length; [`Deadline`] is a point in time after which nobody waits any more. [`Pool`] keeps warm
//! interpreters ([`Language`]) that fork a confined child for each job; [`Mechanisms`] says what confines it on this
//! machine.
//!
//! Such a child sees the interpreter's files and an empty folder of its own, no network, no other process and no
//! environment; its memory, time, files and answer are limited, and nothing that it starts outlives it. It can write
//! anything into its answer: whoever reads it must not trust it.

mod cgroup;
mod confine;
mod deadline;
mod group;
mod jail;
mod landlock;
mod line_child;
mod mechanisms;
mod namespaces;
mod pool;
mod seccomp;
mod wire;
mod zygote;

pub use deadline::Deadline;
pub use group::ProcessGroup;
pub use jail::{Jail, JailMode, NoJail};
pub use line_child::{LineChild, LineError};
pub use mechanisms::{Mechanisms, Strictness};
pub use pool::{Pool, PoolError};
pub use zygote::{Language, Limits, Outcome};
