//! `galley compare`: what differs between runs, and whether it matters.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::compare_logged;
use crate::store::{
    RunReader,
    compare::{
        CodeDifference, Comparison, GalleryItem, RecipeDifference, RecipeValue, Report, Slice,
        compare_logged as logged, reports,
    },
    find_run,
    view::{Table, interval, number, signed, signed_interval},
};

/// Tasks that the terminal lists, those with the largest differences.
const TASKS: usize = 10;

/// Compare runs, groups of seeds, or two stages of one run, task by task; the first is the baseline
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids, beginnings of ids, names, `latest` or `latest~1`; the seeds of one recipe with commas between them
    /// (`a1,a2,a3 b1,b2,b3`); one run compares its first with its last evaluation
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// The stage whose last evaluation is taken, or `baseline-stage..other-stage`; default: the last evaluation
    #[arg(long)]
    pub stage: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    /// One HTML file with everything inside, pictures too
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub html: Option<PathBuf>,
}

/// # Errors
/// When a run or a stage does not exist, or the evaluations are not comparable (another evaluation set).
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    write(args, runs_dir, !std::io::stdout().is_terminal(), out)
}

/// Like [`run`], with the choice between tables for people and plain lines.
pub fn write(args: &Args, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let groups = open(args, runs_dir)?;
    if let Some(path) = &args.html {
        let html = galley_serve::comparison_report(runs_dir, &groups, args.stage.as_deref())?;
        std::fs::write(path, html).with_context(|| format!("cannot write {}", path.display()))?;
        return Ok(writeln!(out, "{}", path.display())?);
    }
    if let Some(logged) = logged(&groups) {
        return compare_logged::write(&logged, args.json, plain, out);
    }
    let reports = reports(&groups, args.stage.as_deref())?;
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &reports)?;
        return Ok(writeln!(out)?);
    }
    let texts: Vec<String> = reports.iter().map(|report| text(report, plain)).collect();
    Ok(out.write_all(texts.join("\n").as_bytes())?)
}

/// The runs of every side.
pub fn open(args: &Args, runs_dir: &Path) -> anyhow::Result<Vec<Vec<RunReader>>> {
    let open = |spec: &str| {
        let dir = find_run(runs_dir, spec)?;
        RunReader::open(&dir).with_context(|| format!("cannot read run {}", dir.display()))
    };
    args.runs.iter().map(|group| group.split(',').map(open).collect()).collect()
}

fn text(report: &Report, plain: bool) -> String {
    let comparison = &report.comparison;
    let mut text = format!("{}\n\n{}", comparison.verdict, sides(comparison).text(plain));
    text.push_str(&format!("\n{}", metrics(comparison).text(plain)));
    for (title, table) in [
        ("where it differs", slices(comparison, &report.slices)),
        ("configuration that differs", recipe(comparison, &report.recipe)),
        ("code and environment that differ", code(comparison, &report.code)),
        ("samples that differ most", gallery(comparison, &report.gallery)),
    ] {
        if !table.is_empty() {
            text.push_str(&format!("\n{title}\n{}", table.text(plain)));
        }
    }
    text.push('\n');
    for note in &report.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text
}

fn sides(comparison: &Comparison) -> Table {
    let mut table = Table::new(["", "run", "name", "stage", "step", "seed"]).right(&[4, 5]);
    for side in [&comparison.baseline, &comparison.other] {
        let (step, seed) = (side.step.to_string(), side.seed.to_string());
        table.row([side.label.clone(), side.run.clone(), side.name.clone(), side.stage.clone(), step, seed]);
    }
    table
}

fn metrics(comparison: &Comparison) -> Table {
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    let (a, b) = (format!("{a} [95 %]"), format!("{b} [95 %]"));
    let headers =
        ["metric", "n", &a, &b, "difference [95 %]", "p (Holm)", "wins", "ties", "losses", "detectable"];
    let mut table = Table::new(headers).right(&[1, 5, 6, 7, 8, 9]);
    for metric in &comparison.metrics {
        let paired = &metric.paired;
        table.row([
            metric.name.clone(),
            paired.n.to_string(),
            interval(paired.baseline),
            interval(paired.other),
            signed_interval(paired.difference),
            if metric.p_holm < 0.001 { "< 0.001".into() } else { format!("{:.3}", metric.p_holm) },
            paired.wins.to_string(),
            paired.ties.to_string(),
            paired.losses.to_string(),
            number(paired.detectable),
        ]);
    }
    table
}

fn slices(comparison: &Comparison, slices: &[Slice]) -> Table {
    let mut table = Table::new(["facet", "value", "n", &comparison.primary, "p", "wins", "ties", "losses"])
        .right(&[2, 4, 5, 6, 7]);
    for slice in slices {
        let paired = &slice.paired;
        table.row([
            slice.facet.clone(),
            slice.value.clone(),
            paired.n.to_string(),
            signed_interval(paired.difference),
            format!("{:.3}", paired.p),
            paired.wins.to_string(),
            paired.ties.to_string(),
            paired.losses.to_string(),
        ]);
    }
    table
}

fn gallery(comparison: &Comparison, items: &[GalleryItem]) -> Table {
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    let mut table = Table::new(["task", "difference", a, b]).right(&[1]);
    for item in items.iter().take(TASKS) {
        let difference = signed(item.difference.unwrap_or(f64::NAN));
        let (a, b) = (item.baseline.sample.clone(), item.other.sample.clone());
        table.row([item.task.clone(), difference, a, b]);
    }
    table
}

fn recipe(comparison: &Comparison, differences: &[RecipeDifference]) -> Table {
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    let mut table = Table::new(["key", a, "from", b, "from"]);
    for difference in differences {
        let (baseline, other) = (described(&difference.baseline), described(&difference.other));
        table.row([difference.key.clone(), baseline.0, baseline.1, other.0, other.1]);
    }
    table
}

/// The value, and its line with its origin.
fn described(value: &Option<RecipeValue>) -> (String, String) {
    match value {
        None => ("not set".into(), "–".into()),
        Some(RecipeValue { value, line, origin }) if origin.is_empty() => {
            (value.clone(), format!("recipe.toml:{line}"))
        }
        Some(RecipeValue { value, line, origin }) => {
            (value.clone(), format!("recipe.toml:{line} ← {origin}"))
        }
    }
}

fn code(comparison: &Comparison, difference: &CodeDifference) -> Table {
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    let mut table = Table::new(["what", a, b]);
    if let Some((baseline, other)) = &difference.commits {
        table.row(["commit".into(), baseline.clone(), other.clone()]);
    }
    if difference.patches_differ {
        let what = "see start.git_diff of `runs show --json`".to_owned();
        table.row(["uncommitted changes".into(), what.clone(), what]);
    }
    for (name, baseline, other) in &difference.environment {
        table.row([name.clone(), baseline.clone(), other.clone()]);
    }
    table
}
