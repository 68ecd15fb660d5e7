//! Experiments: studies of several runs, written down as a graph of stages.
//!
//! `spec` reads `experiments/<name>.toml`; `plan` makes one node for every stage and seed, each with its resolved recipe
//! and a content hash over that recipe and the node it begins from; `state` finds the runs that carry a node's hash;
//! `execute` runs what is missing, parents first, and resumes what was stopped; `outcome` is the result (`done` what it
//! reads of a run, `curve` what a value had cost, `repair` what became of single values), `table` the same as text;
//! `graph` the picture. Nothing is kept beside the runs themselves: their tags say which node of which experiment they are, so a
//! changed stage (and what begins from it) runs again and everything else does not.

mod curve;
mod done;
mod error;
mod execute;
mod graph;
mod outcome;
mod plan;
mod repair;
mod spec;
mod state;
mod table;

pub use error::ExperimentError;
pub use execute::{Execution, execute};
pub use graph::svg;
pub use outcome::{Outcome, RowOutcome, outcome};
pub use plan::{Node, Plan};
pub use spec::{Spec, StageSpec};
pub use state::{NodeState, states};
pub use table::text;
