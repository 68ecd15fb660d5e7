//! `galley runs show`: everything about one run.

use std::{
    fmt::Write as _,
    io::{IsTerminal, Write},
    path::Path,
};

use anyhow::Context;
use serde::Serialize;

use crate::store::{
    AlarmRecord, EvalRecord, NoteRecord, RunReader, RunStatus, RunSummary, StartRecord,
    compare::{RecipeValue, recipe_values},
    find_run, three_row_table,
    view::{Table, date, duration, number, size, sparkline},
};

/// Columns of a curve.
const CURVE: usize = 48;

/// Everything about one run
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id, beginning of an id, name, `latest` or `latest~1`
    pub run: String,
    /// Samples to list, the newest
    #[arg(long, default_value_t = 12)]
    pub samples: usize,
    /// Every value of the configuration, not only those that were set
    #[arg(long)]
    pub all: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Json<'a> {
    summary: &'a RunSummary,
    start: &'a StartRecord,
    evals: Vec<&'a EvalRecord>,
    curves: Vec<(String, Vec<(u64, f64)>)>,
    samples: Vec<String>,
    alarms: Vec<&'a AlarmRecord>,
    notes: Vec<&'a NoteRecord>,
}

/// # Errors
/// When no run fits or its journal cannot be read.
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    write(args, runs_dir, !std::io::stdout().is_terminal(), out)
}

/// Like [`run`], with the choice between tables for people and plain lines.
pub fn write(args: &Args, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let dir = find_run(runs_dir, &args.run)?;
    let reader = RunReader::open(&dir).with_context(|| format!("cannot read run {}", dir.display()))?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &json(&reader, &reader.summary()))?;
        return Ok(writeln!(out)?);
    }
    let summary = reader.summary();
    let mut text = head(&summary, reader.start(), &dir);
    for (title, body) in [
        ("configuration", configuration(reader.start(), args.all).text(plain)),
        ("evaluations", evaluations(&reader)),
        ("curves", curves(&reader).text(plain)),
        ("checkpoints", checkpoints(&reader, &summary, &dir).text(plain)),
        ("samples", samples(&reader, args.samples).text(plain)),
        ("alarms and notes", remarks(&reader)),
        ("next", next(&summary)),
    ] {
        if body.lines().count() > usize::from(title != "next" && !title.contains("notes")) {
            text.push_str(&format!("\n{title}\n{body}"));
        }
    }
    Ok(out.write_all(text.as_bytes())?)
}

fn json<'a>(reader: &'a RunReader, summary: &'a RunSummary) -> Json<'a> {
    let curve = |name: String| {
        let points = reader.series(&name).iter().map(|point| (point.step, point.value)).collect();
        (name, points)
    };
    Json {
        summary,
        start: reader.start(),
        evals: reader.evals(),
        curves: reader.metric_names().into_iter().map(curve).collect(),
        samples: reader.sample_heads().map(|head| head.id()).collect(),
        alarms: reader.alarms().collect(),
        notes: reader.notes().collect(),
    }
}

fn head(summary: &RunSummary, start: &StartRecord, dir: &Path) -> String {
    let steps = summary.steps.map_or(String::new(), |steps| format!(" of {steps}"));
    let message = if summary.message.is_empty() { String::new() } else { format!(": {}", summary.message) };
    let stage =
        if summary.stage.is_empty() { String::new() } else { format!(", last seen at {}", summary.stage) };
    let commit = start.git_commit.as_deref().unwrap_or("unknown");
    let dirty = if summary.dirty { " with uncommitted changes" } else { "" };
    let mut lines = vec![
        ("run", format!("{}  {}", summary.id, summary.name)),
        ("status", format!("{}{message}, step {}{steps}{stage}", summary.status.as_str(), summary.step)),
        ("what", format!("{} on {}, seed {}", summary.objective, summary.domain, summary.seed)),
        (
            "time",
            format!(
                "{} in {} attempt(s), created {}",
                duration(summary.wall_ms),
                summary.attempts,
                date(summary.created_ms)
            ),
        ),
        ("code", format!("{commit}{dirty}")),
        ("folder", dir.display().to_string()),
    ];
    if let Some(parent) = &summary.parent {
        lines.push(("parent", format!("{} at step {}", parent.run, parent.step)));
    }
    lines.extend(summary.environment.iter().map(|(name, value)| (name.as_str(), value.clone())));
    lines.extend(summary.tags.iter().map(|(name, value)| (name.as_str(), value.clone())));
    lines.extend(summary.damage.iter().map(|damage| {
        ("damage", format!("journal byte {}: {} bytes; {}", damage.offset, damage.bytes, damage.reason))
    }));
    lines.iter().map(|(name, value)| format!("{name:<12} {value}\n")).collect()
}

