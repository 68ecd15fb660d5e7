//! What both sides made of the same tasks at the same step: target, each side, and the difference of the first two.

use std::collections::BTreeMap;

use galley_store::{
    RunReader, SampleHead,
    compare::{Report, letter},
    view::signed,
};
use maud::{Markup, html};

use super::{changes::changes, compare::Sides, layout::run_href, pictures::Pictures};
use crate::query::{Query, encoded_path};

/// Tasks on one page.
const PIECE: usize = 60;

/// One task with a sample of every side.
struct Item<'a> {
    task: &'a str,
    /// Other − baseline on the primary metric, where both evaluations have it.
    difference: f64,
    /// (letter, run, sample), the baseline first.
    sides: Vec<(String, &'a RunReader, &'a SampleHead)>,
}

/// The gallery of a comparison. Steps: `?step=` names one that all sides have; by default the compared evaluations'.
pub(crate) fn section(pictures: &dyn Pictures, sides: &Sides, reports: &[Report], query: &Query) -> Markup {
    let (items, steps, step) = items(sides, reports, query.get("step").and_then(|step| step.parse().ok()));
    let kept: Vec<&Item> =
        items.iter().filter(|item| admitted(item, query.get("show"))).take(PIECE).collect();
    let link = |name: &str, value: &str| format!("/compare{}#gallery", query.with(name, value).text());
    let shows = [("", "all"), ("lost", "B lost"), ("won", "B won")];
    html! {
        section #gallery aria-labelledby="gallery-title" {
            div.head {
                h2 #gallery-title { "Gallery" }
                @if items.len() > kept.len() { span.count { (kept.len()) " of " (items.len()) } }
                div.choice role="group" aria-label="Show" { @for (value, name) in shows {
                    a href=(link("show", value)) aria-current=[(query.get("show").unwrap_or_default() == value).then_some("true")] { (name) }
                } }
                @if steps.len() > 1 { div.choice role="group" aria-label="Step" { @for known in &steps {
                    a href=(link("step", &known.to_string())) aria-current=[(Some(*known) == step).then_some("true")] data-step { (known) }
                } } }
                p.hint { kbd { "j" } " " kbd { "k" } " or arrows go through the tasks, " kbd { "h" } " " kbd { "l" } " through the steps" }
            }
            @if kept.is_empty() { p.none { "No task has pictures of every side here." } }
            ol.gallery { @for (index, item) in kept.iter().enumerate() { (drawn(pictures, item, index)) } }
        }
    }
}

fn drawn(pictures: &dyn Pictures, item: &Item, index: usize) -> Markup {
    let target = item.sides.iter().find_map(|(_, _, head)| head.media.get("target"));
    let renders: Vec<Option<&String>> =
        item.sides.iter().map(|(_, _, head)| head.media.get("render")).collect();
    let both = renders.first().copied().flatten().zip(renders.last().copied().flatten());
    let shown = |role: &str, source: Option<String>| {
        html! {
            @match source { Some(source) => { img src=(source) alt=(role) loading="lazy"; } None => { span.blank { "no picture" } } }
        }
    };
    html! {
        li tabindex="0" id={ "item-" (index) } {
            div.caption {
                span.task { (item.task) }
                @if item.difference.is_finite() {
                    span class={ "difference " (if item.difference > 0.0 { "better" } else if item.difference < 0.0 { "worse" } else { "" }) } { (signed(item.difference)) }
                }
            }
            div.sides {
                figure { figcaption { "target" } (shown("target", target.and_then(|hash| pictures.picture(hash)))) }
                @for ((letter, run, head), render) in item.sides.iter().zip(&renders) {
                    figure { figcaption { a href={ (run_href(&run.start().run)) "/samples/" (encoded_path(&head.id())) } { (letter) } " " span.value { (galley_store::view::number(head.reward)) } }
                        (shown(letter, render.and_then(|hash| pictures.picture(hash)))) }
                }
                figure { figcaption { "difference" } (shown("difference", both.and_then(|(a, b)| pictures.difference(a, b)))) }
            }
            @if let Some(changes) = programs(item) { details { summary { "program, " (item.sides[0].0) " to " (item.sides[item.sides.len() - 1].0) } (changes) } }
        }
    }
}

