//! Running programs that nobody vouches for.
//!
//! [`ProcessGroup`] runs a program that dies with its handle and with this process; [`Deadline`] is a point in time
//! after which nobody waits any more. [`Pool`] keeps warm interpreters ([`Language`]) that fork a jailed child for each
//! job; [`Mechanisms`] says what the jail is made of on this machine.
//!
//! A child sees the interpreter's files and an empty folder of its own, no network, no other process and no environment;
//! its memory, time, files and answer are limited, and nothing that it starts outlives it. It can write anything into
//! its answer: whoever reads it must not trust it.

mod cgroup;
mod deadline;
mod group;
mod jail;
mod landlock;
mod mechanisms;
mod namespaces;
mod pool;
mod seccomp;
mod wire;
mod zygote;

pub use deadline::Deadline;
pub use group::ProcessGroup;
pub use mechanisms::{Mechanisms, Strictness};
pub use pool::{Pool, PoolError};
pub use zygote::{Language, Limits, Outcome};
