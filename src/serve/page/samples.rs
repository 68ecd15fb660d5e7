//! The samples of a run as cards: target and render side by side, the reward below.

use galley_store::{RunReader, SampleHead, view::number};
use maud::{Markup, html};

use super::layout::{self, Place, run_href, run_name};
use crate::{
    error::PageError,
    query::{Query, encoded_path},
    state::App,
};

/// Cards on one page.
const PIECE: usize = 60;

/// `GET /runs/<run>/samples`: filtered by stage, step and task, sorted by reward or time.
pub(crate) fn page(app: &App, spec: &str, query: &Query) -> Result<Markup, PageError> {
    let run = app.run(spec)?;
    let summary = run.summary();
    let href = run_href(&summary.id);
    let mut stages: Vec<&str> = run.sample_heads().map(|head| head.stage.as_str()).collect();
    stages.sort_unstable();
    stages.dedup();
    let mut heads: Vec<&SampleHead> = run.sample_heads().filter(|head| fits(head, query)).collect();
    match query.get("sort") {
        Some("worst") => heads.sort_by(|a, b| a.reward.total_cmp(&b.reward)),
        Some("best") => heads.sort_by(|a, b| b.reward.total_cmp(&a.reward)),
        _ => heads.reverse(),
    }
    let offset =
        query.get("offset").and_then(|offset| offset.parse().ok()).unwrap_or(0usize).min(heads.len());
    let shown = &heads[offset..heads.len().min(offset + PIECE)];
    let body = html! {
        div.bar {
            h1 { a href=(href) { (run_name(&summary)) } " · samples" }
            p.count { (heads.len()) " of " (summary.samples) }
            form.filter action={ (href) "/samples" } {
                label { "Stage " select name="stage" { option value="" { "all" } @for stage in stages {
                    option value=(stage) selected[query.get("stage") == Some(stage)] { (stage) }
                } } }
                label { "Task " input name="task" value=(query.get("task").unwrap_or_default()); }
                label { "Order " select name="sort" { @for order in ["newest", "worst", "best"] {
                    option value=(order) selected[query.get("sort") == Some(order)] { (order) }
                } } }
                button { "Show" }
            }
        }
        (cards(shown, &href))
        @if offset + PIECE < heads.len() {
            p.more { a href={ (href) "/samples" (query.with("offset", &(offset + PIECE).to_string()).text()) } { "more" } }
        }
    };
    Ok(layout::page("Samples", Some(Place::Runs), &body))
}

fn fits(head: &SampleHead, query: &Query) -> bool {
    query.get("stage").is_none_or(|stage| head.stage == stage)
        && query.get("task").is_none_or(|task| head.task.contains(task))
        && query.get("step").is_none_or(|step| head.step.to_string() == step)
}

/// The newest few, for the run page.
pub(crate) fn latest(run: &RunReader, href: &str, count: usize) -> Markup {
    let heads: Vec<&SampleHead> = run.sample_heads().collect();
    let newest: Vec<&SampleHead> = heads.into_iter().rev().take(count).collect();
    html! { @if newest.is_empty() { p.none { "No samples yet." } } @else { (cards(&newest, href)) } }
}

fn cards(heads: &[&SampleHead], href: &str) -> Markup {
    html! { ul.cards { @for head in heads { li { (card(head, href)) } } } }
}

fn card(head: &SampleHead, href: &str) -> Markup {
    html! {
        a.card href={ (href) "/samples/" (encoded_path(&head.id())) } {
            div.pair { @for role in ["target", "render"] { @match head.media.get(role) {
                Some(hash) => { img src={ "/media/" (hash) } alt=(role) loading="lazy"; }
                None => { span.blank { "no " (role) } }
            } } }
            span.reward { (number(head.reward)) }
            span.where { (head.stage) " · step " (head.step) }
            span.task { (head.task) }
        }
    }
}
