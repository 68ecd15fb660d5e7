//! `galley runs`: the runs of this project, and what one may ask about or say of them.

use std::{
    io::{IsTerminal, Write},
    path::Path,
};

use clap::Subcommand;

use super::{runs_edit, runs_list, runs_sample, runs_show, runs_watch};

/// List recorded runs, newest first
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub list: runs_list::Args,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything about one run
    Show(runs_show::Args),
    /// One sample: verdict, defects, and the credit of every statement and token
    Sample(runs_sample::Sample),
    /// Look on while a run is under way
    Watch(runs_watch::Args),
    #[command(flatten)]
    Edit(runs_edit::Command),
}

/// # Errors
/// When the runs directory cannot be read, or no run or sample fits.
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    write(args, runs_dir, !std::io::stdout().is_terminal(), out)
}

/// Like [`run`], with the choice between a table for people and plain lines.
pub fn write(args: &Args, runs_dir: &Path, plain: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    match &args.command {
        None => runs_list::write(&args.list, runs_dir, plain, out),
        Some(Command::Show(show)) => runs_show::write(show, runs_dir, plain, out),
        Some(Command::Sample(sample)) => runs_sample::write(sample, runs_dir, plain, out),
        Some(Command::Watch(watch)) => runs_watch::run(watch, runs_dir, plain, out),
        Some(Command::Edit(edit)) => runs_edit::run(edit, runs_dir, out),
    }
}
