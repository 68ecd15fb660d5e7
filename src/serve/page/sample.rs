//! One sample: what it should look like, what it looks like, what is wrong with it, and which code was held responsible.

use galley_store::{
    RunReader, SampleRecord,
    view::{number, signed},
};
use maud::{Markup, html};

use super::{
    code,
    layout::{self, Place, run_href, run_name},
    pictures::{self, Pictures},
};
use crate::{error::PageError, query::encoded_path, state::App};

/// `GET /runs/<run>/samples/<stage>/<step>/<task>/<number>`
pub(crate) fn page(app: &App, spec: &str, id: &str) -> Result<Markup, PageError> {
    let run = app.run(spec)?;
    let sample = run.sample(id)?;
    let summary = run.summary();
    let href = run_href(&summary.id);
    let body = html! {
        div.bar {
            h1 { a href=(href) { (run_name(&summary)) } " · " a href={ (href) "/samples?stage=" (crate::query::encoded(&sample.stage)) } { (sample.stage) } " · " (sample.task) }
            (neighbours(&run, &sample, &href))
        }
        (whole(app, &sample))
    };
    Ok(layout::page(&sample.task, Some(Place::Runs), &body))
}

/// Everything about a sample, for a page or a report.
pub(crate) fn whole(pictures: &dyn Pictures, sample: &SampleRecord) -> Markup {
    html! {
        article.sample {
            (verdict(sample))
            (pictures::row(pictures, sample))
            div.judged {
                section.program aria-label="Program" { (code::block(sample)) }
                section.findings aria-label="Findings" { (defects(sample)) (faults(sample)) (statements(sample)) }
            }
        }
    }
}

/// The sample before and behind in the same stage and step, and the same task at other steps.
fn neighbours(run: &RunReader, sample: &SampleRecord, href: &str) -> Markup {
    let id = sample.id();
    let of_step: Vec<String> = run
        .sample_heads()
        .filter(|head| head.stage == sample.stage && head.step == sample.step)
        .map(galley_store::SampleHead::id)
        .collect();
    let at = of_step.iter().position(|known| *known == id);
    let before = at.and_then(|at| of_step.get(at.checked_sub(1)?));
    let behind = at.and_then(|at| of_step.get(at + 1));
    let of_task: Vec<_> =
        run.sample_heads().filter(|head| head.task == sample.task && head.sample == sample.sample).collect();
    let link = |id: &str| format!("{href}/samples/{}", encoded_path(id));
    html! {
        nav.steps aria-label="The same task at other steps" { @if of_task.len() > 1 { @for head in &of_task {
            a href=(link(&head.id())) aria-current=[(head.id() == id).then_some("true")] title=(head.stage) { (head.step) }
        } } }
        nav.turn aria-label="Samples of this step" {
            @if let Some(before) = before { a rel="prev" data-key="k" href=(link(before)) title="previous (k)" { "←" } }
            @if let Some(behind) = behind { a rel="next" data-key="j" href=(link(behind)) title="next (j)" { "→" } }
        }
    }
}

fn verdict(sample: &SampleRecord) -> Markup {
    html! {
        div.verdict {
            p.reward { span.big { (number(sample.reward)) } " reward"
                @if let Some(advantage) = sample.advantage { span.advantage { "advantage " (signed(advantage)) } }
            }
            ul.axes { @for axis in &sample.axes { li class=[axis.satisfied.then_some("satisfied")] {
                span.name { (axis.name) } meter min="0" max="1" value=(axis.value.clamp(0.0, 1.0)) aria-label=(axis.name) {}
                span.value { (number(axis.value)) }
            } } }
            p.hint { "step " (sample.step) ", " (sample.tokens.len()) " tokens, ended by " (sample.finish)
                @for (name, value) in sample.score.iter().filter(|(name, _)| extra(sample, name)) { " · " (name) " " (number(*value)) }
            }
        }
    }
}

fn extra(sample: &SampleRecord, name: &str) -> bool {
    name != "reward" && !sample.axes.iter().any(|axis| axis.name == name)
}

fn defects(sample: &SampleRecord) -> Markup {
    html! {
        h2 { "Defects" span.count { (sample.defects.iter().filter(|defect| defect.severity > 0.0).count()) } }
        @if sample.defects.is_empty() { p.none { "None was found." } }
        ol.defects { @for (index, defect) in sample.defects.iter().enumerate() {
            li class=[(defect.severity <= 0.0).then_some("noted")] data-d=(index) tabindex="0" {
                span.detector { (defect.detector) } span.axis { (defect.axis) }
                p { (defect.message) }
                @if let Some(target) = &defect.target { p.target { "target: " code { (target) } } }
            }
        } }
    }
}

fn faults(sample: &SampleRecord) -> Markup {
    html! {
        @if !sample.faults.is_empty() {
            h2 { "Faults" }
            ul.faults { @for fault in &sample.faults { li { strong { (format!("{:?}", fault.kind)) } " " (fault.message) } } }
        }
    }
}

/// Only those that were held responsible; the others are in the code.
fn statements(sample: &SampleRecord) -> Markup {
    let program = sample.program_text();
    let pairs = sample.statements.iter().zip(&sample.credit).enumerate();
    let mut blamed: Vec<_> = pairs.filter(|(_, (_, credit))| credit.responsibility > 0.0).collect();
    blamed.sort_by(|a, b| b.1.1.weight.total_cmp(&a.1.1.weight).then(a.0.cmp(&b.0)));
    html! {
        @if !blamed.is_empty() {
            h2 { "Statements at fault" span.count { (blamed.len()) } }
            table.statements {
                thead { tr { th scope="col" { "statement" } th.number scope="col" { "weight" } th scope="col" { "by" } } }
                tbody { @for (index, (statement, credit)) in blamed.iter().take(60) {
                    tr data-s=(index) tabindex="0" {
                        td { code { (first_line(statement.span.slice(program).unwrap_or_default())) } }
                        td.number { (number(credit.weight)) }
                        td { @if let Some(defect) = credit.defect.and_then(|defect| sample.defects.get(defect)) { (defect.axis) } }
                    }
                } }
            }
        }
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(56).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
