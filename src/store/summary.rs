//! A run in a few lines: what lists show and what the index keeps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    CheckpointRecord, Damage, EvalRecord, Numbers, Parent, Record, RunStatus, SampleHead, StartRecord,
    event::Event, numbers,
};

/// The state of a run according to its journal.
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
    pub parent: Option<Parent>,
    pub recipe_hash: String,
    pub git_commit: Option<String>,
    /// Whether there were uncommitted changes.
    pub dirty: bool,
    /// Unreadable stretches of the journal.
    pub damage: Vec<Damage>,
    /// Start and run time of the last attempt, from which the times of records follow.
    attempt_began: (u64, u64),
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
                self.metrics.extend(metrics.values.iter().map(|(name, value)| (name.clone(), *value)));
                let (at, base) = self.attempt_began;
                self.seen(at + metrics.wall_ms.saturating_sub(base), metrics.wall_ms);
            }
            Record::Eval(eval) => self.absorb_eval(eval),
            Record::Checkpoint(checkpoint) => {
                self.reached(checkpoint.step);
                self.checkpoints.retain(|known| known.step != checkpoint.step);
                self.checkpoints.push(checkpoint.clone());
            }
            Record::Status(status) => {
                (self.status, self.message) = (status.status, status.message.clone());
                self.seen(status.at_ms, status.wall_ms);
            }
            Record::Heartbeat(heartbeat) => {
                self.stage.clone_from(&heartbeat.stage);
                self.seen(heartbeat.at_ms, heartbeat.wall_ms);
            }
            Record::Alarm(alarm) => *self.alarms.entry(alarm.name.clone()).or_default() += 1,
            Record::Sample(_) | Record::Rewind(_) | Record::Note(_) | Record::Unknown(_) => {}
        }
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
