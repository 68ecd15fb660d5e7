//! The fields of a run and of an experiment.

use std::cmp::Ordering;

use super::value::{Entity, Field, Queried, Value};
use crate::{Experiment, RunStatus, RunSummary};

impl Queried for RunSummary {
    fn values(&self, field: &Field) -> Vec<Value<'_>> {
        let key = field.key.as_str();
        let one = match field.entity {
            Entity::Metric => self.metric(key).map(Value::Number),
            Entity::Param => self.params.get(key).map(Value::text),
            Entity::Tag => self.tags.get(key).map(Value::text),
            Entity::Attribute => attribute(self, key),
            Entity::Dataset => return self.inputs.iter().filter_map(|input| dataset(input, key)).collect(),
        };
        one.into_iter().collect()
    }

    /// The latest start first, then by id.
    fn natural_order(&self, other: &Self) -> Ordering {
        other.created_ms.cmp(&self.created_ms).then_with(|| self.id.cmp(&other.id))
    }
}

fn attribute<'a>(run: &'a RunSummary, key: &str) -> Option<Value<'a>> {
    let number = |value: u64| Some(Value::Number(value as f64));
    let text = |text: &'a str| (!text.is_empty()).then(|| Value::text(text));
    let flag = |flag: bool| Some(Value::text(if flag { "true" } else { "false" }));
    match key {
        "id" => text(&run.id),
        "name" => text(&run.name),
        "status" => text(run.status.as_str()),
        "mlflow_status" => text(mlflow_status(run.status)),
        "objective" => text(&run.objective),
        "domain" => text(&run.domain),
        "stage" => text(&run.stage),
        "device" => text(run.device()),
        "experiment" => text(&run.experiment),
        "origin" => text(if run.origin.is_empty() { "galley" } else { &run.origin }),
        "user" => text(&run.user),
        "metric" => text(&run.primary_metric),
        "recipe" => text(&run.recipe_hash),
        "commit" => run.git_commit.as_deref().and_then(text),
        "message" => text(&run.message),
        "parent" => run.parent.as_ref().and_then(|parent| text(&parent.run)),
        "note" => run.notes.last().and_then(|note| text(&note.text)),
        "artifact_uri" => {
            Some(Value::text(format!("mlflow-artifacts:/{}/{}/artifacts", run.experiment, run.id)))
        }
        "starred" => flag(run.starred),
        "deleted" => flag(run.deleted_ms.is_some()),
        "dirty" => flag(run.dirty),
        "seed" => number(run.seed),
        "step" => number(run.step),
        "steps" => run.steps.and_then(number),
        "samples" => number(run.samples),
        "attempts" => number(u64::from(run.attempts)),
        "created" => number(run.created_ms),
        "ended" => run.ended_ms.and_then(number),
        "updated" => number(run.updated_ms),
        "time" => number(run.wall_ms),
        "first" => run.primaries().next().map(|(_, value)| Value::Number(value)),
        "latest" => run.latest_primary().map(Value::Number),
        "best" => run.best().map(|(_, value)| Value::Number(value)),
        "alarms" => number(run.alarms.values().sum()),
        _ => None,
    }
}

/// How MLflow calls it.
pub(crate) fn mlflow_status(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "RUNNING",
        RunStatus::Scheduled => "SCHEDULED",
        RunStatus::Finished => "FINISHED",
        RunStatus::Failed => "FAILED",
        RunStatus::Stopped | RunStatus::Dead => "KILLED",
    }
}

/// Of a data set as MLflow logs it: `{"dataset": {"name", "digest", …}, "tags": [{"key", "value"}]}`.
fn dataset<'a>(input: &'a serde_json::Value, key: &str) -> Option<Value<'a>> {
    let text = match key {
        "context" => {
            let tags = input.get("tags")?.as_array()?;
            let context =
                tags.iter().find(|tag| tag.get("key").is_some_and(|key| key == "mlflow.data.context"));
            context?.get("value")
        }
        _ => input.get("dataset")?.get(key),
    };
    text?.as_str().map(Value::text)
}

impl Queried for Experiment {
    fn values(&self, field: &Field) -> Vec<Value<'_>> {
        let one = match (field.entity, field.key.as_str()) {
            (Entity::Tag, key) => self.tags.get(key).map(Value::text),
            (_, "name") => Some(Value::text(&self.name)),
            (_, "experiment_id") => Some(Value::text(&self.id)),
            (_, "creation_time") => Some(Value::Number(self.created_ms as f64)),
            (_, "last_update_time") => Some(Value::Number(self.updated_ms as f64)),
            _ => None,
        };
        one.into_iter().collect()
    }

    /// The newest first.
    fn natural_order(&self, other: &Self) -> Ordering {
        let number = |experiment: &Self| experiment.id.parse::<u64>().unwrap_or(0);
        number(other).cmp(&number(self))
    }
}
