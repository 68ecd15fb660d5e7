//! The batch of a step that could not be taken, kept for whoever looks for the reason.

use std::path::PathBuf;

use anyhow::{Context, Error, Result};
use serde_json::{Value, json};

use super::{judged::Judged, session::Session};

/// Adds to `error` where the batch of the step was written: `failed-batch-<step>.json` in the run's directory, one entry
/// for every rollout with everything that entered its loss.
pub fn keep(session: &Session, judged: &[Judged], error: Error) -> Error {
    let step = session.state.step;
    match write(session, judged) {
        Ok(path) => {
            error.context(format!("step {step} was not taken; its batch is kept in {}", path.display()))
        }
        Err(other) => {
            error.context(format!("step {step} was not taken, and its batch could not be kept: {other:#}"))
        }
    }
}

fn write(session: &Session, judged: &[Judged]) -> Result<PathBuf> {
    let path = session.writer.dir().join(format!("failed-batch-{}.json", session.state.step));
    let rollouts: Vec<Value> = judged.iter().map(entry).collect();
    let text = serde_json::to_vec_pretty(&json!({ "step": session.state.step, "rollouts": rollouts }))?;
    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

fn entry(one: &Judged) -> Value {
    let rollout = &one.rollout;
    json!({
        "task": rollout.task.id,
        "sample": rollout.sample,
        "response": rollout.response,
        "tokens": rollout.sampled.tokens,
        "engine-logprobs": rollout.sampled.logprobs,
        "weights": one.credit.weights,
        "advantage": one.advantage,
        "reward": rollout.reward(),
    })
}
