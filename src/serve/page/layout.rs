//! The frame around every page, and small parts that several share.

use galley_store::{RunStatus, RunSummary};
use maud::{DOCTYPE, Markup, html};

use crate::query::encoded;

/// Which entry of the navigation is current.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Runs,
    Compare,
    Experiments,
}

/// A whole document.
pub(crate) fn page(title: &str, place: Option<Place>, body: &Markup) -> Markup {
    let entries = [
        (Place::Runs, "/", "Runs"),
        (Place::Compare, "/compare", "Compare"),
        (Place::Experiments, "/experiments", "Experiments"),
    ];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · galley" }
                link rel="icon" href="/favicon.ico";
                link rel="stylesheet" href="/style.css";
                script src="/script.js" defer {}
            }
            body {
                a.skip href="#main" { "To the content" }
                header.top {
                    a.brand href="/" { "galley" }
                    nav aria-label="Main" { @for (own, href, name) in entries {
                        a href=(href) aria-current=[(place == Some(own)).then_some("page")] { (name) }
                    } }
                }
                main #main { (body) }
                div #status role="status" aria-live="polite" {}
            }
        }
    }
}

/// The address of a run.
pub(crate) fn run_href(id: &str) -> String {
    format!("/runs/{}", encoded(id))
}

/// A dot and a word.
pub(crate) fn status(status: RunStatus) -> Markup {
    html! { span class={ "status " (status.as_str()) } { (status.as_str()) } }
}

/// Its name, or the end of its id where it has none.
pub(crate) fn run_name(summary: &RunSummary) -> String {
    if summary.name.is_empty() { short_id(&summary.id).to_owned() } else { summary.name.clone() }
}

/// The end of an id: the beginning is the time, which neighbours share.
pub(crate) fn short_id(id: &str) -> &str {
    id.get(id.len().saturating_sub(8)..).unwrap_or(id)
}

/// Rows of a name and a value.
pub(crate) fn definitions(rows: &[(&str, Markup)]) -> Markup {
    html! { dl.facts { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } } }
}
