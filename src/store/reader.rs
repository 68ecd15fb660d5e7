//! Reading one run, straight from its journal.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use crate::{
    AlarmRecord, CheckpointRecord, Damage, EvalRecord, LoggedMetric, MetricsRecord, NoteRecord, Record,
    RunStatus, RunSummary, SampleHead, SampleRecord, StartRecord, StoreError, UsableCheckpoint, checkpoint,
    edits::{EDITS, Shared},
    event::{Event, Events},
    journal::{Scanner, is_held},
    record,
};

pub(crate) const JOURNAL: &str = "journal.jnl";

/// A value of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub step: u64,
    pub wall_ms: u64,
    pub value: f64,
}

impl Point {
    pub(crate) fn of(logged: &LoggedMetric, created_ms: u64) -> Self {
        let wall_ms = logged.timestamp_ms().saturating_sub_unsigned(created_ms).max(0) as u64;
        Self { step: logged.step().max(0) as u64, wall_ms, value: logged.value() }
    }

    pub(crate) fn logged(self, key: &str, created_ms: u64) -> LoggedMetric {
        LoggedMetric::new(key, self.value, (created_ms + self.wall_ms) as i64, self.step as i64)
    }
}

/// The newest checkpoint that is whole, and what was wrong with newer ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Latest {
    pub checkpoint: Option<UsableCheckpoint>,
    pub warnings: Vec<String>,
}

/// A run as it was when it was opened, with rewinds applied. Opening takes no lock and works on live, killed and
/// damaged runs alike; what could not be read is listed in [`RunReader::damage`].
pub struct RunReader {
    dir: PathBuf,
    start: Box<StartRecord>,
    events: Events,
    summary: OnceCell<RunSummary>,
}

