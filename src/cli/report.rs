//! `galley report`: one HTML file about a run or an experiment, for a colleague.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use galley_serve::{experiment_report, run_report};

use crate::store::summaries;

/// Write one HTML file, with everything inside, about a run or an experiment
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A run (id, beginning of an id, name, `latest`) or the name of an experiment
    what: String,
    /// File to write; default: `<name>.html`
    #[arg(long, short)]
    output: Option<PathBuf>,
}

/// # Errors
/// When nothing is called that, or the file cannot be written.
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> Result<()> {
    let of_experiment = |run: &crate::store::RunSummary| run.tags.get("experiment") == Some(&args.what);
    let html = match summaries(runs_dir)?.iter().any(of_experiment) {
        true => experiment_report(runs_dir, &args.what)?,
        false => run_report(runs_dir, &args.what)?,
    };
    let default = || PathBuf::from(format!("{}.html", args.what.replace(['/', '~'], "-")));
    let path = args.output.clone().unwrap_or_else(default);
    std::fs::write(&path, html).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(writeln!(out, "{}", path.display())?)
}
