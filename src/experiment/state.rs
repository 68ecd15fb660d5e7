//! Which runs belong to which node, and how far they are.

use std::path::Path;

use serde::Serialize;

use super::{ExperimentError, Node, Plan};
use crate::store::{RunStatus, RunSummary, summaries};

/// The tag of a run that holds its node's hash.
pub(super) const NODE: &str = "node";

/// Where a node stands.
#[derive(Clone, Debug, Serialize)]
pub struct NodeState {
    pub stage: String,
    pub seed: u64,
    pub hash: String,
    /// The run that counts for it; absent when it never ran.
    pub run: Option<String>,
    pub status: Option<RunStatus>,
    pub step: u64,
    pub steps: Option<u64>,
    /// The commit that the run was made from.
    pub git_commit: Option<String>,
}

impl NodeState {
    pub fn finished(&self) -> bool {
        self.status == Some(RunStatus::Finished)
    }
}

/// The state of every node, parents first.
///
/// # Errors
/// When the runs directory cannot be listed.
pub fn states(plan: &Plan, runs: &Path) -> Result<Vec<NodeState>, ExperimentError> {
    let all = summaries(runs)?;
    Ok(plan.nodes().map(|node| state(node, &all)).collect())
}

/// The newest finished run of a node, else the newest; those marked as deleted do not count.
fn state(node: &Node, runs: &[RunSummary]) -> NodeState {
    let counts = |run: &&RunSummary| run.tags.get(NODE) == Some(&node.hash) && run.deleted_ms.is_none();
    let own: Vec<&RunSummary> = runs.iter().filter(counts).collect();
    let run = own.iter().find(|run| run.status == RunStatus::Finished).or(own.first());
    NodeState {
        stage: node.stage.clone(),
        seed: node.seed,
        hash: node.hash.clone(),
        run: run.map(|run| run.id.clone()),
        status: run.map(|run| run.status),
        step: run.map_or(0, |run| run.step),
        steps: run.and_then(|run| run.steps),
        git_commit: run.and_then(|run| run.git_commit.clone()),
    }
}
