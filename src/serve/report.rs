//! One HTML file for a colleague: everything inside, nothing loaded, no link that leads nowhere.

use std::{path::Path, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use galley_store::{
    RunReader, RunSummary, SampleRecord, StoreError, compare::reports, find_run, is_hash, summaries,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use crate::{
    assets::{SCRIPT, STYLE},
    difference,
    error::PageError,
    media,
    page::{
        compare, config,
        curves::{Axis, Curves, charts, stage_times},
        experiments, facts, gallery,
        layout::run_name,
        pictures::{Pictures, png_size},
        sample,
    },
    query::Query,
    state::App,
};

/// Samples in a report: the worst and the best of the last evaluation.
const SAMPLES: usize = 8;
/// Runs in the report of an experiment that get their curves.
const DETAILED: usize = 24;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Refused(String),
}

impl From<PageError> for ReportError {
    fn from(error: PageError) -> Self {
        Self::Refused(error.to_string())
    }
}

/// One run: facts, curves, evaluations, a few samples with their credit, configuration, code.
pub fn run_report(runs_dir: &Path, spec: &str) -> Result<String, ReportError> {
    let run = RunReader::open(&find_run(runs_dir, spec)?)?;
    let inside = Inside(App::new(runs_dir.to_owned(), None));
    let summary = run.summary();
    let body = html! {
        h1 { (run_name(&summary)) }
        (facts::head(&summary))
        (facts::remarks(&run))
        section { h2 { "Curves" } (charts(&run, &Curves::of(&run), Axis::Step)) (facts::latest(&summary)) }
        section { h2 { "Evaluations" } (facts::evaluations(&run)) }
        section { h2 { "Samples" } @for one in samples(&run)? { h3 { (one.id()) } (sample::whole(&inside, &one)) } }
        section { h2 { "Time" } (stage_times(&Curves::of(&run))) }
        section { h2 { "Configuration" } (config::recipe(&run.start().recipe)) }
        section { h2 { "Code and machine" } (config::code(run.start())) }
    };
    Ok(document(&run_name(&summary), &body))
}

/// All runs that belong to an experiment: graph, table, and the curves of each.
pub fn experiment_report(runs_dir: &Path, name: &str) -> Result<String, ReportError> {
    let member = |run: &RunSummary| run.tags.get("experiment").is_some_and(|known| known == name);
    let runs: Vec<Arc<RunSummary>> = summaries(runs_dir)?.into_iter().filter(member).map(Arc::new).collect();
    if runs.is_empty() {
        return Err(ReportError::Refused(format!("no run belongs to an experiment `{name}`")));
    }
    let mut parts = Vec::new();
    for summary in runs.iter().take(DETAILED) {
        let run = RunReader::open(&runs_dir.join(&summary.id))?;
        parts.push(html! {
            section { h2 { (run_name(summary)) " · seed " (summary.seed) } (facts::head(summary)) (facts::evaluations(&run)) (charts(&run, &Curves::of(&run), Axis::Step)) }
        });
    }
    let body = html! {
        h1 { (name) }
        (experiments::graph(&runs))
        (experiments::table(&runs))
        @for part in parts { (part) }
    };
    Ok(document(name, &body))
}

/// Sides (each one run a seed) against the first of them, as the page shows it.
pub fn comparison_report(
    runs_dir: &Path,
    sides: &[Vec<RunReader>],
    stage: Option<&str>,
) -> Result<String, ReportError> {
    // What other programs log has no evaluations: heads and curves are what there is.
    let logged = sides.iter().flatten().all(|run| !run.start().origin.is_empty());
    let reports = match reports(sides, stage) {
        Ok(reports) => reports,
        Err(_) if logged => Vec::new(),
        Err(refused) => return Err(ReportError::Refused(refused.to_string())),
    };
    let inside = Inside(App::new(runs_dir.to_owned(), None));
    let body = html! {
        h1 { "Comparison" }
        (compare::heads(sides))
        @for report in &reports { (compare::tables(report)) }
        (gallery::section(&inside, sides, &reports, &Query::default()))
        section { h2 { "Curves" } (compare::curves(sides, Axis::Step)) }
    };
    Ok(document("Comparison", &body))
}

/// The worst and the best samples of the last evaluation; of a run without one the newest samples.
fn samples(run: &RunReader) -> Result<Vec<SampleRecord>, StoreError> {
    let heads: Vec<_> = run.sample_heads().collect();
    let last = heads.iter().rev().find(|head| head.stage.starts_with("eval")).or(heads.last());
    let Some(last) = last else { return Ok(Vec::new()) };
    let mut own: Vec<_> =
        heads.iter().filter(|head| (&head.stage, head.step) == (&last.stage, last.step)).collect();
    own.sort_by(|a, b| a.reward.total_cmp(&b.reward));
    let best = own.len().saturating_sub(SAMPLES / 2).max(own.len().min(SAMPLES / 2));
    let chosen = own.iter().take(SAMPLES / 2).chain(&own[best..]);
    chosen.map(|head| run.sample(&head.id())).collect()
}

/// Pictures as data.
struct Inside(App);

fn data(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes))
}

impl Pictures for Inside {
    fn picture(&self, hash: &str) -> Option<String> {
        media::file(&self.0, hash).ok().map(|bytes| data(&bytes))
    }

    fn difference(&self, a: &str, b: &str) -> Option<String> {
        let read = |hash: &str| is_hash(hash).then(|| media::file(&self.0, hash).ok()).flatten();
        let (a, b) = (media::decoded(&read(a)?).ok()?, media::decoded(&read(b)?).ok()?);
        difference::encoded(&difference::difference(&a, &b)).ok().map(|bytes| data(&bytes))
    }

    fn size(&self, hash: &str) -> Option<(u32, u32)> {
        png_size(&media::file(&self.0, hash).ok()?)
    }
}

/// A file that runs its own script and style and nothing else.
fn document(title: &str, body: &Markup) -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'",
        hash(STYLE),
        hash(SCRIPT)
    );
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · galley" }
                style { (PreEscaped(STYLE)) }
            }
            body.report {
                main #main { (PreEscaped(unlinked(&body.clone().into_string()))) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    whole.into_string()
}

/// Without the links to pages of the server. Quotes inside of attributes are escaped, so an attribute ends at the next.
fn unlinked(html: &str) -> String {
    const LINKS: [&str; 4] = [" href=\"/", " action=\"/", " data-live=\"/", " data-part=\"/"];
    let mut rest = html;
    let mut text = String::with_capacity(html.len());
    while let Some((at, link)) = LINKS.iter().filter_map(|link| Some((rest.find(link)?, *link))).min() {
        text.push_str(&rest[..at]);
        let behind = &rest[at + link.len()..];
        rest = behind.split_once('"').map_or("", |(_, rest)| rest);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_the_server_are_taken_out_and_others_stay() {
        let html = "<a href=\"/runs/a?x=&quot;b\" class=\"c\">a</a><a href=\"#here\">b</a><form action=\"/compare\">";
        assert_eq!(unlinked(html), "<a class=\"c\">a</a><a href=\"#here\">b</a><form>");
    }

    #[test]
    fn the_policy_names_the_hashes_of_what_is_inside() {
        let text = document("<x>", &html! { p { "y" } });
        assert!(
            text.contains("<title>&lt;x&gt;") && text.contains("script-src &#39;sha256-")
                || text.contains("script-src 'sha256-")
        );
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }
}
