//! Entities as the protocol writes them.

use galley_store::{Experiment, LoggedMetric, RunStatus, RunSummary};
use serde_json::{Value, json};

use super::tracking::Tracking;

/// The tag that holds a run's name.
pub(crate) const NAME_TAG: &str = "mlflow.runName";
const USER_TAG: &str = "mlflow.user";
const COMMIT_TAG: &str = "mlflow.source.git.commit";

/// A float; JSON has no NaN and no infinity.
pub(crate) fn float(value: f64) -> Value {
    match value {
        value if value.is_finite() => json!(value),
        value if value.is_nan() => json!("NaN"),
        value if value > 0.0 => json!("Infinity"),
        _ => json!("-Infinity"),
    }
}

pub(crate) fn metric(metric: &LoggedMetric) -> Value {
    json!({ "key": metric.key(), "value": float(metric.value()), "timestamp": metric.timestamp_ms(), "step": metric.step() })
}

/// `[{"key", "value"}]`
pub(crate) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Value {
    pairs.into_iter().map(|(key, value)| json!({ "key": key, "value": value })).collect()
}

pub(crate) fn stage(deleted: bool) -> &'static str {
    if deleted { "deleted" } else { "active" }
}

pub(crate) fn experiment(tracking: &Tracking, known: &Experiment) -> Value {
    json!({
        "experiment_id": known.id,
        "name": known.name,
        "artifact_location": tracking.location(known),
        "lifecycle_stage": stage(known.deleted),
        "last_update_time": known.updated_ms,
        "creation_time": known.created_ms,
        "tags": pairs(&known.tags),
    })
}

pub(crate) fn info(tracking: &Tracking, run: &RunSummary) -> Value {
    let mut info = json!({
        "run_uuid": run.id,
        "run_id": run.id,
        "run_name": run.name,
        "experiment_id": run.experiment,
        "user_id": run.user,
        "status": status(run.status),
        "start_time": run.created_ms,
        "artifact_uri": tracking.artifact_uri(run),
        "lifecycle_stage": stage(run.deleted_ms.is_some()),
    });
    if let Some(ended) = run.ended_ms {
        info["end_time"] = json!(ended);
    }
    info
}

pub(crate) fn run(tracking: &Tracking, run: &RunSummary) -> Value {
    let own = run.metrics.keys().filter_map(|name| run.latest_point(name));
    let metrics: Vec<Value> = own.chain(evaluated(run)).map(|point| metric(&point)).collect();
    let (models, datasets): (Vec<&Value>, Vec<&Value>) =
        run.inputs.iter().partition(|input| input.get("model_id").is_some());
    json!({
        "info": info(tracking, run),
        "data": { "metrics": metrics, "params": pairs(&run.params), "tags": tags(run) },
        "inputs": { "dataset_inputs": datasets, "model_inputs": models },
        "outputs": { "model_outputs": run.outputs },
    })
}

/// Means of evaluations that are no metrics besides, from the last evaluation that has them.
pub(crate) fn evaluated(run: &RunSummary) -> Vec<LoggedMetric> {
    let mut found: Vec<LoggedMetric> = Vec::new();
    for eval in run.evals.iter().rev() {
        for (name, value) in &eval.means {
            if !run.metrics.contains_key(name) && !found.iter().any(|known| known.key() == name) {
                found.push(LoggedMetric::new(name.clone(), *value, run.updated_ms as i64, eval.step as i64));
            }
        }
    }
    found
}

fn tags(run: &RunSummary) -> Value {
    let mut tags = run.tags.clone();
    let known =
        [(NAME_TAG, Some(&run.name)), (USER_TAG, Some(&run.user)), (COMMIT_TAG, run.git_commit.as_ref())];
    for (key, value) in known {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            tags.entry(key.to_owned()).or_insert_with(|| value.clone());
        }
    }
    pairs(&tags)
}

pub(crate) fn status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "RUNNING",
        RunStatus::Scheduled => "SCHEDULED",
        RunStatus::Finished => "FINISHED",
        RunStatus::Failed => "FAILED",
        RunStatus::Stopped | RunStatus::Dead => "KILLED",
    }
}

/// By name or number.
pub(crate) fn parse_status(text: &str) -> Option<RunStatus> {
    match text {
        "RUNNING" | "1" => Some(RunStatus::Running),
        "SCHEDULED" | "2" => Some(RunStatus::Scheduled),
        "FINISHED" | "3" => Some(RunStatus::Finished),
        "FAILED" | "4" => Some(RunStatus::Failed),
        "KILLED" | "5" => Some(RunStatus::Stopped),
        _ => None,
    }
}
