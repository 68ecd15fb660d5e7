//! How a summary comes about: record by record, from the journal and from the edits.

use crate::{
    DEFAULT_EXPERIMENT, EvalHead, EvalRecord, LoggedMetric, Record, RunStatus, RunSummary, SampleHead,
    StartRecord, compare::recipe_params, event::Event,
};

impl RunSummary {
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
