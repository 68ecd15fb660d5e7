//! Laws of tasks, responses and the doctor.

use std::collections::BTreeSet;

use super::{SAMPLE, ensure, hostile, sample, short, with_reference};
use crate::{Domain, Split};

/// Ids are compared over this many tasks.
const IDS: usize = 32;

/// The same index gives the same task, from one set and from a second one.
pub fn tasks_are_deterministic(domain: &dyn Domain) -> Result<(), String> {
    for split in [Split::Train, Split::HeldOut] {
        let (first, second) = (sample(domain, split, SAMPLE)?, sample(domain, split, SAMPLE)?);
        for (a, b) in first.iter().zip(&second) {
            ensure(a == b, || format!("task `{}` of {split:?} is not the same the second time", a.id))?;
        }
        ensure(first.len() == second.len(), || format!("{split:?} has another length the second time"))?;
    }
    Ok(())
}

/// No id twice, and nothing that is trained on is held out: neither an id nor a reference program.
pub fn splits_are_disjoint(domain: &dyn Domain) -> Result<(), String> {
    let (mut ids, mut programs) = (BTreeSet::new(), BTreeSet::new());
    let train = sample(domain, Split::Train, IDS)?;
    for task in &train {
        ensure(!task.id.is_empty() && ids.insert(task.id.clone()), || {
            format!("id `{}` is not unique", task.id)
        })?;
        programs.extend(domain.reference_program(task).map(String::from));
    }
    for task in sample(domain, Split::HeldOut, IDS)? {
        ensure(ids.insert(task.id.clone()), || format!("id `{}` is not unique over the splits", task.id))?;
        let seen = domain.reference_program(&task).is_some_and(|program| programs.contains(program));
        ensure(!seen, || format!("held-out task `{}` has a program of the training split", task.id))?;
    }
    Ok(())
}

/// A response that is a reference program and nothing else yields that program; any response yields a span inside it.
pub fn programs_are_found_in_responses(domain: &dyn Domain) -> Result<(), String> {
    let inside = |response: &str| {
        let span = domain.program(response);
        let fits = span.is_none_or(|span| span.slice(response).is_some());
        ensure(fits, || format!("span {span:?} is no text of the response {}", short(response)))
    };
    for (task, program) in with_reference(domain)? {
        let found = domain.program(&program).and_then(|span| span.slice(&program)).unwrap_or_default();
        ensure(found.trim() == program.trim(), || {
            format!("the reference of `{}` as a response yields {}", task.id, short(found))
        })?;
        for response in hostile(&program) {
            inside(&response)?;
        }
        inside(&format!("Sure! Here it is:\n```\n{program}\n```\nEnjoy."))?;
    }
    ["```", "``````", "```html\n", "é```é"].into_iter().try_for_each(inside)
}

/// The doctor looks and does not touch: it may be asked any time, says the same twice, and what is missing has help.
pub fn doctor_is_repeatable(domain: &dyn Domain) -> Result<(), String> {
    let checks = domain.doctor();
    ensure(checks == domain.doctor(), || "the second answer differs from the first".into())?;
    for check in checks {
        ensure(!check.name.is_empty() && (check.ok || !check.help.is_empty()), || {
            format!("check `{}` fails without saying what to do", check.name)
        })?;
    }
    Ok(())
}
