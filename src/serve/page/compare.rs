//! Runs against each other: the verdict, the numbers, what differs in configuration and code, and the pictures.

use galley_store::{
    EvalRecord, RunReader, RunSummary,
    compare::{
        CodeDifference, Comparison, RecipeDifference, RecipeValue, Side, compare_code, compare_evals, compare_recipes,
    },
    view::{interval, number, signed_interval},
};
use maud::{Markup, html};

use super::{
    curves::{Axis, Curves},
    gallery,
    layout::{self, Place, run_href, run_name, short_id, status},
};
use crate::{
    chart::{Chart, Line, figure},
    error::PageError,
    query::Query,
    state::App,
};

/// Runs on one page.
const MOST: usize = 12;

/// One other run (or stage) beside the baseline.
pub(crate) struct Pair {
    pub(crate) comparison: Comparison,
    pub(crate) recipe: Vec<RecipeDifference>,
    pub(crate) code: CodeDifference,
}

/// `GET /compare?run=A&run=B[&stage=a..b]`
pub(crate) fn page(app: &App, query: &Query) -> Result<Markup, PageError> {
    let specs: Vec<&str> = query.all("run").filter(|spec| !spec.is_empty()).collect();
    if specs.is_empty() {
        return choose(app);
    }
    if specs.len() > MOST {
        return Err(PageError::wrong(format!("{} runs were asked for; at most {MOST} fit on a page", specs.len())));
    }
    let runs = specs.iter().map(|spec| app.run(spec)).collect::<Result<Vec<_>, _>>()?;
    let pairs = pairs(&runs, query.get("stage"));
    let names: Vec<String> = runs.iter().map(|run| run_name(&run.summary())).collect();
    let body = html! {
        div.bar { h1 { "Compare" } (stage_form(&runs, query)) }
        (sides(&runs))
        @match &pairs {
            Err(reason) => { p.mistake role="alert" { (reason) } }
            Ok(pairs) => { @for pair in pairs { (tables(pair)) } }
        }
        @if let Ok(pairs) = &pairs { (gallery::section(app, &runs, pairs, query)) }
        section aria-labelledby="curves-title" { h2 #curves-title { "Curves" } (curves(&runs, Axis::named(query.get("x")))) }
    };
    Ok(layout::page(&names.join(" · "), Some(Place::Compare), &body))
}

/// Without runs: which there are to choose from.
fn choose(app: &App) -> Result<Markup, PageError> {
    let all = app.summaries()?;
    let evaluated: Vec<&std::sync::Arc<RunSummary>> = all.iter().filter(|run| !run.evals.is_empty()).take(200).collect();
    let body = html! {
        div.bar { h1 { "Compare" } }
        p { "Choose two or more runs; the oldest is the baseline. One run alone compares its first with its last evaluation." }
        form.choose action="/compare" {
            button { "Compare" }
            ul { @for run in evaluated.iter().rev() { li { label {
                input type="checkbox" name="run" value=(run.id); " " (run_name(run)) " " span.id { (short_id(&run.id)) } " " (status(run.status))
            } } } }
            @if evaluated.is_empty() { p.none { "No run has an evaluation yet." } }
        }
    };
    Ok(layout::page("Compare", Some(Place::Compare), &body))
}

/// The comparisons of everything with the first, or a sentence why that cannot be.
pub(crate) fn pairs(runs: &[RunReader], stage: Option<&str>) -> Result<Vec<Pair>, String> {
    let (from, to) = match stage.map(|stage| stage.split_once("..").unwrap_or((stage, stage))) {
        Some((from, to)) => (Some(from), Some(to)),
        None => (None, None),
    };
    let alone = runs.len() == 1;
    let baseline = chosen(&runs[0], from, alone && stage.is_none())?;
    let others = if alone { runs } else { &runs[1..] };
    let pair = |(index, run): (usize, &RunReader)| {
        let other = chosen(run, to, false)?;
        let labels = if alone { stage_labels(&baseline, &other)? } else { letters(index) };
        let sides = (side(&runs[0], &baseline, labels.0), side(run, &other, labels.1));
        let comparison =
            compare_evals((sides.0, &baseline), (sides.1, &other)).map_err(|error| error.to_string())?;
        let (a, b) = (runs[0].start(), run.start());
        let (recipe, code) = (compare_recipes(&a.recipe, &b.recipe), compare_code(a, b));
        Ok(Pair { comparison, recipe, code })
    };
    others.iter().enumerate().map(pair).collect()
}

fn chosen(run: &RunReader, stage: Option<&str>, first: bool) -> Result<EvalRecord, String> {
    let evals = run.evals();
    let mut fitting = evals.iter().filter(|eval| stage.is_none_or(|stage| eval.stage == stage));
    let found = if first { fitting.next() } else { fitting.next_back() };
    let name = run_name(&run.summary());
    found.map(|eval| (*eval).clone()).ok_or_else(|| match stage {
        Some(stage) => format!("{name} has no evaluation of stage `{stage}`"),
        None => format!("{name} has no evaluation yet"),
    })
}

fn stage_labels(baseline: &EvalRecord, other: &EvalRecord) -> Result<(String, String), String> {
    if (&baseline.stage, baseline.step) == (&other.stage, other.step) {
        return Err("this run has one evaluation; choose another run to compare it with".into());
    }
    Ok(match baseline.stage == other.stage {
        true => (format!("step {}", baseline.step), format!("step {}", other.step)),
        false => (baseline.stage.clone(), other.stage.clone()),
    })
}

/// `A` is the baseline.
pub(crate) fn letters(index: usize) -> (String, String) {
    ("A".into(), char::from_u32('B' as u32 + index as u32).map_or_else(String::new, String::from))
}

fn side(run: &RunReader, eval: &EvalRecord, label: String) -> Side {
    let start = run.start();
    let (id, name, stage) = (start.run.clone(), start.name.clone(), eval.stage.clone());
    Side { label, run: id, name, stage, step: eval.step, seed: start.seed }
}

fn stage_form(runs: &[RunReader], query: &Query) -> Markup {
    let mut stages: Vec<String> = runs.iter().flat_map(|run| run.evals()).map(|eval| eval.stage.clone()).collect();
    stages.sort_unstable();
    stages.dedup();
    let current = query.get("stage");
    html! {
        form.filter action="/compare" {
            @for run in query.all("run") { input type="hidden" name="run" value=(run); }
            label { "Stage " select name="stage" {
                option value="" { "last evaluation" }
                @for stage in &stages { option value=(stage) selected[current == Some(stage)] { (stage) } }
                @if let Some(other) = current.filter(|current| !stages.iter().any(|stage| stage == current)) {
                    option value=(other) selected[true] { (other) }
                }
            } }
            button { "Show" }
        }
    }
}

pub(crate) fn sides(runs: &[RunReader]) -> Markup {
    html! { ol.sides { @for (index, run) in runs.iter().enumerate() {
        @let summary = run.summary();
        li { span class={ "letter s" (index % 6) } { (if index == 0 { "A".to_owned() } else { letters(index - 1).1 }) }
            a href=(run_href(&summary.id)) { (run_name(&summary)) } span.id { (short_id(&summary.id)) }
            span.hint { (summary.objective) " · seed " (summary.seed) }
        }
    } } }
}

/// Verdict, metrics, what differs.
pub(crate) fn tables(pair: &Pair) -> Markup {
    let comparison = &pair.comparison;
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    html! {
        section.comparison aria-label={ (b) " against " (a) } {
            p.verdict-line { (comparison.verdict) }
            div.scroll tabindex="0" role="region" aria-label="Metrics" { (metrics(comparison)) }
            (missing(comparison))
            @if pair.recipe.is_empty() { p.hint { "No value of the configuration differs." } }
            @else { h3 { "Configuration that differs" } (recipe(a, b, &pair.recipe)) }
            (code(a, b, &pair.code))
        }
    }
}

fn metrics(comparison: &Comparison) -> Markup {
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    html! {
        table.metrics {
            thead { tr {
                th scope="col" { "metric" } th.number scope="col" { "n" }
                th.number scope="col" { (a) " [95 %]" } th.number scope="col" { (b) " [95 %]" }
                th.number scope="col" { "difference [95 %]" } th.number scope="col" { "p (Holm)" }
                th.number scope="col" { "wins" } th.number scope="col" { "ties" } th.number scope="col" { "losses" }
                th.number scope="col" { "detectable" }
            } }
            tbody { @for metric in &comparison.metrics {
                @let paired = &metric.paired;
                @let sure = metric.p_holm < 0.05;
                tr class=[sure.then_some(if paired.difference.mean > 0.0 { "better" } else { "worse" })] {
                    th scope="row" { (metric.name) } td.number { (paired.n) }
                    td.number { (interval(paired.baseline)) } td.number { (interval(paired.other)) }
                    td.number.difference { (signed_interval(paired.difference)) }
                    td.number { (if metric.p_holm < 0.001 { "< 0.001".into() } else { format!("{:.3}", metric.p_holm) }) }
                    td.number { (paired.wins) } td.number { (paired.ties) } td.number { (paired.losses) }
                    td.number { (number(paired.detectable)) }
                }
            } }
        }
    }
}

fn missing(comparison: &Comparison) -> Markup {
    let sides = [
        (&comparison.baseline.label, &comparison.only_baseline),
        (&comparison.other.label, &comparison.only_other),
    ];
    html! { @for (label, tasks) in sides { @if !tasks.is_empty() {
        details { summary { (tasks.len()) " tasks have a result in " (label) " alone" } p { (tasks.join(", ")) } }
    } } }
}

fn recipe(a: &str, b: &str, differences: &[RecipeDifference]) -> Markup {
    let value = |value: &Option<RecipeValue>| match value {
        None => html! { td.origin colspan="2" { "not set" } },
        Some(value) => html! { td { code { (value.value) } } td.origin { (value.origin) } },
    };
    html! {
        table.config {
            thead { tr { th scope="col" { "key" } th scope="col" colspan="2" { (a) } th scope="col" colspan="2" { (b) } } }
            tbody { @for difference in differences { tr {
                th scope="row" { code { (difference.key) } } (value(&difference.baseline)) (value(&difference.other))
            } } }
        }
    }
}

fn code(a: &str, b: &str, difference: &CodeDifference) -> Markup {
    let same = difference.commits.is_none() && !difference.patches_differ && difference.environment.is_empty();
    html! {
        @if !same {
            h3 { "Code and environment that differ" }
            table.config {
                thead { tr { th scope="col" { "what" } th scope="col" { (a) } th scope="col" { (b) } } }
                tbody {
                    @if let Some((baseline, other)) = &difference.commits {
                        tr { th scope="row" { "commit" } td { code { (baseline) } } td { code { (other) } } }
                    }
                    @if difference.patches_differ { tr { th scope="row" { "uncommitted changes" } td colspan="2" { "differ; see the pages of the runs" } } }
                    @for (name, baseline, other) in &difference.environment {
                        tr { th scope="row" { (name) } td { code { (baseline) } } td { code { (other) } } }
                    }
                }
            }
        }
    }
}

/// One chart for every metric that more than one run has.
pub(crate) fn curves(runs: &[RunReader], axis: Axis) -> Markup {
    let all: Vec<(String, Curves)> = runs
        .iter()
        .enumerate()
        .map(|(index, run)| (if index == 0 { "A".to_owned() } else { letters(index - 1).1 }, Curves::of(run)))
        .collect();
    let mut names: Vec<&str> = all.iter().flat_map(|(_, curves)| curves.names()).filter(|name| !name.contains('/')).collect();
    names.sort_unstable();
    let common: Vec<&str> = if runs.len() == 1 {
        Vec::new()
    } else {
        names.chunk_by(|a, b| a == b).filter(|same| same.len() > 1).map(|same| same[0]).collect()
    };
    let chart = |name: &str| Chart {
        title: name.into(),
        x: axis.name().into(),
        lines: all
            .iter()
            .map(|(label, curves)| Line { label: label.clone(), points: curves.line(name, axis), ..Line::default() })
            .collect(),
    };
    html! { div.charts { @for name in common.into_iter().filter(|name| !matches!(*name, "rollouts" | "tokens")).take(24) {
        (figure(&chart(name)))
    } } }
}
