//! The laws of a domain, each a function that can be called alone.
//!
//! [`check`] runs them all on a few tasks of each split; a domain's whole test can be
//! `galley_core::testing::laws::check(&domain)`. They need nothing but the domain: no model, no disk.

#[cfg(test)]
mod broken;
mod judgement;
mod perturbation;
mod rendering;
mod tasks;

use std::{sync::Arc, time::Duration};

pub use judgement::{
    detectors_are_named_and_explained, detectors_are_pure, references_score_full, scores_are_consistent,
    weights_fit_tokens,
};
pub use perturbation::{perturbations_are_edits, perturbations_are_noticed};
pub use rendering::{bad_programs_are_faults, rendering_is_a_function, statements_lie_in_the_program};
pub use tasks::{
    doctor_is_repeatable, programs_are_found_in_responses, splits_are_disjoint, tasks_are_deterministic,
};

use crate::{Domain, Render, Split, Task};

/// A law: `Err` says how the domain breaks it.
pub type Law = fn(&dyn Domain) -> Result<(), String>;

/// Every law by name.
pub const ALL: &[(&str, Law)] = &[
    ("tasks are deterministic", tasks_are_deterministic),
    ("splits are disjoint", splits_are_disjoint),
    ("programs are found in responses", programs_are_found_in_responses),
    ("rendering is a function", rendering_is_a_function),
    ("bad programs are faults", bad_programs_are_faults),
    ("statements lie in the program", statements_lie_in_the_program),
    ("references score full", references_score_full),
    ("scores are consistent", scores_are_consistent),
    ("detectors are named and explained", detectors_are_named_and_explained),
    ("detectors are pure", detectors_are_pure),
    ("weights fit tokens", weights_fit_tokens),
    ("perturbations are edits", perturbations_are_edits),
    ("perturbations are noticed", perturbations_are_noticed),
    ("doctor is repeatable", doctor_is_repeatable),
];

/// Runs every law.
///
/// # Panics
/// If one is broken, with the list of those that are.
pub fn check(domain: &dyn Domain) {
    let broken: Vec<String> = ALL
        .iter()
        .filter_map(|(name, law)| law(domain).err().map(|reason| format!("{name}: {reason}")))
        .collect();
    assert!(
        broken.is_empty(),
        "domain `{}` breaks {} laws:\n  {}",
        domain.name(),
        broken.len(),
        broken.join("\n  ")
    );
}

/// Generous: laws are not about speed.
const DEADLINE: Duration = Duration::from_secs(30);
/// Tasks of each split that are rendered.
const SAMPLE: usize = 4;

fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(broken()) }
}

fn sample(domain: &dyn Domain, split: Split, count: usize) -> Result<Vec<Arc<Task>>, String> {
    let tasks = domain.tasks(split).map_err(|error| format!("no tasks of {split:?}: {error}"))?;
    ensure(!tasks.is_empty(), || format!("{split:?} has no tasks"))?;
    let get = |index| tasks.get(index).map_err(|error| format!("task {index} of {split:?}: {error}"));
    (0..tasks.len().min(count)).map(get).collect()
}

/// The sampled tasks that come with a reference program, of both splits.
fn with_reference(domain: &dyn Domain) -> Result<Vec<(Arc<Task>, String)>, String> {
    let pairs = with_program(domain)?.into_iter();
    Ok(pairs.filter(|(task, _)| domain.reference_program(task).is_some()).collect())
}

/// The sampled tasks that come with a program, of both splits: the reference, or what a domain shows in its place.
fn with_program(domain: &dyn Domain) -> Result<Vec<(Arc<Task>, String)>, String> {
    let mut tasks = sample(domain, Split::Train, SAMPLE)?;
    tasks.extend(sample(domain, Split::HeldOut, SAMPLE)?);
    let pairs = tasks.into_iter().filter_map(|task| {
        let program = domain.demonstration(&task)?;
        Some((task, program))
    });
    Ok(pairs.collect())
}

fn render(domain: &dyn Domain, program: &str) -> Result<Render, String> {
    let render = domain.renderer().render(program, DEADLINE);
    render.map_err(|error| {
        format!("a program must not be a harness fault: {error}\nprogram: {}", short(program))
    })
}

fn short(text: &str) -> String {
    let head: String = text.chars().take(120).collect();
    if head.len() < text.len() { format!("{head:?}… ({} bytes)", text.len()) } else { format!("{head:?}") }
}

/// Programs that no domain should stumble over; some are valid in some languages.
fn hostile(reference: &str) -> Vec<String> {
    let half = reference.char_indices().nth(reference.chars().count() / 2).map_or(0, |(at, _)| at);
    vec![
        String::new(),
        " \n\t ".into(),
        "\u{0}\u{1}\u{7f}\u{feff}".into(),
        "}{)(><][;;%%$$``''\"\"\\".into(),
        "<script>while(1){}</script>".into(),
        "ünïcödé 🦀 \u{202e}fdsa".into(),
        "(".repeat(20_000),
        "a ".repeat(100_000),
        reference[..half].to_owned(),
        reference.chars().rev().collect(),
        format!("{reference}\n{reference}"),
    ]
}
