//! A run in a few lines: what lists show and what the index keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    CheckpointRecord, Damage, EvalRecord, LoggedMetric, NoteRecord, Numbers, Parent, Record, RunStatus,
    SampleHead, StartRecord, compare::recipe_params, event::Event, numbers,
};

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

    /// Takes in the next visible event.
    pub(crate) fn absorb(&mut self, event: &Event) {
        match event {
            Event::Sample(sample) => self.absorb_sample(sample),
            Event::Record(record) => self.absorb_record(record),
        }
    }

    fn absorb_record(&mut self, record: &Record) {
        match record {
            Record::Start(start) => self.absorb_start(start),
            Record::Attempt(attempt) => {
                self.attempts = attempt.n;
                self.pid = attempt.pid;
                self.attempt_began = (attempt.at_ms, attempt.wall_ms);
                self.seen(attempt.at_ms, attempt.wall_ms);
            }
            Record::Metrics(metrics) => {
                self.reached(metrics.step);
                let (at, base) = self.attempt_began;
                let at_ms = at + metrics.wall_ms.saturating_sub(base);
                for (name, &value) in &metrics.values {
                    self.set_metric(name, value, metrics.step as i64, at_ms as i64);
                }
                self.seen(at_ms, metrics.wall_ms);
            }
            Record::Points(logged) => logged.points.iter().for_each(|point| self.absorb_point(point)),
            Record::Params(params) => self.params.extend(params.values.clone()),
            Record::Document(document) => match document.kind.as_str() {
                "input" => self.inputs.extend(document.value.clone()),
                "output" => self.outputs.extend(document.value.clone()),
                _ => {}
            },
            Record::Eval(eval) => self.absorb_eval(eval),
            Record::Checkpoint(checkpoint) => {
                self.reached(checkpoint.step);
                self.checkpoints.retain(|known| known.step != checkpoint.step);
                self.checkpoints.push(checkpoint.clone());
            }
            Record::Status(status) => {
                (self.status, self.message) = (status.status, status.message.clone());
                let over = !matches!(status.status, RunStatus::Running | RunStatus::Scheduled);
                self.ended_ms = match self.origin.is_empty() {
                    true => over.then_some(status.at_ms),
                    false => status.ended_ms.or(self.ended_ms),
                };
                self.seen(status.at_ms, status.wall_ms);
            }
            Record::Heartbeat(heartbeat) => {
                self.stage.clone_from(&heartbeat.stage);
                self.seen(heartbeat.at_ms, heartbeat.wall_ms);
            }
            Record::Alarm(alarm) => *self.alarms.entry(alarm.name.clone()).or_default() += 1,
            Record::Note(note) => self.notes.push(note.clone()),
            Record::Sample(_) | Record::Rewind(_) | Record::Unknown(_) => {}
            // These have journals of their own.
            Record::Edit(_) | Record::Experiment(_) => {}
        }
    }

    /// Takes in the next record of the run's edits, which go over what its journal says.
    pub(crate) fn absorb_edit(&mut self, record: &Record) {
        match record {
            Record::Note(note) => self.notes.push(note.clone()),
            Record::Edit(edit) => {
                if let Some(name) = &edit.name {
                    self.name.clone_from(name);
                }
                for (key, value) in &edit.tags {
                    match value {
                        Some(value) => drop(self.tags.insert(key.clone(), value.clone())),
                        None => drop(self.tags.remove(key)),
                    }
                }
                self.starred = edit.star.unwrap_or(self.starred);
                match edit.deleted {
                    Some(true) => self.deleted_ms = Some(edit.at_ms),
                    Some(false) => self.deleted_ms = None,
                    None => {}
                }
            }
            _ => {}
        }
    }

    fn set_metric(&mut self, name: &str, value: f64, step: i64, at_ms: i64) {
        // Most metrics are known: no copies of their names.
        match (self.metrics.get_mut(name), self.metric_at.get_mut(name)) {
            (Some(known), Some(at)) => (*known, *at) = (value, (step, at_ms)),
            _ => {
                self.metrics.insert(name.to_owned(), value);
                self.metric_at.insert(name.to_owned(), (step, at_ms));
            }
        }
    }

    /// The latest is the one with the highest step, then time, then value, in whatever order they come.
    fn absorb_point(&mut self, point: &LoggedMetric) {
        let (step, at_ms) = (point.step(), point.timestamp_ms());
        let later = match (self.metrics.get(point.key()), self.metric_at.get(point.key())) {
            (Some(value), Some(at)) => {
                (step, at_ms) > *at || ((step, at_ms) == *at && (point.value() > *value || value.is_nan()))
            }
            _ => true,
        };
        if later {
            self.set_metric(point.key(), point.value(), step, at_ms);
        }
        self.reached(step.max(0) as u64);
        self.seen(at_ms.max(0) as u64, at_ms.max(0) as u64 - self.created_ms.min(at_ms.max(0) as u64));
    }

    fn absorb_start(&mut self, start: &StartRecord) {
        self.id.clone_from(&start.run);
        self.name.clone_from(&start.name);
        self.steps = start.steps;
        self.seed = start.seed;
        self.objective.clone_from(&start.objective);
        self.domain.clone_from(&start.domain);
        self.environment.clone_from(&start.environment);
        (self.created_ms, self.updated_ms) = (start.created_ms, start.created_ms);
        self.primary_metric.clone_from(&start.primary_metric);
        self.tags.clone_from(&start.tags);
        self.params = recipe_params(&start.recipe);
        self.origin.clone_from(&start.origin);
        self.user.clone_from(&start.user);
        self.experiment = match start.experiment.is_empty() {
            true => DEFAULT_EXPERIMENT.to_owned(),
            false => start.experiment.clone(),
        };
        self.parent.clone_from(&start.parent);
        self.recipe_hash.clone_from(&start.recipe_hash);
        self.git_commit.clone_from(&start.git_commit);
        self.dirty = start.git_diff.is_some();
        self.status = RunStatus::Running;
    }

    fn absorb_eval(&mut self, eval: &EvalRecord) {
        self.reached(eval.step);
        self.evals.retain(|known| (&known.stage, known.step) != (&eval.stage, eval.step));
        self.evals.push(EvalHead {
            stage: eval.stage.clone(),
            step: eval.step,
            eval_set: eval.eval_set.clone(),
            tasks: eval.results.len(),
            means: eval.means.clone(),
        });
    }

    fn absorb_sample(&mut self, sample: &SampleHead) {
        self.reached(sample.step);
        self.samples += 1;
    }

    fn reached(&mut self, step: u64) {
        self.step = self.step.max(step);
    }

    fn seen(&mut self, at_ms: u64, wall_ms: u64) {
        self.updated_ms = self.updated_ms.max(at_ms);
        self.wall_ms = self.wall_ms.max(wall_ms);
    }
}
