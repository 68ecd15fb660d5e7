//! Which runs belong to which node, and how far they are.

use std::path::Path;

use galley_core::Registry;
use serde::Serialize;

use super::{ExperimentError, Node, Plan};
use crate::{
    recipe::{self, Sources},
    store::{RunReader, RunStatus, RunSummary, summaries},
};

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
/// A run belongs to a node by its tag, or because it says the same: of this study, stage and seed, begun from the parent's
/// run, with a recorded recipe that resolves to the node's. The latter finds runs that were made before a setting existed
/// which they leave at its default.
///
/// # Errors
/// When the runs directory cannot be listed.
pub fn states(plan: &Plan, runs: &Path, registry: &Registry) -> Result<Vec<NodeState>, ExperimentError> {
    let all = summaries(runs)?;
    let mut states: Vec<NodeState> = Vec::new();
    for node in plan.nodes() {
        let parent = plan.parent(node).map(|parent| parent.hash.as_str());
        let parent = states.iter().find(|state| Some(state.hash.as_str()) == parent);
        let parent = parent.and_then(|state| state.run.as_deref());
        let same = |run: &&RunSummary| {
            run.deleted_ms.is_none()
                && (run.tags.get(NODE) == Some(&node.hash)
                    || (run.tags.get("experiment") == Some(&plan.name)
                        && run.tags.get("stage") == Some(&node.stage)
                        && run.seed == node.seed
                        && run.parent.as_ref().map(|parent| parent.run.as_str()) == parent
                        && says(&runs.join(&run.id), registry)
                            .is_some_and(|hash| hash == node.recipe.hash())))
        };
        states.push(state(node, &all.iter().filter(same).collect::<Vec<_>>()));
    }
    Ok(states)
}

/// The hash of a run's recorded recipe as it resolves today.
fn says(dir: &Path, registry: &Registry) -> Option<String> {
    let reader = RunReader::open(dir).ok()?;
    Some(recipe::parse(&reader.start().recipe, &Sources::default(), registry).ok()?.hash())
}

/// The newest finished run of a node, else the newest; those marked as deleted do not count.
fn state(node: &Node, own: &[&RunSummary]) -> NodeState {
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
