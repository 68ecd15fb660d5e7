//! Runs against each other: the verdict, the numbers, what differs in configuration and code, and the pictures.

use galley_store::{
    RunReader, RunSummary,
    compare::{CodeDifference, Comparison, RecipeDifference, RecipeValue, Report, Slice, letter, reports},
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

/// Each side: the runs of one recipe, one a seed; the first stands for them where one must.
pub(crate) type Sides = [Vec<RunReader>];

/// `GET /compare?run=A&run=B[&stage=a..b]`; a side with several seeds is `run=B1,B2`.
pub(crate) fn page(app: &App, query: &Query) -> Result<Markup, PageError> {
    let specs: Vec<&str> = query.all("run").filter(|spec| !spec.is_empty()).collect();
    if specs.is_empty() {
        return choose(app);
    }
    let wanted: usize = specs.iter().map(|spec| spec.split(',').count()).sum();
    if wanted > MOST {
        return Err(PageError::wrong(format!("{wanted} runs were asked for; at most {MOST} fit on a page")));
    }
    let side =
        |spec: &&str| spec.split(',').filter(|spec| !spec.is_empty()).map(|spec| app.run(spec)).collect();
    let mut sides = specs.iter().map(side).collect::<Result<Vec<Vec<RunReader>>, _>>()?;
    sides.retain(|side| !side.is_empty());
    if sides.is_empty() {
        return choose(app);
    }
    let reports = reports(&sides, query.get("stage")).map_err(|refused| refused.to_string());
    let names: Vec<String> = sides.iter().map(|side| run_name(&side[0].summary())).collect();
    let body = html! {
        div.bar { h1 { "Compare" } (stage_form(&sides, query)) }
        (heads(&sides))
        @match &reports {
            Err(reason) => { p.mistake role="alert" { (reason) } }
            Ok(reports) => { @for report in reports { (tables(report)) } (gallery::section(app, &sides, reports, query)) }
        }
        section aria-labelledby="curves-title" { h2 #curves-title { "Curves" } (curves(&sides, Axis::named(query.get("x")))) }
    };
    Ok(layout::page(&names.join(" · "), Some(Place::Compare), &body))
}

/// Without runs: which there are to choose from.
fn choose(app: &App) -> Result<Markup, PageError> {
    let all = app.summaries()?;
    let evaluated: Vec<&std::sync::Arc<RunSummary>> =
        all.iter().filter(|run| !run.evals.is_empty()).take(200).collect();
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

fn stage_form(sides: &Sides, query: &Query) -> Markup {
    let mut stages: Vec<String> =
        sides.iter().flatten().flat_map(RunReader::evals).map(|eval| eval.stage.clone()).collect();
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

pub(crate) fn heads(sides: &Sides) -> Markup {
    html! { ol.sides { @for (index, side) in sides.iter().enumerate() {
        li { span class={ "letter s" (index % 6) } { (letter(index)) } @for run in side {
            @let summary = run.summary();
            a href=(run_href(&summary.id)) { (run_name(&summary)) } span.id { (short_id(&summary.id)) }
            span.hint { (summary.objective) " · seed " (summary.seed) }
        } }
    } } }
}

/// Verdict, metrics, what differs.
pub(crate) fn tables(report: &Report) -> Markup {
    let comparison = &report.comparison;
    let (a, b) = (&comparison.baseline.label, &comparison.other.label);
    html! {
        section.comparison aria-label={ (b) " against " (a) } {
            p.verdict-line { (comparison.verdict) }
            div.scroll tabindex="0" role="region" aria-label="Metrics" { (metrics(comparison)) }
            @for note in &report.notes { p.hint { (note) } }
            @if report.recipe.is_empty() { p.hint { "No value of the configuration differs." } }
            @else { h3 { "Configuration that differs" } (recipe(a, b, &report.recipe)) }
            (code(a, b, &report.code))
            (slices(&report.slices))
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

/// Where the difference lies.
fn slices(slices: &[Slice]) -> Markup {
    html! { @if !slices.is_empty() { details open[true] { summary { "Slices" } table {
        thead { tr { th scope="col" { "slice" } th scope="col" {} th.number scope="col" { "n" } th.number scope="col" { "difference [95 %]" } th.number scope="col" { "wins" } th.number scope="col" { "losses" } } }
        tbody { @for slice in slices { tr { th scope="row" { (slice.facet) } td { (slice.value) } td.number { (slice.paired.n) } td.number { (signed_interval(slice.paired.difference)) } td.number { (slice.paired.wins) } td.number { (slice.paired.losses) } } } }
    } } } }
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
    let same =
        difference.commits.is_none() && !difference.patches_differ && difference.environment.is_empty();
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

/// One chart for every metric that more than one side has; seeds are a band around their mean.
pub(crate) fn curves(sides: &Sides, axis: Axis) -> Markup {
    let all: Vec<(String, Vec<Curves>)> = sides
        .iter()
        .enumerate()
        .map(|(index, side)| (letter(index), side.iter().map(Curves::of).collect()))
        .collect();
    let mut names: Vec<&str> =
        all.iter().filter_map(|(_, side)| side.first()).flat_map(Curves::names).collect();
    names.retain(|name| !name.contains('/') && !matches!(*name, "rollouts" | "tokens"));
    names.sort_unstable();
    let common = names.chunk_by(|a, b| a == b).filter(|same| same.len() > 1).map(|same| same[0]);
    let chart = |name: &str| Chart {
        title: name.into(),
        x: axis.name().into(),
        lines: all.iter().map(|(label, side)| together(label, side, name, axis)).collect(),
    };
    html! { div.charts { @for name in common.take(24) { (figure(&chart(name))) } } }
}

/// The mean of the seeds where all of them have a point, and their range.
fn together(label: &str, side: &[Curves], name: &str, axis: Axis) -> Line {
    let lines: Vec<Vec<(f64, f64)>> = side.iter().map(|curves| curves.line(name, axis)).collect();
    let mut line = Line { label: label.to_owned(), ..Line::default() };
    if let [only] = lines.as_slice() {
        line.points.clone_from(only);
        return line;
    }
    for (x, _) in lines.first().map(Vec::as_slice).unwrap_or_default() {
        let at = |line: &Vec<(f64, f64)>| line.iter().find(|point| point.0 == *x).map(|point| point.1);
        let Some(values) = lines.iter().map(at).collect::<Option<Vec<f64>>>() else { continue };
        let (low, high) = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(*value), high.max(*value))
        });
        line.points.push((*x, values.iter().sum::<f64>() / values.len() as f64));
        line.band.push((*x, low, high));
    }
    line
}
