//! `galley run`.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use galley_core::Registry;

use super::{
    launch::{close, launch},
    sweep::{Sweep, sweep},
};
use crate::{
    recipe::{self, Sources},
    store::find_run,
    train::{self, Interrupt, Origin},
};

#[derive(clap::Args)]
pub struct Args {
    /// Recipe file.
    recipe: PathBuf,
    /// Overrides, `train.lr=1e-4`, parsed as TOML.
    overrides: Vec<String>,
    /// Profile of the recipe; chosen by the device when absent.
    #[arg(long)]
    profile: Option<String>,
    /// Begin where another run stood: `<run>` (its newest checkpoint) or `<run>@<step>`.
    #[arg(long, value_name = "RUN[@STEP]")]
    from: Option<String>,
    /// Run every combination of overrides that list several values: `train.lr=1e-5,3e-5`.
    #[arg(long, conflicts_with = "from")]
    sweep: bool,
}

/// Runs a recipe; exit code 130 when it was interrupted.
pub fn run(args: Args, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<u8> {
    let mut overrides = args.overrides;
    if runs != Path::new("runs") {
        overrides.push(format!("store.root={:?}", runs.display().to_string()));
    }
    if args.sweep {
        let all = Sweep { recipe: &args.recipe, profile: args.profile, overrides: &overrides };
        return sweep(&all, registry, runs, out);
    }
    let recipe = recipe::load(&args.recipe, &Sources::of_process(args.profile, overrides), registry)?;
    let origin = args.from.map(|from| origin(&from, runs)).transpose()?;
    let launch = launch(&recipe, registry, Interrupt::listen());
    let outcome = match origin {
        Some(origin) => train::fork(&origin, launch)?,
        None => train::start(launch)?,
    };
    close(&outcome, out)
}

/// `<run>` or `<run>@<step>`.
fn origin(text: &str, runs: &Path) -> Result<Origin> {
    let (run, step) = match text.rsplit_once('@') {
        Some((run, step)) => {
            let step = step.parse().with_context(|| {
                format!("--from {text}: expected <run>@<step>, `{step}` is no number of a step")
            })?;
            (run, Some(step))
        }
        None => (text, None),
    };
    Ok(Origin::find(&find_run(runs, run)?, step)?)
}
