//! `galley run` and `galley resume`.

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Result;
use galley_core::Registry;

use crate::{
    recipe::{self, Recipe, Sources},
    store::find_run,
    train::{self, Interrupt, Launch, Outcome},
};

#[derive(clap::Args)]
pub struct RunArgs {
    /// Recipe file.
    recipe: PathBuf,
    /// Overrides, `train.lr=1e-4`, parsed as TOML.
    overrides: Vec<String>,
    /// Profile of the recipe; chosen by the device when absent.
    #[arg(long)]
    profile: Option<String>,
}

#[derive(clap::Args)]
pub struct ResumeArgs {
    /// Id, beginning of an id, name, or `latest`.
    run: String,
}

/// Runs a recipe; exit code 130 when it was interrupted.
pub fn run(args: RunArgs, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<u8> {
    let mut overrides = args.overrides;
    if runs != Path::new("runs") {
        overrides.push(format!("store.root={:?}", runs.display().to_string()));
    }
    let recipe = recipe::load(&args.recipe, &Sources::of_process(args.profile, overrides), registry)?;
    let launch = launch(&recipe, registry);
    close(train::start(launch)?, out)
}

/// Goes on with a run from its newest usable checkpoint.
pub fn resume(args: ResumeArgs, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<u8> {
    let dir = find_run(runs, &args.run)?;
    let recipe = recipe::load(&dir.join("recipe.toml"), &Sources::of_process(None, Vec::new()), registry)?;
    let launch = launch(&recipe, registry);
    close(train::resume(&dir, launch)?, out)
}

fn launch<'a>(recipe: &'a Recipe, registry: &'a Registry) -> Launch<'a> {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let environment: BTreeMap<String, String> = [
        ("galley", env!("CARGO_PKG_VERSION").to_owned()),
        ("threads", threads.to_string()),
        ("os", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("command", std::env::args().collect::<Vec<_>>().join(" ")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    Launch { recipe, registry, interrupt: Interrupt::listen(), environment }
}

fn close(outcome: Outcome, out: &mut dyn Write) -> Result<u8> {
    let run = &outcome.run;
    if !outcome.finished {
        writeln!(out, "run {run} is saved; go on with:\n  ./just resume {run}")?;
        return Ok(130);
    }
    writeln!(out, "\n{}\nrun {run}", outcome.table)?;
    writeln!(out, "  ./just galley runs show {run}")?;
    writeln!(out, "  ./just galley compare {run} --stage warm-start..visual-sdpo")?;
    Ok(0)
}