fn configuration(start: &StartRecord, all: bool) -> Table {
    let mut table = Table::new(["line", "key", "value", "origin"]).right(&[0]);
    let shown = |(_, value): &(String, RecipeValue)| all || value.origin != "default";
    for (key, value) in recipe_values(&start.recipe).into_iter().filter(shown) {
        table.row([value.line.to_string(), key, value.value, value.origin]);
    }
    table
}

fn evaluations(reader: &RunReader) -> String {
    let evals: Vec<EvalRecord> = reader.evals().into_iter().cloned().collect();
    three_row_table(&evals)
}

fn curves(reader: &RunReader) -> Table {
    let mut table = Table::new(["metric", "first", "last", "least", "most", "curve"]).right(&[1, 2, 3, 4]);
    for name in reader.metric_names() {
        let values: Vec<f64> = reader.series(&name).iter().map(|point| point.value).collect();
        let at = |value: Option<&f64>| number(value.copied().unwrap_or(f64::NAN));
        let least = values.iter().copied().fold(f64::NAN, f64::min);
        let most = values.iter().copied().fold(f64::NAN, f64::max);
        let curve = sparkline(&values, CURVE);
        table.row([name, at(values.first()), at(values.last()), number(least), number(most), curve]);
    }
    table
}

fn checkpoints(reader: &RunReader, summary: &RunSummary, dir: &Path) -> Table {
    let mut table = Table::new(["step", "size", "value", "path"]).right(&[0, 1, 2]);
    for checkpoint in reader.checkpoints() {
        let path = dir.join(&checkpoint.path);
        let value = summary.primaries().rfind(|(eval, _)| eval.step == checkpoint.step);
        if path.is_dir() {
            let value = number(value.map_or(f64::NAN, |(_, value)| value));
            table.row([
                checkpoint.step.to_string(),
                size(checkpoint.bytes),
                value,
                path.display().to_string(),
            ]);
        }
    }
    table
}

fn samples(reader: &RunReader, count: usize) -> Table {
    let mut table = Table::new(["#", "sample", "reward", "executed"]).right(&[0, 2, 3]);
    let heads: Vec<_> = reader.sample_heads().enumerate().collect();
    for (index, head) in heads.into_iter().rev().take(count) {
        let executed = head.score.get("executed").copied().unwrap_or(f64::NAN);
        table.row([index.to_string(), head.id(), number(head.reward), number(executed)]);
    }
    table
}

fn remarks(reader: &RunReader) -> String {
    let mut text = String::new();
    for alarm in reader.alarms() {
        // Writing into a string cannot fail.
        let _infallible = writeln!(text, "step {}: {}: {}", alarm.step, alarm.name, alarm.message);
    }
    for note in reader.notes() {
        let _infallible = writeln!(text, "{}: {}", date(note.at_ms), note.text);
    }
    text
}

fn next(summary: &RunSummary) -> String {
    let id = &summary.id;
    let mut commands = vec![format!("galley compare {id} latest")];
    if summary.status == RunStatus::Running {
        commands.insert(0, format!("galley runs watch {id}"));
    }
    if summary.evals.len() > 1 {
        commands.insert(0, format!("galley compare {id}"));
    }
    if summary.samples > 0 {
        commands.insert(0, format!("galley runs sample {id} {}", summary.samples - 1));
    }
    commands.iter().map(|command| format!("{command}\n")).collect()
}
