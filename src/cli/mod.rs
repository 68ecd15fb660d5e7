//! The commands. A program with domains of its own calls [`main`] with a longer registry.
//!
//! Exit codes: 0 done, 1 failed, 2 the request was wrong (recipe, arguments), 130 interrupted.

pub mod compare;
mod compare_logged;
pub mod doctor;
pub mod draw;
mod draw_charts;
mod draw_judged;
mod draw_program;
mod draw_slides;
pub mod draw_web;
pub mod experiment;
pub mod explain;
pub mod export;
pub mod fetch;
mod launch;
pub mod new_domain;
pub mod parity;
pub mod recipe;
pub mod report;
pub mod resume;
pub mod run;
pub mod runs;
pub mod runs_edit;
mod runs_groups;
pub mod runs_list;
pub mod runs_sample;
pub mod runs_show;
pub mod runs_watch;
mod runs_watch_view;
pub mod score;
pub mod serve;
pub mod similarity;
pub mod store;
mod sweep;

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use galley_core::Registry;
use tracing::Level;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{
    recipe::RecipeErrors,
    store::{StoreError, compare::CompareError, query::QueryError},
    train::TraceLayer,
};

/// Train vision-language models to write programs by learning from what the programs look like.
#[derive(Parser)]
#[command(name = "galley", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Folder of run directories.
    #[arg(long = "runs", value_name = "FOLDER", global = true, default_value = "runs")]
    folder: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Run a recipe from start to end.
    Run(run::Args),
    /// Go on with a run from its newest checkpoint.
    Resume(resume::Args),
    /// List runs, show or watch one, tag, star, rename.
    Runs(runs::Args),
    /// Check and clean the runs directory, or export it.
    Store(store::Args),
    /// Compare runs, or two stages of one run.
    Compare(compare::Args),
    /// Show runs in a browser, and take what MLflow clients log.
    Serve(serve::Args),
    /// One HTML file about a run or an experiment.
    Report(report::Args),
    /// Copy runs to an MLflow server.
    Export(export::Args),
    /// Run the stages of a study, and show where it stands and what came out.
    Experiment(experiment::Args),
    /// A picture of what a run has learned, or of the judgement of one page.
    Draw(draw::Args),
    /// How well pages match their references.
    Score(score::Args),
    /// Every ported number against what the original programs printed.
    Parity(parity::Args),
    /// Check a recipe, show what it resolves to, or list every key.
    Recipe(recipe::Args),
    /// What a defect detector finds, and why.
    Explain(explain::Args),
    /// What of the outside world is missing, and how to get it.
    Doctor(doctor::Args),
    /// Get the weights of a similarity network.
    Fetch(fetch::Args),
    /// Every similarity of two pictures.
    Similarity(similarity::Args),
    /// Scaffold a new domain.
    NewDomain(new_domain::Args),
}

/// Runs the program over the domains of `registry`.
pub fn main(registry: &Registry) -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("GALLEY_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let said = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let traced = TraceLayer.with_filter(Targets::new().with_target("galley", Level::INFO));
    tracing_subscriber::registry().with(said.with_filter(filter)).with(traced).init();
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    match dispatch(arguments, registry, &mut out) {
        Ok(code) => ExitCode::from(code),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // A reader that went away must not turn the error into a panic.
            let mistake = error.chain().find_map(|cause| cause.downcast_ref::<RecipeErrors>());
            let text = mistake.map_or_else(|| format!("error: {error:#}"), ToString::to_string);
            let _ = writeln!(std::io::stderr(), "{text}");
            ExitCode::from(if mistake.is_some() || refused(&error) { 2 } else { 1 })
        }
    }
}

fn dispatch(arguments: Arguments, registry: &Registry, out: &mut dyn Write) -> anyhow::Result<u8> {
    let runs = arguments.folder.as_path();
    match arguments.command {
        Command::Run(args) => run::run(args, registry, runs, out),
        Command::Resume(args) => resume::run(args, registry, runs, out),
        Command::Runs(args) => runs::run(&args, runs, out).map(|()| 0),
        Command::Store(args) => store::run(&args, runs, out),
        Command::Compare(args) => compare::run(&args, runs, out).map(|()| 0),
        Command::Serve(args) => serve::run(args, runs, out).map(|()| 0),
        Command::Report(args) => report::run(&args, runs, out).map(|()| 0),
        Command::Export(args) => export::run(&args, runs, out).map(|()| 0),
        Command::Experiment(args) => experiment::run(args, registry, runs, out),
        Command::Draw(args) => draw::run(&args, registry, runs, out).map(|()| 0),
        Command::Parity(args) => parity::run(&args, out),
        Command::Score(args) => score::run(&args, out),
        Command::Recipe(args) => recipe::run(args, registry, out),
        Command::Explain(args) => explain::run(args, registry, out),
        Command::Doctor(args) => doctor::run(args, registry, out),
        Command::Fetch(args) => fetch::run(&args, out).map(|()| 0),
        Command::Similarity(args) => similarity::run(&args, out).map(|()| 0),
        Command::NewDomain(args) => new_domain::run(args, out),
    }
}

/// Whether the store refused the request: no such run, a run that is being written, nothing usable to go on from, a
/// filter that says nothing, evaluations that cannot be compared.
fn refused(error: &anyhow::Error) -> bool {
    let asked_wrongly = error.chain().any(|cause| cause.is::<QueryError>() || cause.is::<CompareError>());
    asked_wrongly
        || error.chain().filter_map(|cause| cause.downcast_ref::<StoreError>()).any(|error| {
            matches!(
                error,
                StoreError::NotFound(_) | StoreError::Busy { .. } | StoreError::BadCheckpoint { .. }
            )
        })
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
