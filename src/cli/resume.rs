//! `galley resume`.

use std::{io::Write, path::Path};

use anyhow::{Result, bail};
use galley_core::Registry;

use super::launch::{close, launch};
use crate::{
    recipe::{self, Difference, Recipe, Sources},
    store::{RunReader, find_run},
    train::{self, Interrupt},
};

#[derive(clap::Args)]
pub struct Args {
    /// Id, beginning of an id, name, or `latest`.
    run: String,
    /// Overrides, `train.steps=400`; need `--accept-changes`.
    overrides: Vec<String>,
    /// Go on although the recipe is no longer the one that the run began with.
    #[arg(long)]
    accept_changes: bool,
}

/// Goes on with a run from its newest usable checkpoint.
///
/// # Errors
/// When `recipe.toml`, the environment or the arguments give another recipe than the recorded one, unless told to accept
/// that: the result would be a run that no single recipe describes.
pub fn run(args: Args, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<u8> {
    let dir = find_run(runs, &args.run)?;
    let now = recipe::load(&dir.join("recipe.toml"), &Sources::of_process(None, args.overrides), registry)?;
    let reader = RunReader::open(&dir)?;
    let recorded = recipe::parse(&reader.start().recipe, &Sources::default(), registry)?;
    let changes = changes(&recorded, &now);
    if !changes.is_empty() && !args.accept_changes {
        let (list, run) = (changes.join("\n  "), &reader.start().run);
        bail!(
            "the recipe is not the one that run {run} began with:\n  {list}\n\
             go on with it by --accept-changes, or start another run from here: galley run <recipe> --from {run}"
        );
    }
    drop(reader);
    let mut launch = launch(&now, registry, Interrupt::listen());
    launch.notes = changes.iter().map(|change| format!("resumed with a changed recipe: {change}")).collect();
    close(&train::resume(&dir, launch)?, out)
}

/// One line for every value that differs.
fn changes(recorded: &Recipe, now: &Recipe) -> Vec<String> {
    let value =
        |value: &Option<serde_json::Value>| value.as_ref().map_or("not set".into(), ToString::to_string);
    let origin = |path: &str| now.origins.get(path).map_or(String::new(), |origin| format!(" ({origin})"));
    let line = |Difference { path, a, b }: &Difference| {
        format!("{path}: {} is now {}{}", value(a), value(b), origin(path))
    };
    recorded.difference(now).iter().filter(|difference| difference.path != "name").map(line).collect()
}