impl RunReader {
    /// # Errors
    /// When there is no journal, or its start record cannot be read.
    pub fn open(run_dir: &Path) -> Result<Self, StoreError> {
        let journal = run_dir.join(JOURNAL);
        let events = Events::read(&journal, None)?;
        let start = events.visible.iter().find_map(|(_, event)| match event {
            Event::Record(Record::Start(start)) => Some(start.clone()),
            _ => None,
        });
        let reason = "it has no readable start record".to_owned();
        let start = start.ok_or(StoreError::NotAJournal { path: journal, reason })?;
        Ok(Self { dir: run_dir.to_owned(), start, events, summary: OnceCell::new() })
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn start(&self) -> &StartRecord {
        &self.start
    }

    /// With the edits as they were when it was asked for first.
    pub fn summary(&self) -> RunSummary {
        self.summary.get_or_init(|| self.fold()).clone()
    }

    fn fold(&self) -> RunSummary {
        let mut summary = RunSummary::default();
        for (_, event) in &self.events.visible {
            summary.absorb(event);
        }
        summary.damage.clone_from(&self.events.damage);
        // Edits that cannot be read hide nothing of what the run itself said.
        if let Ok(shared) = Shared::read(&self.dir.join(EDITS), 0) {
            shared.records.iter().for_each(|record| summary.absorb_edit(record));
        }
        settle(&mut summary, &self.dir);
        summary
    }

    /// Visible metrics in the order of the journal.
    pub fn metrics(&self) -> impl Iterator<Item = &MetricsRecord> {
        self.records().filter_map(|record| match record {
            Record::Metrics(metrics) => Some(metrics),
            _ => None,
        })
    }

    /// Names of all metrics, sorted.
    pub fn metric_names(&self) -> Vec<String> {
        self.summary().metrics.into_keys().collect()
    }

    /// One metric in the order of the journal. Points that another program logged have its time since the run's
    /// start; a step below 0 counts as 0.
    pub fn series(&self, name: &str) -> Vec<Point> {
        let point = |metrics: &MetricsRecord| {
            let value = *metrics.values.get(name)?;
            Some(Point { step: metrics.step, wall_ms: metrics.wall_ms, value })
        };
        match self.start.origin.is_empty() {
            true => self.metrics().filter_map(point).collect(),
            false => self.logged(name).map(|logged| Point::of(logged, self.start.created_ms)).collect(),
        }
    }

    /// One metric with the steps and times that its program logged, in the order of the journal. For galley's own
    /// runs the time is the run's beginning plus its run time.
    pub fn history(&self, name: &str) -> Vec<LoggedMetric> {
        match self.start.origin.is_empty() {
            false => self.logged(name).cloned().collect(),
            true => {
                let logged = |point: Point| point.logged(name, self.start.created_ms);
                self.series(name).into_iter().map(logged).collect()
            }
        }
    }

    fn logged(&self, name: &str) -> impl Iterator<Item = &LoggedMetric> {
        self.all_logged().filter(move |point| point.key() == name)
    }

    fn all_logged(&self) -> impl Iterator<Item = &LoggedMetric> {
        let points = self.records().filter_map(|record| match record {
            Record::Points(logged) => Some(&logged.points),
            _ => None,
        });
        points.flatten()
    }

    /// Every point that another program logged, with its metric, in the order of the journal; times count from the
    /// run's start, steps below 0 as 0. None for galley's own runs.
    pub fn logged_points(&self) -> impl Iterator<Item = (&str, Point)> {
        let created = self.start.created_ms;
        self.all_logged().map(move |logged| (logged.key(), Point::of(logged, created)))
    }

    /// Evaluations in order; of several for one stage and step the last.
    pub fn evals(&self) -> Vec<&EvalRecord> {
        let mut evals: Vec<&EvalRecord> = Vec::new();
        for record in self.records() {
            if let Record::Eval(eval) = record {
                evals.retain(|known| (&known.stage, known.step) != (&eval.stage, eval.step));
                evals.push(eval);
            }
        }
        evals
    }

    pub fn alarms(&self) -> impl Iterator<Item = &AlarmRecord> {
        self.records().filter_map(|record| match record {
            Record::Alarm(alarm) => Some(alarm),
            _ => None,
        })
    }

    /// What the run itself and what people remarked.
    pub fn notes(&self) -> impl Iterator<Item = &NoteRecord> {
        self.summary.get_or_init(|| self.fold()).notes.iter()
    }

    /// Stretches of the journal that could not be read.
    pub fn damage(&self) -> &[Damage] {
        &self.events.damage
    }

    /// The cut-off last frame of a killed run, or the one that a live run is just writing.
    pub fn tail(&self) -> Option<&Damage> {
        self.events.tail.as_ref()
    }

    /// Samples without their details, in order.
    pub fn sample_heads(&self) -> impl Iterator<Item = &SampleHead> {
        self.sample_events().map(|(_, head)| head)
    }

    /// Samples in order, each read when it is asked for.
    pub fn samples(&self) -> impl Iterator<Item = Result<SampleRecord, StoreError>> {
        self.sample_events().map(|(offset, _)| self.sample_at(offset))
    }

    /// The sample with this id, or with this number in the list (from 0).
    ///
    /// # Errors
    /// Names a few ids that exist.
    pub fn sample(&self, id_or_number: &str) -> Result<SampleRecord, StoreError> {
        let by_number = id_or_number.trim_start_matches('#').parse::<usize>().ok();
        let found = self
            .sample_events()
            .enumerate()
            .find(|(number, (_, head))| by_number == Some(*number) || head.id() == id_or_number);
        match found {
            Some((_, (offset, _))) => self.sample_at(offset),
            None => Err(StoreError::NotFound(self.no_sample(id_or_number))),
        }
    }

    fn no_sample(&self, wanted: &str) -> String {
        let count = self.sample_heads().count();
        let similar = self.sample_heads().map(SampleHead::id).filter(|id| id.contains(wanted)).take(8);
        let mut list: Vec<String> = similar.collect();
        if list.is_empty() {
            list = self.sample_heads().map(SampleHead::id).take(8).collect();
        }
        format!(
            "run {} has no sample `{wanted}`; it has {count}, such as {}",
            self.start.run,
            list.join(", ")
        )
    }

    fn sample_events(&self) -> impl Iterator<Item = (u64, &SampleHead)> {
        self.events.visible.iter().filter_map(|(offset, event)| match event {
            Event::Sample(head) => Some((*offset, head)),
            Event::Record(_) => None,
        })
    }

    fn sample_at(&self, offset: u64) -> Result<SampleRecord, StoreError> {
        let path = self.dir.join(JOURNAL);
        let mut scanner = Scanner::open(&path)?;
        record::parse(scanner.read_at(offset)?).map_err(|error| StoreError::Damaged {
            path,
            offset,
            reason: format!("a sample that cannot be read: {error}"),
        })
    }

    /// Announced checkpoints by step, newest last, whether they are still there or not.
    pub fn checkpoints(&self) -> Vec<CheckpointRecord> {
        let mut checkpoints = self.summary().checkpoints;
        checkpoints.sort_by_key(|checkpoint| checkpoint.step);
        checkpoints
    }

    /// The newest checkpoint whose files are all there and unchanged. Reads them whole.
    pub fn latest_checkpoint(&self) -> Latest {
        let mut latest = Latest::default();
        for announced in self.checkpoints().iter().rev() {
            match self.verified(announced) {
                Ok(usable) => {
                    latest.checkpoint = Some(usable);
                    break;
                }
                Err(error) => latest.warnings.push(error.to_string()),
            }
        }
        latest
    }

    /// The checkpoint of `step`, verified.
    pub fn checkpoint_at(&self, step: u64) -> Result<UsableCheckpoint, StoreError> {
        let checkpoints = self.checkpoints();
        match checkpoints.iter().find(|announced| announced.step == step) {
            Some(announced) => self.verified(announced),
            None => {
                let steps: Vec<String> =
                    checkpoints.iter().map(|announced| announced.step.to_string()).collect();
                let known = if steps.is_empty() {
                    "it has none".into()
                } else {
                    format!("it has {}", steps.join(", "))
                };
                Err(StoreError::NotFound(format!(
                    "run {} has no checkpoint of step {step}; {known}",
                    self.start.run
                )))
            }
        }
    }

    fn verified(&self, announced: &CheckpointRecord) -> Result<UsableCheckpoint, StoreError> {
        let path = self.dir.join(checkpoint::relative_path(announced.step));
        checkpoint::verify(&path, announced.step, &announced.hash)?;
        Ok(UsableCheckpoint { step: announced.step, path })
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.events.visible.iter().filter_map(|(_, event)| match event {
            Event::Record(record) => Some(record),
            Event::Sample(_) => None,
        })
    }
}

/// Turns `running` into `dead` where nobody holds the journal. What other programs log is not kept open by them.
pub(crate) fn settle(summary: &mut RunSummary, run_dir: &Path) {
    if summary.status == RunStatus::Running && summary.origin.is_empty() && !is_held(&run_dir.join(JOURNAL)) {
        summary.status = RunStatus::Dead;
    }
}
