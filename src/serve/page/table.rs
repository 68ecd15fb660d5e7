//! The rows and columns of the run table.

use std::sync::Arc;

use galley_store::{
    RunSummary,
    view::{date, duration, number},
};
use maud::{Markup, html};

use super::layout::{run_href, run_name, short_id, status};
use crate::{chart, query::Query};

/// Rows of one piece.
const PIECE: usize = 200;

/// Columns that are always there, as their keys for `sort`.
const FIXED: [(&str, &str, bool); 12] = [
    ("name", "name", false),
    ("status", "status", false),
    ("step", "step", true),
    ("domain", "domain", false),
    ("objective", "objective", false),
    ("seed", "seed", true),
    ("first", "first", true),
    ("latest", "latest", true),
    ("best", "best", true),
    ("time", "time", true),
    ("created", "created", false),
    ("alarms", "alarms", true),
];

/// What a run has under a key: a number, or a text.
enum Cell {
    Number(f64),
    Text(String),
}

fn cell(run: &RunSummary, key: &str) -> Cell {
    let metric = |name: &str| run.metric(name).unwrap_or(f64::NAN);
    match key {
        "name" => Cell::Text(run.name.to_lowercase()),
        "status" => Cell::Text(run.status.as_str().into()),
        "domain" => Cell::Text(run.domain.clone()),
        "objective" => Cell::Text(run.objective.clone()),
        "step" => Cell::Number(run.step as f64),
        "seed" => Cell::Number(run.seed as f64),
        "first" => Cell::Number(run.primaries().next().map_or(f64::NAN, |(_, value)| value)),
        "latest" => Cell::Number(run.latest_primary().unwrap_or(f64::NAN)),
        "best" => Cell::Number(run.best().map_or(f64::NAN, |(_, value)| value)),
        "time" => Cell::Number(run.wall_ms as f64),
        "created" => Cell::Number(run.created_ms as f64),
        "alarms" => Cell::Number(run.alarms.values().sum::<u64>() as f64),
        other => match other.split_once('.') {
            Some(("metrics", name)) => Cell::Number(metric(name)),
            Some(("params", name)) => Cell::Text(run.params.get(name).cloned().unwrap_or_default()),
            Some(("tags", name)) => Cell::Text(run.tags.get(name).cloned().unwrap_or_default()),
            _ => Cell::Text(String::new()),
        },
    }
}

/// Runs without the value come last in both directions.
pub(crate) fn sort_by(runs: &mut [Arc<RunSummary>], key: &str, descending: bool) {
    runs.sort_by_cached_key(|run| match cell(run, key) {
        Cell::Number(value) if value.is_nan() => (true, Ordered(0), String::new()),
        Cell::Number(value) => (false, Ordered::of(if descending { -value } else { value }), String::new()),
        Cell::Text(text) => (text.is_empty(), Ordered(0), text),
    });
    if descending && matches!(runs.first().map(|run| cell(run, key)), Some(Cell::Text(_))) {
        let filled = runs
            .iter()
            .take_while(|run| matches!(cell(run, key), Cell::Text(text) if !text.is_empty()))
            .count();
        runs[..filled].reverse();
    }
}

/// Floats in their total order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Ordered(i64);

impl Ordered {
    fn of(value: f64) -> Self {
        let bits = value.to_bits() as i64;
        Self(bits ^ (((bits >> 63) as u64) >> 1) as i64)
    }
}

/// The table with its first (or asked for) piece of rows.
pub(crate) fn table(runs: &[Arc<RunSummary>], query: &Query) -> Markup {
    let sort = query.get("sort").unwrap_or_default();
    html! {
        table.runs #runs data-rows={ "/rows" (query.with("offset", "").text()) } {
            thead { tr {
                th.pick scope="col" { span.unseen { "select" } }
                @for (key, name, right) in FIXED { (header(key, name, right, sort, query)) }
                @for key in query.all("columns") { (header(key, key, key.starts_with("metrics."), sort, query)) }
            } }
            tbody { (piece(runs, query)) }
        }
    }
}