/// What differs between the programs of the first and the last side.
fn programs(item: &Item) -> Option<Markup> {
    let of = |side: &(String, &RunReader, &SampleHead)| side.1.sample(&side.2.id()).ok();
    let (first, last) = (of(item.sides.first()?)?, of(item.sides.last()?)?);
    changes(first.program_text(), last.program_text())
}

fn admitted(item: &Item, show: Option<&str>) -> bool {
    match show {
        Some("lost") => item.difference < 0.0,
        Some("won") => item.difference > 0.0,
        _ => true,
    }
}

/// Tasks that all sides have a sample of, the largest difference first; the steps that there are; the one shown.
fn items<'a>(
    sides: &'a Sides,
    reports: &'a [Report],
    step: Option<u64>,
) -> (Vec<Item<'a>>, Vec<u64>, Option<u64>) {
    let Some(first) = reports.first() else { return (Vec::new(), Vec::new(), None) };
    let alone = sides.len() == 1;
    let runs: Vec<&RunReader> = sides.iter().map(|side| &side[0]).collect();
    let named = |index: usize, label: &str| if alone { label.to_owned() } else { letter(index) };
    let baseline = &first.comparison.baseline;
    let mut shown = vec![(named(0, &baseline.label), runs[0], baseline.step)];
    for (index, report) in reports.iter().enumerate() {
        let other = &report.comparison.other;
        shown.push((named(index + 1, &other.label), runs[if alone { 0 } else { index + 1 }], other.step));
    }
    let steps = if alone { Vec::new() } else { common_steps(&runs) };
    let locked = step.filter(|step| steps.contains(step));
    let found: Vec<BTreeMap<&str, &SampleHead>> =
        shown.iter().map(|(_, run, own)| by_task(run, locked.unwrap_or(*own))).collect();
    let differences: BTreeMap<&str, f64> =
        first.gallery.iter().filter_map(|item| Some((item.task.as_str(), item.difference?))).collect();
    let mut items: Vec<Item> = found[0]
        .keys()
        .filter_map(|task| {
            let heads = found.iter().map(|heads| heads.get(task).copied()).collect::<Option<Vec<_>>>()?;
            let with = shown.iter().zip(heads).map(|((label, run, _), head)| (label.clone(), *run, head));
            let difference = differences.get(task).copied().unwrap_or(f64::NAN);
            Some(Item { task, difference, sides: with.collect() })
        })
        .collect();
    let size = |item: &Item| if item.difference.is_nan() { -1.0 } else { item.difference.abs() };
    items.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.task.cmp(b.task)));
    let at = locked.or_else(|| shown.iter().map(|side| side.2).max());
    (items, steps, at)
}

/// The last held-out sample of every task at a step (training samples where there is none).
fn by_task(run: &RunReader, step: u64) -> BTreeMap<&str, &SampleHead> {
    let mut found: BTreeMap<&str, &SampleHead> = BTreeMap::new();
    for head in run.sample_heads().filter(|head| head.step == step && head.sample == 0) {
        let known = found.get(head.task.as_str()).is_some_and(|known| held_out(known) && !held_out(head));
        if !known {
            found.insert(&head.task, head);
        }
    }
    found
}

fn held_out(head: &SampleHead) -> bool {
    head.stage.starts_with("eval")
}

/// Steps at which every run has samples.
fn common_steps(runs: &[&RunReader]) -> Vec<u64> {
    let of = |run: &RunReader| {
        let mut steps: Vec<u64> = run.sample_heads().map(|head| head.step).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    };
    let mut common = of(runs[0]);
    for run in &runs[1..] {
        let own = of(run);
        common.retain(|step| own.contains(step));
    }
    common
}
