//! `galley export --to`: copies runs to an MLflow server.

use std::{io::Write, path::Path};

use anyhow::{Context, Result};

use super::runs_list;
use crate::store::{RunReader, find_run, summaries};

/// Copy runs to an MLflow server: params, metrics, evaluations, tags, pictures
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Ids, beginnings of ids or names; none for all that fit `--where`
    runs: Vec<String>,
    /// Address of the server
    #[arg(long, value_name = "URI")]
    to: String,
    /// Only runs that fit, as for `galley runs`
    #[arg(long = "where", value_name = "FILTER")]
    filter: Option<String>,
    /// Name of the experiment that they become part of
    #[arg(long, default_value = "galley")]
    experiment: String,
    /// Leave the pictures of samples out
    #[arg(long)]
    no_pictures: bool,
}

/// # Errors
/// When a run cannot be read or the server refuses it; those before it are copied then.
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for id in chosen(args, runs_dir)? {
        let run = RunReader::open(&find_run(runs_dir, &id)?)?;
        let copy = galley_serve::export(&run, &args.to, &args.experiment, !args.no_pictures);
        let done = runtime.block_on(copy).with_context(|| format!("run {id} was not copied"))?;
        writeln!(
            out,
            "{id} → {}: {} params, {} points, {} pictures",
            done.run, done.params, done.points, done.pictures
        )?;
    }
    Ok(())
}

fn chosen(args: &Args, runs_dir: &Path) -> Result<Vec<String>> {
    if !args.runs.is_empty() {
        return Ok(args.runs.clone());
    }
    let list = runs_list::Args { filter: args.filter.clone(), ..runs_list::Args::default() };
    Ok(runs_list::chosen(&list, summaries(runs_dir)?)?.into_iter().map(|run| run.id).collect())
}