fn header(key: &str, name: &str, right: bool, sort: &str, query: &Query) -> Markup {
    let direction = match sort.strip_prefix('-') {
        Some(sorted) if sorted == key => Some("descending"),
        None if sort == key => Some("ascending"),
        _ => None,
    };
    // Numbers are wanted from the top, names from the beginning.
    let next = match (direction, right || key == "created") {
        (None, true) | (Some("ascending"), _) => format!("-{key}"),
        _ => key.to_owned(),
    };
    html! {
        th scope="col" class=[right.then_some("number")] aria-sort=[direction] {
            a href={ "/" (query.with("sort", &next).with("offset", "").text()) } { (name) }
        }
    }
}

/// A stretch of rows, and a link to the next.
pub(crate) fn piece(runs: &[Arc<RunSummary>], query: &Query) -> Markup {
    let offset = query.get("offset").and_then(|offset| offset.parse().ok()).unwrap_or(0usize);
    let next = offset.saturating_add(PIECE);
    let shown = runs.get(offset.min(runs.len())..next.min(runs.len())).unwrap_or_default();
    let columns: Vec<&str> = query.all("columns").collect();
    html! {
        @for run in shown { (row(run, &columns)) }
        @if next < runs.len() {
            tr.more { td colspan=(FIXED.len() + 1 + columns.len()) {
                a href={ "/" (query.with("offset", &next.to_string()).text()) }
                    data-more={ "/rows" (query.with("offset", &next.to_string()).text()) } { (runs.len() - next) " more" }
            } }
        }
    }
}

fn row(run: &RunSummary, columns: &[&str]) -> Markup {
    let primaries: Vec<f64> = run.primaries().map(|(_, value)| value).collect();
    let alarms: u64 = run.alarms.values().sum();
    let names: Vec<&str> = run.alarms.keys().map(String::as_str).collect();
    html! {
        tr data-run=(run.id) {
            td.pick { input type="checkbox" name="run" value=(run.id) aria-label={ "select " (run_name(run)) }; }
            td.name { a href=(run_href(&run.id)) { (run_name(run)) } span.id title=(run.id) { (short_id(&run.id)) } }
            td { (status(run.status)) }
            td.number.progress { (progress(run)) }
            td { (run.domain) }
            td { (run.objective) }
            td.number { (run.seed) }
            td.number title=(run.primary_metric) { (number(primaries.first().copied().unwrap_or(f64::NAN))) }
            td.number title=(run.primary_metric) { (number(run.latest_primary().unwrap_or(f64::NAN))) }
            td.number.best title=(run.primary_metric) {
                @if primaries.len() > 1 { (chart::spark(&primaries)) }
                (number(run.best().map_or(f64::NAN, |(_, value)| value)))
            }
            td.number { (duration(run.wall_ms)) }
            td.date { (date(run.created_ms)) }
            td.number { @if alarms > 0 { span.alarm title=(names.join(", ")) { (alarms) } } }
            @for key in columns { @match cell(run, key) {
                Cell::Number(value) => { td.number { (number(value)) } }
                Cell::Text(text) => { td { (text) } }
            } }
        }
    }
}

fn progress(run: &RunSummary) -> Markup {
    html! { @match run.steps {
        Some(steps) if steps > 0 => {
            progress max=(steps) value=(run.step.min(steps)) aria-hidden="true" {}
            (run.step) span.of { "/" (steps) }
        }
        _ => { (run.step) }
    } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, loss: f64) -> Arc<RunSummary> {
        let mut run = RunSummary::default();
        run.name = name.into();
        if !loss.is_nan() {
            run.metrics.insert("loss".into(), loss);
        }
        Arc::new(run)
    }

    fn order(key: &str, descending: bool) -> String {
        let mut runs = vec![run("b", 2.0), run("", f64::NAN), run("a", -1.0), run("c", f64::INFINITY)];
        sort_by(&mut runs, key, descending);
        runs.iter().map(|run| if run.name.is_empty() { "-" } else { run.name.as_str() }).collect()
    }

    #[test]
    fn what_has_no_value_comes_last_in_both_directions() {
        assert_eq!(
            (order("metrics.loss", false), order("metrics.loss", true)),
            ("abc-".into(), "cba-".into())
        );
        assert_eq!((order("name", false), order("name", true)), ("abc-".into(), "cba-".into()));
    }

    #[test]
    fn markup_in_names_is_text() {
        let text = row(&run("<img src=x onerror=alert(1)>", 1.0), &[]).into_string();
        assert!(text.contains("&lt;img src=x") && !text.contains("<img"));
    }
}
