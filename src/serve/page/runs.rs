//! The run table: filtered, sorted, with the columns that were asked for; 2,000 runs come in pieces.

use std::sync::Arc;

use galley_store::{
    RunStatus, RunSummary,
    query::{Dialect, Filter},
};
use maud::{Markup, html};

use super::{
    layout::{self, Place},
    table::{piece, sort_by, table},
};
use crate::{error::PageError, query::Query, state::App};

/// Metrics and tags that the list of columns offers.
const OFFERED: usize = 80;

/// `GET /`
pub(crate) fn page(app: &App, query: &Query) -> Result<Markup, PageError> {
    let all = app.summaries()?;
    let count = all.len();
    let offered = offered(&all);
    let running = all.iter().filter(|run| run.status == RunStatus::Running).count();
    let (chosen, mistake) = chosen(all, query);
    let body = html! {
        div.bar {
            h1 { "Runs" }
            p.count #count { (counted(chosen.len(), count, running)) }
            form.filter role="search" action="/" {
                label for="where" { "Filter" }
                input #where name="where" type="search" value=(query.get("where").unwrap_or_default()) size="44"
                    placeholder="status = \"running\" and metrics.reward > 0.5" autocomplete="off" spellcheck="false"
                    aria-describedby="mistake";
                @for name in ["sort", "columns"] { @for value in query.all(name) {
                    input type="hidden" name=(name) value=(value);
                } }
                button { "Apply" }
            }
        }
        p.mistake #mistake role="alert" hidden[mistake.is_none()] { (mistake.unwrap_or_default()) }
        (columns_form(query, &offered))
        form #selection action="/compare" {
            div.actions { button disabled[true] #compare { "Compare selected" } span.hint { "select two or more; the first is the baseline" } }
            div.scroll tabindex="0" role="region" aria-label="Table of runs" {
                (table(&chosen, query))
            }
        }
        @if count == 0 { p.none { "No runs yet. " code { "./just run recipes/toy.toml" } " makes one." } }
    };
    Ok(layout::page("Runs", Some(Place::Runs), &body))
}

/// `GET /rows`: the next rows, or all that fit, for the script.
pub(crate) fn rows(app: &App, query: &Query) -> Result<Markup, PageError> {
    let all = app.summaries()?;
    let (count, running) = (all.len(), all.iter().filter(|run| run.status == RunStatus::Running).count());
    let (chosen, mistake) = chosen(all, query);
    if let Some(mistake) = mistake {
        return Err(PageError::wrong(mistake));
    }
    Ok(html! {
        table data-count=(counted(chosen.len(), count, running)) { tbody { (piece(&chosen, query)) } }
    })
}

fn counted(shown: usize, all: usize, running: usize) -> String {
    let live = if running > 0 { format!(", {running} running") } else { String::new() };
    if shown == all { format!("{all}{live}") } else { format!("{shown} of {all}{live}") }
}

/// What fits, sorted; and what is wrong with the filter.
fn chosen(all: Vec<Arc<RunSummary>>, query: &Query) -> (Vec<Arc<RunSummary>>, Option<String>) {
    let (mut runs, mistake) = match query.get("where") {
        None => (all, None),
        Some(filter) => match filtered(&all, filter) {
            Ok(runs) => (runs, None),
            Err(mistake) => (all, Some(mistake)),
        },
    };
    if let Some(sort) = query.get("sort") {
        let (key, descending) = sort.strip_prefix('-').map_or((sort, false), |key| (key, true));
        sort_by(&mut runs, key, descending);
    }
    (runs, mistake)
}

/// A filter of the query language; words without an operator are looked for in names, ids, tags and states.
fn filtered(all: &[Arc<RunSummary>], filter: &str) -> Result<Vec<Arc<RunSummary>>, String> {
    if is_query(filter) {
        let filter = Filter::parse(filter, Dialect::Galley).map_err(|mistake| mistake.to_string())?;
        return Ok(all.iter().filter(|run| filter.admits(*run)).cloned().collect());
    }
    let words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    Ok(all.iter().filter(|run| words.iter().all(|word| searched(run).contains(word))).cloned().collect())
}

fn is_query(filter: &str) -> bool {
    filter.contains(['=', '<', '>', '('])
        || filter
            .split_whitespace()
            .any(|word| matches!(word.to_uppercase().as_str(), "LIKE" | "ILIKE" | "IS" | "IN" | "NOT"))
}

fn searched(run: &RunSummary) -> String {
    let tags: String = run.tags.iter().map(|(name, value)| format!(" {name} {value}")).collect();
    format!("{} {} {} {} {}{tags}", run.name, run.id, run.status.as_str(), run.domain, run.objective)
        .to_lowercase()
}

/// Metrics and tags that any run has.
fn offered(all: &[Arc<RunSummary>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let metrics = all.iter().flat_map(|run| run.metrics.keys().map(|name| format!("metrics.{name}")));
    let tags = all.iter().flat_map(|run| run.tags.keys().map(|name| format!("tags.{name}")));
    names.extend(metrics.chain(tags));
    names.sort_unstable();
    names.dedup();
    names.truncate(OFFERED);
    names
}

fn columns_form(query: &Query, offered: &[String]) -> Markup {
    let chosen: Vec<&str> = query.all("columns").collect();
    html! {
        @if !offered.is_empty() {
            details.columns {
                summary { "Columns" @if !chosen.is_empty() { " (" (chosen.len()) ")" } }
                form action="/" {
                    @for (name, value) in query.pairs().filter(|(name, _)| *name != "columns") {
                        input type="hidden" name=(name) value=(value);
                    }
                    div.choices { @for name in offered {
                        label { input type="checkbox" name="columns" value=(name) checked[chosen.contains(&name.as_str())]; (name) }
                    } }
                    button { "Show" }
                }
            }
        }
    }
}
