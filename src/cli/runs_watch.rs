//! `galley runs watch`: looking on while a run is under way: a view that redraws itself in a terminal, one line for
//! each step anywhere else.

use std::{
    collections::BTreeMap,
    fs,
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::Context;

use super::runs_watch_view;
use crate::store::{
    RunReader, RunStatus, RunSummary, find_run,
    view::{duration, number},
};

/// How often the journal is looked at.
pub(super) const PAUSE: Duration = Duration::from_millis(500);
/// Metrics of a line, those of them that there are; the primary metric comes first.
const SHOWN: [&str; 6] = ["reward", "loss", "kl", "grad-norm", "entropy", "failures"];

/// Look on while a run is under way
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id, beginning of an id, name, `latest` or `latest~1`
    #[arg(default_value = "latest")]
    pub run: String,
    /// Say how it stands and end
    #[arg(long)]
    pub once: bool,
    /// A line of JSON for each step
    #[arg(long)]
    pub json: bool,
}

/// Ends when the run does, or when told to (`q`).
pub(super) fn run(args: &Args, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut watched = Watched::open(find_run(runs_dir, &args.run)?)?;
    if !plain && !args.json && !args.once && std::io::stdin().is_terminal() {
        return runs_watch_view::run(&mut watched);
    }
    let mut said = None;
    loop {
        let summary = watched.reader.summary();
        let steps = steps(&watched.reader, &summary);
        let first_new = said.map_or(0, |said: u64| said + 1);
        for (number, step) in steps.range(first_new..) {
            writeln!(out, "{}", line(&summary, *number, step, args.json))?;
            said = Some(*number);
        }
        if args.once || summary.status != RunStatus::Running {
            return Ok(writeln!(out, "{}", last_line(&summary, args.json))?);
        }
        out.flush()?;
        thread::sleep(PAUSE);
        watched.refresh()?;
    }
}

/// A run and the length of its journal when it was read.
pub(super) struct Watched {
    dir: PathBuf,
    length: u64,
    pub(super) reader: RunReader,
}

impl Watched {
    fn open(dir: PathBuf) -> anyhow::Result<Self> {
        let length = length(&dir);
        let reader = RunReader::open(&dir).with_context(|| format!("cannot read run {}", dir.display()))?;
        Ok(Self { dir, length, reader })
    }

    /// Reads the run again where it has changed; also where it may have died, which no file says.
    pub(super) fn refresh(&mut self) -> anyhow::Result<()> {
        *self = match length(&self.dir) == self.length {
            true => Self { reader: RunReader::open(&self.dir)?, dir: std::mem::take(&mut self.dir), ..*self },
            false => Self::open(std::mem::take(&mut self.dir))?,
        };
        Ok(())
    }
}

fn length(dir: &Path) -> u64 {
    fs::metadata(dir.join("journal.jnl")).map_or(0, |found| found.len())
}

/// What is on record of one step.
#[derive(Default)]
struct Step {
    wall_ms: u64,
    values: Vec<(String, f64)>,
}

/// The metrics that are shown, by step.
fn steps(reader: &RunReader, summary: &RunSummary) -> BTreeMap<u64, Step> {
    let mut steps: BTreeMap<u64, Step> = BTreeMap::new();
    for name in shown(summary) {
        for point in reader.series(&name) {
            let step = steps.entry(point.step).or_default();
            step.wall_ms = step.wall_ms.max(point.wall_ms);
            step.values.push((name.clone(), point.value));
        }
    }
    steps
}

/// Metrics that a person wants to see of this run.
pub(super) fn shown(summary: &RunSummary) -> Vec<String> {
    let known = std::iter::once(summary.primary_metric.as_str()).chain(SHOWN);
    let mut names: Vec<String> = Vec::new();
    for name in known.filter(|name| summary.metrics.contains_key(*name)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() {
        names =
            summary.metrics.keys().filter(|name| !name.contains('/')).take(SHOWN.len()).cloned().collect();
    }
    names
}

fn line(summary: &RunSummary, number_of_step: u64, step: &Step, json: bool) -> String {
    if json {
        // JSON has no NaN: it becomes null.
        let values: serde_json::Map<String, serde_json::Value> =
            step.values.iter().map(|(name, value)| (name.clone(), serde_json::Value::from(*value))).collect();
        return serde_json::json!({"step": number_of_step, "wall_ms": step.wall_ms, "values": values})
            .to_string();
    }
    let of = summary.steps.map_or(String::new(), |steps| format!("/{steps}"));
    let values: Vec<String> =
        step.values.iter().map(|(name, value)| format!("{name} {}", number(*value))).collect();
    format!("step {number_of_step}{of}  {}  {}", values.join("  "), duration(step.wall_ms))
}

fn last_line(summary: &RunSummary, json: bool) -> String {
    if json {
        return serde_json::json!({"status": summary.status, "stage": summary.stage, "step": summary.step})
            .to_string();
    }
    let message = if summary.message.is_empty() { String::new() } else { format!(": {}", summary.message) };
    let stage =
        if summary.stage.is_empty() { String::new() } else { format!(", last seen at {}", summary.stage) };
    format!("{} {}{message} at step {}{stage}", summary.name, summary.status.as_str(), summary.step)
}
