//! `galley compare`: what differs between runs, and whether it matters.

use std::{
    io::{IsTerminal, Write},
    path::Path,
};

use anyhow::{Context, bail};
use serde::Serialize;

use crate::store::{
    EvalRecord, RunReader,
    compare::{
        CodeDifference, Comparison, RecipeDifference, RecipeValue, Side, compare_code, compare_evals,
        compare_recipes,
    },
    find_run,
    view::{Table, interval, number, signed_interval},
};

/// Compare runs, or two stages of one run, task by task; the first is the baseline
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids, beginnings of ids, names, `latest` or `latest~1`; one run compares its first with its last evaluation
    #[arg(required = true)]
    pub runs: Vec<String>,
    /// The stage whose last evaluation is taken, or `baseline-stage..other-stage`; default: the last evaluation
    #[arg(long)]
    pub stage: Option<String>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// One comparison with everything that belongs to it.
#[derive(Serialize)]
struct Report {
    comparison: Comparison,
    recipe: Vec<RecipeDifference>,
    code: CodeDifference,
    notes: Vec<String>,
}

/// # Errors
/// When a run or a stage does not exist, or the evaluations are not comparable (another evaluation set).
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    write(args, runs_dir, !std::io::stdout().is_terminal(), out)
}

/// Like [`run`], with the choice between tables for people and plain lines.
pub fn write(args: &Args, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let readers = open(args, runs_dir)?;
    let (from, to) = stages(args.stage.as_deref());
    let baseline = chosen(&readers[0], from, readers.len() == 1 && args.stage.is_none())?;
    let others = if readers.len() == 1 { &readers[..] } else { &readers[1..] };
    let mut reports = Vec::new();
    for (index, reader) in others.iter().enumerate() {
        let other = chosen(reader, to, false)?;
        let labels = if readers.len() == 1 { stage_labels(&baseline, &other)? } else { letters(index) };
        let sides = (side(&readers[0], &baseline, labels.0), side(reader, &other, labels.1));
        let comparison = compare_evals((sides.0, &baseline), (sides.1, &other))?;
        reports.push(report(&readers[0], reader, comparison));
    }
    if args.json {
        serde_json::to_writer_pretty(&mut *out, &reports)?;
        return Ok(writeln!(out)?);
    }
    let texts: Vec<String> = reports.iter().map(|report| text(report, plain)).collect();
    Ok(out.write_all(texts.join("\n").as_bytes())?)
}

fn open(args: &Args, runs_dir: &Path) -> anyhow::Result<Vec<RunReader>> {
    let open = |spec: &String| {
        let dir = find_run(runs_dir, spec)?;
        RunReader::open(&dir).with_context(|| format!("cannot read run {}", dir.display()))
    };
    args.runs.iter().map(open).collect()
}

/// `a..b` is a stage for each side, anything else one for both.
fn stages(stage: Option<&str>) -> (Option<&str>, Option<&str>) {
    match stage.map(|stage| stage.split_once("..").unwrap_or((stage, stage))) {
        Some((from, to)) => (Some(from), Some(to)),
        None => (None, None),
    }
}

fn chosen(reader: &RunReader, stage: Option<&str>, first: bool) -> anyhow::Result<EvalRecord> {
    let evals = reader.evals();
    let mut fitting = evals.iter().filter(|eval| stage.is_none_or(|stage| eval.stage == stage));
    let found = if first { fitting.next() } else { fitting.next_back() };
    if let Some(eval) = found {
        return Ok((*eval).clone());
    }
    let run = &reader.start().run;
    let mut known: Vec<&str> = evals.iter().map(|eval| eval.stage.as_str()).collect();
    known.dedup();
    match stage {
        Some(stage) if !known.is_empty() => {
            bail!("run {run} has no evaluation of stage `{stage}`; it has {}", known.join(", "))
        }
        _ => bail!("run {run} has no evaluation yet"),
    }
}

fn stage_labels(baseline: &EvalRecord, other: &EvalRecord) -> anyhow::Result<(String, String)> {
    if (&baseline.stage, baseline.step) == (&other.stage, other.step) {
        bail!("there is only one evaluation to compare; name another run, or two stages with --stage a..b");
    }
    Ok(match baseline.stage == other.stage {
        true => (format!("step {}", baseline.step), format!("step {}", other.step)),
        false => (baseline.stage.clone(), other.stage.clone()),
    })
}

fn letters(index: usize) -> (String, String) {
    let letter = char::from_u32('B' as u32 + index as u32).filter(char::is_ascii_uppercase);
    ("A".into(), letter.map_or_else(|| format!("run {}", index + 2), String::from))
}

fn side(reader: &RunReader, eval: &EvalRecord, label: String) -> Side {
    let start = reader.start();
    let (run, name, stage) = (start.run.clone(), start.name.clone(), eval.stage.clone());
    Side { label, run, name, stage, step: eval.step, seed: start.seed }
}

fn report(baseline: &RunReader, other: &RunReader, comparison: Comparison) -> Report {
    let (a, b) = (baseline.start(), other.start());
    let recipe = compare_recipes(&a.recipe, &b.recipe);
    let code = compare_code(a, b);
    let mut notes =
        vec!["one seed a side: the intervals cover the choice of examples, not training noise".to_owned()];
    let unimportant = |difference: &RecipeDifference| matches!(difference.key.as_str(), "seed" | "name");
    let same_code = code.commits.is_none() && !code.patches_differ;
    if a.run != b.run && same_code && recipe.iter().all(unimportant) {
        let seed = if a.seed == b.seed { "not even the seed" } else { "but the seed" };
        notes.push(format!("nothing differs in configuration and code {seed}"));
    }
    for (label, missing) in [
        (&comparison.baseline.label, &comparison.only_baseline),
        (&comparison.other.label, &comparison.only_other),
    ] {
        if !missing.is_empty() {
            notes.push(format!("{} tasks have a result in {label} alone: {}", missing.len(), few(missing)));
        }
    }
    Report { comparison, recipe, code, notes }
}

fn few(ids: &[String]) -> String {
    let shown = ids.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    if ids.len() > 5 { format!("{shown}, …") } else { shown }
}

fn text(report: &Report, plain: bool) -> String {
    let comparison = &report.comparison;
    let mut text = format!("{}\n\n{}", comparison.verdict, sides(comparison).text(plain));
    text.push_str(&format!("\n{}", metrics(comparison).text(plain)));
    for (title, table) in [
        ("configuration that differs", recipe(comparison, &report.recipe)),
        ("code and environment that differ", code(comparison, &report.code)),
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
