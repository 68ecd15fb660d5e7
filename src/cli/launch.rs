//! What every command that trains needs: facts for the record, and a closing word.

use std::{collections::BTreeMap, io::Write};

use anyhow::Result;
use galley_core::Registry;

use crate::{
    recipe::Recipe,
    train::{Interrupt, Launch, Outcome},
};

/// A launch of `recipe` by this process.
pub(super) fn launch<'a>(recipe: &'a Recipe, registry: &'a Registry, interrupt: Interrupt) -> Launch<'a> {
    Launch {
        recipe,
        registry,
        interrupt,
        environment: environment(),
        tags: BTreeMap::new(),
        notes: Vec::new(),
    }
}

/// Versions and machine facts.
pub(super) fn environment() -> BTreeMap<String, String> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    [
        ("galley", env!("CARGO_PKG_VERSION").to_owned()),
        ("threads", threads.to_string()),
        ("os", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("command", std::env::args().collect::<Vec<_>>().join(" ")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Says how a run ended and what can be done with it; exit code 130 when it was interrupted.
pub(super) fn close(outcome: &Outcome, out: &mut dyn Write) -> Result<u8> {
    let run = &outcome.run;
    if !outcome.finished {
        writeln!(out, "run {run} is saved; go on with:\n  ./just resume {run}")?;
        return Ok(130);
    }
    writeln!(out, "\n{}\nrun {run}", outcome.table)?;
    writeln!(out, "  ./just galley runs show {run}")?;
    writeln!(out, "  ./just galley compare {run} --stage warm-start..{}", outcome.objective)?;
    Ok(0)
}
