//! One run: what it is, how it learns, what it made, and what it was made of.

use galley_store::RunReader;
use maud::{Markup, html};

use super::{
    artifacts, config,
    curves::{Axis, Curves, charts, stage_times},
    facts,
    layout::{self, Place, run_href, run_name, short_id},
    samples,
};
use crate::{error::PageError, query::Query, state::App};

/// Samples on the run page itself.
const LATEST: usize = 12;

/// `GET /runs/<run>`
pub(crate) fn page(app: &App, spec: &str, query: &Query) -> Result<Markup, PageError> {
    let run = app.run(spec)?;
    let summary = run.summary();
    let axis = Axis::named(query.get("x"));
    let href = run_href(&summary.id);
    let body = html! {
        div.bar {
            h1 { (run_name(&summary)) } span.id title=(summary.id) { (short_id(&summary.id)) }
            nav.parts aria-label="Parts of this page" {
                a href="#curves" { "Curves" } a href="#samples" { "Samples" } a href="#evaluations" { "Evaluations" }
                a href="#config" { "Configuration" } a href="#code" { "Code" }
            }
            a.button href={ "/compare?run=" (summary.id) } { "Compare stages" }
        }
        div #now data-live={ (href) "/events" } data-part={ (href) "/now" (query.text()) } { (part(&run, axis, &href)) }
        (stills(&run))
    };
    Ok(layout::page(&run_name(&summary), Some(Place::Runs), &body))
}

/// `GET /runs/<run>/now`: what changes while the run is going.
pub(crate) fn now(app: &App, spec: &str, query: &Query) -> Result<Markup, PageError> {
    let run = app.run(spec)?;
    let href = run_href(&run.start().run);
    Ok(part(&run, Axis::named(query.get("x")), &href))
}

fn part(run: &RunReader, axis: Axis, href: &str) -> Markup {
    let curves = Curves::of(run);
    let summary = run.summary();
    html! {
        (facts::head(&summary))
        (facts::remarks(run))
        section #curves aria-labelledby="curves-title" {
            div.head {
                h2 #curves-title { "Curves" }
                div.choice role="group" aria-label="Curves by" { @for choice in Axis::ALL {
                    @if curves.has(choice) {
                        a href={ (href) "?x=" (choice.name()) "#curves" } aria-current=[(choice == axis).then_some("true")] { (choice.name()) }
                    }
                } }
            }
            @if curves.is_empty() && run.evals().is_empty() { p.none { "No numbers yet." } }
            (charts(run, &curves, axis))
            (facts::latest(&summary))
        }
        section #samples aria-labelledby="samples-title" {
            div.head { h2 #samples-title { "Samples" } a href={ (href) "/samples" } { "all " (summary.samples) } }
            (samples::latest(run, href, LATEST))
        }
        section #evaluations aria-labelledby="evaluations-title" {
            h2 #evaluations-title { "Evaluations" }
            (facts::evaluations(run))
        }
        section #times aria-labelledby="times-title" { h2 #times-title { "Time" } (stage_times(&curves)) (facts::checkpoints(run)) }
    }
}

/// What was fixed when the run began.
pub(crate) fn stills(run: &RunReader) -> Markup {
    let start = run.start();
    html! {
        section #config aria-labelledby="config-title" {
            h2 #config-title { "Configuration" }
            (facts::params(&run.summary()))
            @if !start.recipe.is_empty() || start.origin.is_empty() { (config::recipe(&start.recipe)) }
        }
        (artifacts::list(run))
        section #code aria-labelledby="code-title" { h2 #code-title { "Code and machine" } (config::code(start)) }
    }
}
