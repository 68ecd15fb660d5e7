//! Running what an experiment still lacks.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, Result, bail};
use galley_core::Registry;

use super::{
    Node, Plan,
    state::{NODE, NodeState, states},
};
use crate::{
    store::{RunStatus, find_run},
    train::{self, Interrupt, Launch, Origin},
};

/// What an execution needs from outside.
pub struct Execution<'a> {
    pub plan: &'a Plan,
    pub registry: &'a Registry,
    pub runs: &'a Path,
    pub interrupt: Interrupt,
    /// Versions and machine facts for the record of every run.
    pub environment: BTreeMap<String, String>,
}

/// Runs every node that has no finished run, parents first; a stopped or killed run is resumed. Returns false when it was
/// interrupted.
///
/// # Errors
/// The first run that fails, and a run that another process is busy with.
pub fn execute(execution: &Execution<'_>) -> Result<bool> {
    let total = execution.plan.nodes().count();
    for (index, node) in execution.plan.nodes().enumerate() {
        let states = states(execution.plan, execution.runs, execution.registry)?;
        let state = &states[index];
        let place = format!("[{}/{total}] {} seed {}", index + 1, node.stage, node.seed);
        if state.finished() {
            eprintln!("{place}: finished in run {}", state.run.as_deref().unwrap_or_default());
            continue;
        }
        eprintln!("{place}");
        if !one(execution, node, state, &states).with_context(|| place)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs or resumes one node; false when interrupted.
fn one(execution: &Execution<'_>, node: &Node, state: &NodeState, states: &[NodeState]) -> Result<bool> {
    let launch = launch(execution, node);
    let outcome = match (&state.run, state.status) {
        (Some(run), Some(RunStatus::Running)) => {
            bail!("run {run} of this node is being written by another process")
        }
        (Some(run), _) => train::resume(&find_run(execution.runs, run)?, launch)?,
        (None, _) => match execution.plan.parent(node) {
            Some(parent) => {
                let from = states.iter().find(|state| state.hash == parent.hash && state.finished());
                let run = from
                    .and_then(|state| state.run.as_deref())
                    .context("the run that it begins from is missing")?;
                train::fork(&Origin::find(&find_run(execution.runs, run)?, None)?, launch)?
            }
            None => train::start(launch)?,
        },
    };
    Ok(outcome.finished)
}

fn launch<'a>(execution: &Execution<'a>, node: &'a Node) -> Launch<'a> {
    let tags = [("experiment", &execution.plan.name), ("stage", &node.stage), (NODE, &node.hash)];
    Launch {
        recipe: &node.recipe,
        registry: execution.registry,
        interrupt: execution.interrupt.clone(),
        environment: execution.environment.clone(),
        tags: tags.map(|(key, value)| (key.to_owned(), value.clone())).into(),
        notes: Vec::new(),
    }
}
