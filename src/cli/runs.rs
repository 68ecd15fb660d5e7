//! `galley runs`: the runs of this project; `runs show` and `runs sample` for one of them.

use std::{
    io::{IsTerminal, Write},
    path::Path,
};

use clap::Subcommand;

use super::{runs_sample, runs_show};
use crate::store::{
    RunStatus, RunSummary, summaries,
    view::{Table, date, duration, number},
};

/// List recorded runs, newest first
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub list: List,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything about one run
    Show(runs_show::Args),
    /// One sample: verdict, defects, and the credit of every statement and token
    Sample(runs_sample::Sample),
}

#[derive(Debug, Default, clap::Args)]
pub struct List {
    /// Only runs with this status (running, finished, stopped, failed, dead)
    #[arg(long)]
    pub status: Option<String>,
    /// Only runs whose name contains this
    #[arg(long)]
    pub name: Option<String>,
    /// Only runs of this domain
    #[arg(long)]
    pub domain: Option<String>,
    /// Only runs with this objective
    #[arg(long)]
    pub objective: Option<String>,
    /// Best evaluations first instead of newest runs
    #[arg(long)]
    pub best: bool,
    /// At most this many
    #[arg(long, short = 'n')]
    pub limit: Option<usize>,
    /// Everything that is known, as JSON
    #[arg(long)]
    pub json: bool,
}

/// # Errors
/// When the runs directory cannot be read, or no run or sample fits.
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    write(args, runs_dir, !std::io::stdout().is_terminal(), out)
}

/// Like [`run`], with the choice between a table for people and plain lines.
pub fn write(args: &Args, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        None => list(&args.list, runs_dir, plain, out),
        Some(Command::Show(show)) => runs_show::write(show, runs_dir, plain, out),
        Some(Command::Sample(sample)) => runs_sample::write(sample, runs_dir, plain, out),
    }
}

fn list(args: &List, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let all = summaries(runs_dir)?;
    let ids: Vec<String> = all.iter().map(|summary| summary.id.clone()).collect();
    let mut chosen: Vec<RunSummary> = all.into_iter().filter(|summary| args.admits(summary)).collect();
    if args.best {
        let best = |summary: &RunSummary| summary.best().map_or(f64::NEG_INFINITY, |(_, value)| value);
        chosen.sort_by(|a, b| best(b).total_cmp(&best(a)));
    }
    chosen.truncate(args.limit.unwrap_or(usize::MAX));
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &chosen)?;
        return Ok(writeln!(out)?);
    }
    if chosen.is_empty() && !plain {
        let what = if ids.is_empty() { "no runs yet in" } else { "no run fits in" };
        return Ok(writeln!(out, "{what} {}", runs_dir.display())?);
    }
    let shown = if plain { usize::MAX } else { unique_length(&ids) };
    Ok(out.write_all(table(&chosen, shown).text(plain).as_bytes())?)
}

impl List {
    fn admits(&self, summary: &RunSummary) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        is(&self.status, summary.status.as_str())
            && is(&self.domain, &summary.domain)
            && is(&self.objective, &summary.objective)
            && self.name.as_ref().is_none_or(|part| summary.name.contains(part))
    }
}

fn table(runs: &[RunSummary], id_length: usize) -> Table {
    let mut table = Table::new([
        "run",
        "name",
        "status",
        "step",
        "domain",
        "objective",
        "seed",
        "metric",
        "first",
        "latest",
        "best",
        "at",
        "time",
        "created",
        "remarks",
    ])
    .right(&[3, 6, 8, 9, 10, 11, 12]);
    for run in runs {
        let first = run.primaries().next().map_or(f64::NAN, |(_, value)| value);
        let (best, at) =
            run.best().map_or((f64::NAN, "–".into()), |(eval, value)| (value, eval.step.to_string()));
        table.row([
            run.id.chars().take(id_length).collect(),
            run.name.clone(),
            run.status.as_str().into(),
            run.steps.map_or(run.step.to_string(), |steps| format!("{}/{steps}", run.step)),
            run.domain.clone(),
            run.objective.clone(),
            run.seed.to_string(),
            run.primary_metric.clone(),
            number(first),
            number(run.latest_primary().unwrap_or(f64::NAN)),
            number(best),
            at,
            duration(run.wall_ms),
            date(run.created_ms),
            remarks(run),
        ]);
    }
    table
}

fn remarks(run: &RunSummary) -> String {
    let mut remarks: Vec<String> = Vec::new();
    if run.status == RunStatus::Running && !run.stage.is_empty() {
        remarks.push(run.stage.clone());
    }
    if !run.message.is_empty() {
        remarks.push(run.message.clone());
    }
    remarks.extend(run.alarms.iter().map(|(name, count)| format!("{name} ×{count}")));
    if !run.damage.is_empty() {
        remarks.push(format!("{} damaged stretches in the journal", run.damage.len()));
    }
    remarks.join("; ")
}

/// The shortest beginning that tells all ids apart, at least 8 characters.
pub(super) fn unique_length(ids: &[String]) -> usize {
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort_unstable();
    let common = |pair: &[&String]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    sorted.windows(2).map(|pair| common(pair) + 1).max().unwrap_or(0).max(8)
}
