//! Studies: which stages and seeds have run, as a graph with a light for every seed.

use std::{collections::BTreeMap, sync::Arc};

use galley_store::{RunStatus, RunSummary, view::number};
use maud::{Markup, html};

use super::layout::{self, Place, run_href, run_name, status};
use crate::{error::PageError, query::encoded, state::App};

const BOX: (usize, usize) = (180, 52);
const GAP: (usize, usize) = (64, 16);
/// Lights that fit into a box.
const LIGHTS: usize = 10;

/// Runs by the experiment that their tag names.
fn groups(all: Vec<Arc<RunSummary>>) -> BTreeMap<String, Vec<Arc<RunSummary>>> {
    let mut groups: BTreeMap<String, Vec<Arc<RunSummary>>> = BTreeMap::new();
    for run in all {
        if let Some(name) = run.tags.get("experiment").cloned() {
            groups.entry(name).or_default().push(run);
        }
    }
    groups
}

/// `GET /experiments`
pub(crate) fn list(app: &App) -> Result<Markup, PageError> {
    let groups = groups(app.summaries()?);
    let finished =
        |runs: &[Arc<RunSummary>]| runs.iter().filter(|run| run.status == RunStatus::Finished).count();
    let body = html! {
        div.bar { h1 { "Experiments" } }
        @if groups.is_empty() { p.none { "No run belongs to an experiment. " code { "./just galley experiment run experiments/ladder.toml" } " runs one." } }
        @else { table {
            thead { tr { th scope="col" { "experiment" } th.number scope="col" { "runs" } th.number scope="col" { "finished" } } }
            tbody { @for (name, runs) in &groups { tr {
                th scope="row" { a href={ "/experiments/" (encoded(name)) } { (name) } }
                td.number { (runs.len()) } td.number { (finished(runs)) }
            } } }
        } }
    };
    Ok(layout::page("Experiments", Some(Place::Experiments), &body))
}

/// `GET /experiments/<name>`
pub(crate) fn page(app: &App, name: &str) -> Result<Markup, PageError> {
    let runs = groups(app.summaries()?).remove(name);
    let runs = runs.ok_or_else(|| PageError::missing(format!("no run belongs to an experiment `{name}`")))?;
    let body = html! {
        div.bar { h1 { (name) } }
        (graph(&runs))
        (table(&runs))
    };
    Ok(layout::page(name, Some(Place::Experiments), &body))
}

/// Stages with the stage that most of their runs were forked from.
pub(crate) fn graph(runs: &[Arc<RunSummary>]) -> Markup {
    let stage = |run: &RunSummary| run.tags.get("stage").cloned().unwrap_or_else(|| run_name(run));
    let by_id: BTreeMap<&str, String> = runs.iter().map(|run| (run.id.as_str(), stage(run))).collect();
    let mut stages: BTreeMap<String, Vec<&RunSummary>> = BTreeMap::new();
    let mut from: BTreeMap<String, String> = BTreeMap::new();
    for run in runs.iter().rev() {
        let own = stage(run);
        if let Some(parent) = run.parent.as_ref().and_then(|parent| by_id.get(parent.run.as_str())) {
            if *parent != own {
                from.insert(own.clone(), parent.clone());
            }
        }
        stages.entry(own).or_default().push(run);
    }
    let places = places(&stages, &from);
    let corner = |place: (usize, usize)| (place.0 * (BOX.0 + GAP.0), place.1 * (BOX.1 + GAP.1));
    let far = places.values().fold((0, 0), |far, place| (far.0.max(place.0), far.1.max(place.1)));
    let (width, height) = (corner(far).0 + BOX.0 + 2, corner(far).1 + BOX.1 + 2);
    html! {
        div.graph { svg viewBox={ "-1 -1 " (width) " " (height) } width=(width) height=(height) role="img" aria-label="Stages of the experiment" {
            @for (to, parent) in &from { @if let (Some(to), Some(parent)) = (places.get(to), places.get(parent)) {
                path.edge d=(edge(corner(*parent), corner(*to))) {}
            } }
            @for (name, own) in &stages { @let (x, y) = corner(places[name]);
                rect.stage x=(x) y=(y) width=(BOX.0) height=(BOX.1) rx="6" {}
                text x=(x + 10) y=(y + 20) { (name.chars().take(24).collect::<String>()) }
                @for (index, run) in own.iter().take(LIGHTS).enumerate() {
                    a href=(run_href(&run.id)) { circle class={ "light " (run.status.as_str()) } cx=(x + 16 + index * 16) cy=(y + 37) r="5" {
                        title { "seed " (run.seed) ": " (run.status.as_str()) }
                    } }
                }
            }
        } }
    }
}

/// Column (depth) and row of every stage.
fn places(
    stages: &BTreeMap<String, Vec<&RunSummary>>,
    from: &BTreeMap<String, String>,
) -> BTreeMap<String, (usize, usize)> {
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    let mut places = BTreeMap::new();
    for name in stages.keys() {
        let mut depth = 0;
        let mut at = name;
        // A chain longer than there are stages would be a circle.
        while let Some(parent) = from.get(at).filter(|_| depth < stages.len()) {
            (depth, at) = (depth + 1, parent);
        }
        let row = rows.entry(depth).or_default();
        places.insert(name.clone(), (depth, *row));
        *row += 1;
    }
    places
}

fn edge(from: (usize, usize), to: (usize, usize)) -> String {
    let (x0, y0, x1, y1) = (from.0 + BOX.0, from.1 + BOX.1 / 2, to.0, to.1 + BOX.1 / 2);
    let middle = (x0 + x1) / 2;
    format!("M{x0} {y0}C{middle} {y0} {middle} {y1} {x1} {y1}")
}

/// Every run of the study.
pub(crate) fn table(runs: &[Arc<RunSummary>]) -> Markup {
    let mut sorted: Vec<&Arc<RunSummary>> = runs.iter().collect();
    sorted.sort_by_key(|run| (run.tags.get("stage").cloned(), run.seed, run.id.clone()));
    html! {
        form action="/compare" {
            div.actions { button disabled[true] #compare { "Compare selected" } }
            table {
                thead { tr { th {} th scope="col" { "stage" } th.number scope="col" { "seed" } th scope="col" { "status" } th.number scope="col" { "step" } th.number scope="col" { "latest" } th.number scope="col" { "best" } } }
                tbody { @for run in sorted { tr {
                    td.pick { input type="checkbox" name="run" value=(run.id) aria-label={ "select " (run_name(run)) }; }
                    td { a href=(run_href(&run.id)) { (run.tags.get("stage").cloned().unwrap_or_else(|| run_name(run))) } }
                    td.number { (run.seed) } td { (status(run.status)) } td.number { (run.step) }
                    td.number { (number(run.latest_primary().unwrap_or(f64::NAN))) }
                    td.number { (number(run.best().map_or(f64::NAN, |(_, value)| value))) }
                } } }
            }
        }
    }
}
