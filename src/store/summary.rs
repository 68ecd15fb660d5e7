//! A run in a few lines: what lists show and what the index keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CheckpointRecord, Damage, LoggedMetric, NoteRecord, Numbers, Parent, RunStatus, numbers};

/// The experiment that runs belong to which name none.
pub const DEFAULT_EXPERIMENT: &str = "0";

/// The state of a run according to its journal and its edits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSummary {
    pub id: String,
    pub name: String,
    pub status: RunStatus,
    /// What the last status said besides.
    pub message: String,
    /// What the last heartbeat was busy with.
    pub stage: String,
    /// Latest step on record.
    pub step: u64,
    /// Planned steps.
    pub steps: Option<u64>,
    pub seed: u64,
    pub objective: String,
    pub domain: String,
    pub environment: BTreeMap<String, String>,
    pub created_ms: u64,
    /// When the latest record with a time was written.
    pub updated_ms: u64,
    /// Run time, all attempts together.
    pub wall_ms: u64,
    pub attempts: u32,
    /// The process of the last attempt.
    pub pid: u32,
    pub primary_metric: String,
    /// Evaluations in order, one for each stage and step.
    pub evals: Vec<EvalHead>,
    /// Announced checkpoints by step; retention may have removed early ones.
    pub checkpoints: Vec<CheckpointRecord>,
    pub samples: u64,
    /// The latest value of every metric.
    #[serde(with = "numbers::map")]
    pub metrics: Numbers,
    /// How often each alarm was raised.
    pub alarms: BTreeMap<String, u64>,
    pub tags: BTreeMap<String, String>,
    /// What it was told: the values of a recipe by dotted key (texts without their quotes), or what another program
    /// logged.
    pub params: BTreeMap<String, String>,
    /// Step and time (milliseconds since 1970) of the values in `metrics`.
    pub metric_at: BTreeMap<String, (i64, i64)>,
    /// Which program logs it; empty for galley's own runs.
    pub origin: String,
    /// Id of its experiment, [`DEFAULT_EXPERIMENT`] unless it says otherwise.
    pub experiment: String,
    pub user: String,
    /// When it ended, for as long as it is not taken up again.
    pub ended_ms: Option<u64>,
    pub starred: bool,
    /// When it was marked as deleted.
    pub deleted_ms: Option<u64>,
    /// What people wrote about it, in order.
    pub notes: Vec<NoteRecord>,
    /// Data sets that it read and models that it made, as they were logged.
    pub inputs: Vec<serde_json::Value>,
    pub outputs: Vec<serde_json::Value>,
    pub parent: Option<Parent>,
    pub recipe_hash: String,
    pub git_commit: Option<String>,
    /// Whether there were uncommitted changes.
    pub dirty: bool,
    /// Unreadable stretches of the journal.
    pub damage: Vec<Damage>,
    /// Start and run time of the last attempt, from which the times of records follow.
    pub(crate) attempt_began: (u64, u64),
}

/// An evaluation without its results per task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvalHead {
    pub stage: String,
    pub step: u64,
    pub eval_set: String,
    pub tasks: usize,
    #[serde(with = "numbers::map")]
    pub means: Numbers,
}

impl RunSummary {
    /// The last evaluation's primary metric.
    pub fn latest_primary(&self) -> Option<f64> {
        self.primaries().next_back().map(|(_, value)| value)
    }

    /// The best evaluation by the primary metric.
    pub fn best(&self) -> Option<(&EvalHead, f64)> {
        self.primaries().filter(|(_, value)| !value.is_nan()).max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// The primary metric of every evaluation that has it.
    pub fn primaries(&self) -> impl DoubleEndedIterator<Item = (&EvalHead, f64)> {
        self.evals.iter().filter_map(|eval| Some((eval, *eval.means.get(&self.primary_metric)?)))
    }

    pub fn device(&self) -> &str {
        self.environment.get("device").map_or("", String::as_str)
    }

    /// A number by name: the latest value of a metric, or else the mean of the last evaluation that has it.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let evaluated = || self.evals.iter().rev().find_map(|eval| eval.means.get(name));
        self.metrics.get(name).or_else(evaluated).copied()
    }

    /// The latest point of a metric.
    pub fn latest_point(&self, name: &str) -> Option<LoggedMetric> {
        let (step, at_ms) = self.metric_at.get(name).copied().unwrap_or_default();
        self.metrics.get(name).map(|value| LoggedMetric::new(name, *value, at_ms, step))
    }
}
