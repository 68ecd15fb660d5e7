//! The training loop.
//!
//! `run` is the whole job: evaluate, warm start, evaluate, objective, evaluate, table. `step` is one update and reads
//! like the figure in the README: tasks → rollouts → assessments → credit and contexts → teacher → loss → optimiser.
//!
//! **Architecture invariant.** Whatever a step does is a function of (recipe, weights, optimiser state, step number):
//! random numbers are keyed, never drawn from a stream, so a run resumed from a checkpoint repeats itself bit for bit.

mod ahead;
mod alarms;
mod assessor;
mod best_of;
mod build;
mod checkpoint;
mod clock;
mod data;
mod diagnostics;
mod evaluate;
mod facts;
mod failed_batch;
mod feed;
mod fork;
mod interrupt;
mod judged;
mod networks;
mod overlap;
mod plan;
mod progress;
mod rollout;
mod rows;
mod run;
mod sampler_check;
mod samples;
mod session;
mod step;
mod supervised;
mod teacher;
mod trace;
mod update;
mod usage;
mod warm_rows;
mod warm_start;

#[cfg(test)]
mod tests;

pub use fork::Origin;
pub use interrupt::Interrupt;
pub use progress::Progress;
pub use run::{Launch, Outcome, fork, resume, start};
pub use trace::TraceLayer;
