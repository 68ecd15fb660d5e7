//! The table of `galley runs`: which runs, in which order, with which columns, or seeds put together.

use std::{io::Write, path::Path};

use super::runs_groups;
use crate::store::{
    RunStatus, RunSummary,
    query::{Dialect, Entity, Field, Filter, Order, Queried, Value, sort},
    summaries,
    view::{Table, date, duration, number},
};

#[derive(Debug, Default, clap::Args)]
pub struct Args {
    /// Only runs that fit: `metrics.design2code > 0.5 and objective = "grpo"`; AND, OR, NOT, LIKE, IN, IS NULL
    #[arg(long = "where", value_name = "FILTER")]
    pub filter: Option<String>,
    /// By these fields, `-` for the largest first: `--sort -metrics.reward,created`
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', allow_hyphen_values = true)]
    pub sort: Vec<String>,
    /// These columns: `name,params.train.lr,metrics.reward,tags.owner`
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Runs that are alike in one row, metrics as mean ± 95 % interval: `all-but-seed`, or fields
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub group_by: Vec<String>,
    /// Also runs that are marked as deleted
    #[arg(long)]
    pub deleted: bool,
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

pub(super) fn write(args: &Args, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let columns = fields(&args.columns)?;
    let all = summaries(runs_dir)?;
    let ids: Vec<String> = all.iter().map(|summary| summary.id.clone()).collect();
    let mut chosen = chosen(args, all)?;
    if !args.group_by.is_empty() {
        let groups = runs_groups::groups(&args.group_by, chosen)?;
        let groups = &groups[..groups.len().min(args.limit.unwrap_or(usize::MAX))];
        return runs_groups::write(groups, &columns, args.json, plain, out);
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
    let table = if columns.is_empty() { table(&chosen, shown) } else { own_table(&chosen, shown, &columns) };
    Ok(out.write_all(table.text(plain).as_bytes())?)
}

/// Runs that fit, sorted.
pub(super) fn chosen(args: &Args, all: Vec<RunSummary>) -> anyhow::Result<Vec<RunSummary>> {
    let filter = Filter::parse(args.filter.as_deref().unwrap_or_default(), Dialect::Galley)?;
    let orders =
        args.sort.iter().map(|order| Order::parse(order, Dialect::Galley)).collect::<Result<Vec<_>, _>>()?;
    let fits = |run: &RunSummary| args.admits(run) && filter.admits(run);
    let mut chosen: Vec<RunSummary> = all.into_iter().filter(fits).collect();
    if !orders.is_empty() {
        sort(&mut chosen, &orders);
    } else if args.best {
        let best = |summary: &RunSummary| summary.best().map_or(f64::NEG_INFINITY, |(_, value)| value);
        chosen.sort_by(|a, b| best(b).total_cmp(&best(a)));
    }
    Ok(chosen)
}

impl Args {
    fn admits(&self, summary: &RunSummary) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let asked_for_deleted =
            self.deleted || self.filter.as_ref().is_some_and(|filter| filter.contains("deleted"));
        is(&self.status, summary.status.as_str())
            && is(&self.domain, &summary.domain)
            && is(&self.objective, &summary.objective)
            && self.name.as_ref().is_none_or(|part| summary.name.contains(part))
            && (asked_for_deleted || summary.deleted_ms.is_none())
    }
}

/// Fields by their names.
pub(super) fn fields(names: &[String]) -> anyhow::Result<Vec<(String, Field)>> {
    let field = |name: &String| Ok((name.clone(), Order::parse(name, Dialect::Galley)?.field));
    names.iter().map(field).collect()
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

/// The run and the columns that were asked for.
fn own_table(runs: &[RunSummary], id_length: usize, columns: &[(String, Field)]) -> Table {
    let headers: Vec<&str> =
        std::iter::once("run").chain(columns.iter().map(|(name, _)| name.as_str())).collect();
    let numbers: Vec<usize> = (0..columns.len())
        .filter(|&at| runs.iter().any(|run| matches!(run.values(&columns[at].1)[..], [Value::Number(_)])))
        .map(|at| at + 1)
        .collect();
    let mut table = Table::with_headers(&headers).right(&numbers);
    for run in runs {
        let id: String = run.id.chars().take(id_length).collect();
        table.cells(std::iter::once(id).chain(columns.iter().map(|(_, field)| cell(run, field))).collect());
    }
    table
}

pub(super) fn cell(run: &RunSummary, field: &Field) -> String {
    let attribute = field.entity == Entity::Attribute;
    let shown = |value: &Value<'_>| match value {
        Value::Text(text) => text.to_string(),
        Value::Number(ms) if attribute && matches!(&*field.key, "created" | "ended" | "updated") => {
            date(*ms as u64)
        }
        Value::Number(ms) if attribute && field.key == "time" => duration(*ms as u64),
        Value::Number(whole) if attribute && whole.fract() == 0.0 => whole.to_string(),
        Value::Number(value) => number(*value),
    };
    let values: Vec<String> = run.values(field).iter().map(shown).collect();
    if values.is_empty() { "–".into() } else { values.join(", ") }
}

fn remarks(run: &RunSummary) -> String {
    let mut remarks: Vec<String> = Vec::new();
    if run.starred {
        remarks.push("★".into());
    }
    if run.deleted_ms.is_some() {
        remarks.push("marked as deleted".into());
    }
    if run.status == RunStatus::Running && !run.stage.is_empty() {
        remarks.push(run.stage.clone());
    }
    if !run.message.is_empty() {
        remarks.push(run.message.clone());
    }
    remarks.extend(run.tags.iter().map(|(key, value)| format!("{key}={value}")));
    remarks.extend(run.notes.last().map(|note| note.text.clone()));
    remarks.extend(run.alarms.iter().map(|(name, count)| format!("{name} ×{count}")));
    if !run.damage.is_empty() {
        remarks.push(format!("{} damaged stretches in the journal", run.damage.len()));
    }
    remarks.join("; ")
}

/// The shortest beginning that tells all ids apart, at least 8 characters.
fn unique_length(ids: &[String]) -> usize {
    let mut sorted: Vec<&String> = ids.iter().collect();
    sorted.sort_unstable();
    let common = |pair: &[&String]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    sorted.windows(2).map(|pair| common(pair) + 1).max().unwrap_or(0).max(8)
}
