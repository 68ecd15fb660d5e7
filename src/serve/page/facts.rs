//! The facts of a run besides its curves: head, evaluations, latest values, alarms, notes, checkpoints.

use galley_store::{
    EvalRecord, RunReader, RunSummary,
    stats::{SEED, bootstrap_mean},
    view::{date, duration, interval, number, size},
};
use maud::{Markup, html};

use super::layout::{definitions, run_href, short_id, status};

/// The first lines of a run page.
pub(crate) fn head(summary: &RunSummary) -> Markup {
    let steps = summary.steps.map_or(String::new(), |steps| format!(" of {steps}"));
    let mut rows: Vec<(&str, Markup)> = vec![
        (
            "status",
            html! { (status(summary.status)) @if !summary.message.is_empty() { " " (summary.message) } },
        ),
        ("step", html! { (summary.step) (steps) @if !summary.stage.is_empty() { " · " (summary.stage) } }),
        ("time", html! { (duration(summary.wall_ms)) }),
        ("created", html! { (date(summary.created_ms)) " UTC" }),
    ];
    if let Some((eval, best)) = summary.best() {
        rows.push((
            "best",
            html! { strong { (number(best)) } " " (summary.primary_metric) " at step " (eval.step) },
        ));
    }
    let text = [("domain", &summary.domain), ("objective", &summary.objective)];
    rows.extend(
        text.into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, html! { (value) })),
    );
    rows.push(("seed", html! { (summary.seed) }));
    if !summary.device().is_empty() {
        rows.push(("device", html! { (summary.device()) }));
    }
    if summary.attempts > 1 {
        rows.push(("attempts", html! { (summary.attempts) }));
    }
    if let Some(parent) = &summary.parent {
        rows.push((
            "forked from",
            html! { a href=(run_href(&parent.run)) { (short_id(&parent.run)) } " at step " (parent.step) },
        ));
    }
    html! {
        (definitions(&rows))
        @if !summary.tags.is_empty() { ul.tags aria-label="Tags" { @for (name, value) in &summary.tags {
            li { span.key { (name) } (value) }
        } } }
    }
}

/// One row for every evaluation, the primary metric with its interval.
pub(crate) fn evaluations(run: &RunReader) -> Markup {
    let evals = run.evals();
    let primary = run.start().primary_metric.as_str();
    let mut names: Vec<&String> =
        evals.iter().flat_map(|eval| eval.means.keys()).filter(|name| *name != primary).collect();
    names.sort_unstable();
    names.dedup();
    let mean = |eval: &EvalRecord, name: &str| number(eval.means.get(name).copied().unwrap_or(f64::NAN));
    html! {
        @if evals.is_empty() { p.none { "No evaluation yet." } } @else {
            div.scroll tabindex="0" role="region" aria-label="Evaluations" { table {
                thead { tr {
                    th scope="col" { "stage" } th.number scope="col" { "step" } th.number scope="col" { "tasks" }
                    th.number scope="col" { (primary) " [95 %]" }
                    @for name in &names { th.number scope="col" { (name) } }
                } }
                tbody { @for eval in &evals { tr {
                    td { (eval.stage) } td.number { (eval.step) } td.number { (eval.results.len()) }
                    td.number { (interval(bootstrap_mean(&eval.values(primary), SEED))) }
                    @for name in &names { td.number { (mean(eval, name)) } }
                } } }
            } }
        }
    }
}

/// The latest value of every metric.
pub(crate) fn latest(summary: &RunSummary) -> Markup {
    html! {
        details { summary { "Latest values (" (summary.metrics.len()) ")" }
            table.values { tbody { @for (name, value) in &summary.metrics {
                tr { th scope="row" { code { (name) } } td.number { (number(*value)) } }
            } } }
        }
    }
}

/// What another program said it was run with.
pub(crate) fn params(summary: &RunSummary) -> Markup {
    html! {
        @if !summary.params.is_empty() { table.values { tbody { @for (name, value) in &summary.params {
            tr { th scope="row" { code { (name) } } td { (value) } }
        } } } }
    }
}

/// Alarms and notes, where there are any.
pub(crate) fn remarks(run: &RunReader) -> Markup {
    let (alarms, notes): (Vec<_>, Vec<_>) = (run.alarms().collect(), run.notes().collect());
    html! {
        @if !alarms.is_empty() { ul.alarms aria-label="Alarms" { @for alarm in &alarms {
            li { span.alarm { (alarm.name) } " at step " (alarm.step) ": " (alarm.message) }
        } } }
        @if !notes.is_empty() { ul.notes aria-label="Notes" { @for note in &notes {
            li { time { (date(note.at_ms)) } " " (note.text) }
        } } }
        @for damage in run.damage() { p.mistake { "Unreadable: " (damage.bytes) " bytes of the journal at byte " (damage.offset) } }
    }
}

/// What is kept to go on from.
pub(crate) fn checkpoints(run: &RunReader) -> Markup {
    let kept: Vec<_> =
        run.checkpoints().into_iter().filter(|known| run.dir().join(&known.path).is_dir()).collect();
    html! {
        @if !kept.is_empty() {
            table { thead { tr { th.number scope="col" { "step" } th.number scope="col" { "size" } th scope="col" { "at" } } }
                tbody { @for known in &kept { tr {
                    td.number { (known.step) } td.number { (size(known.bytes)) } td { (duration(known.wall_ms)) }
                } } }
            }
        }
    }
}
