//! `galley experiment run|status|table|graph`.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use galley_core::Registry;

use super::launch::environment;
use crate::{
    experiment::{self, Execution, NodeState, Plan, execute, outcome, states, svg},
    recipe::Sources,
    store::view::Table,
    train::Interrupt,
};

/// Studies of several runs: `experiments/<name>.toml`
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Run what has not been run yet, and resume what was stopped.
    Run(Of),
    /// Where every run of the study stands.
    Status(Of),
    /// What came out, with intervals over seeds and tasks.
    Table(Of),
    /// The stages as a picture.
    Graph {
        #[command(flatten)]
        of: Of,
        /// SVG file to write.
        #[arg(short, long)]
        output: PathBuf,
    },
}

#[derive(clap::Args)]
struct Of {
    /// The experiment's file.
    experiment: PathBuf,
    /// Settings of every stage, stronger than the file's: `train.steps=10`.
    overrides: Vec<String>,
    /// Another number of the evaluations than the one that the study compares.
    #[arg(long)]
    metric: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Exit code 130 when a run was interrupted.
pub fn run(args: Args, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<u8> {
    match args.what {
        What::Run(of) => {
            let plan = plan(&of, registry, runs)?;
            let interrupt = Interrupt::listen();
            let environment = environment();
            let finished = execute(&Execution { plan: &plan, registry, runs, interrupt, environment })?;
            write_table(&plan, &of, registry, runs, out)?;
            Ok(if finished { 0 } else { 130 })
        }
        What::Status(of) => {
            write_status(&states(&plan(&of, registry, runs)?, runs, registry)?, of.json, out).map(|()| 0)
        }
        What::Table(of) => write_table(&plan(&of, registry, runs)?, &of, registry, runs, out).map(|()| 0),
        What::Graph { of, output } => {
            let plan = plan(&of, registry, runs)?;
            std::fs::write(&output, svg(&plan, &states(&plan, runs, registry)?))
                .with_context(|| format!("writing {}", output.display()))?;
            writeln!(out, "{}", output.display())?;
            Ok(0)
        }
    }
}

fn plan(of: &Of, registry: &Registry, runs: &Path) -> Result<Plan> {
    let mut overrides = of.overrides.clone();
    if runs != Path::new("runs") {
        overrides.push(format!("store.root={:?}", runs.display().to_string()));
    }
    Ok(Plan::read(&of.experiment, &Sources::of_process(None, overrides), registry)?)
}

fn write_table(plan: &Plan, of: &Of, registry: &Registry, runs: &Path, out: &mut dyn Write) -> Result<()> {
    let outcome = outcome(plan, runs, registry, of.metric.as_deref())?;
    if of.json {
        serde_json::to_writer_pretty(&mut *out, &outcome)?;
        return Ok(writeln!(out)?);
    }
    writeln!(out, "{}\n", outcome.question)?;
    Ok(out.write_all(experiment::text(&outcome, !std::io::stdout().is_terminal()).as_bytes())?)
}

fn write_status(states: &[NodeState], json: bool, out: &mut dyn Write) -> Result<()> {
    if json {
        serde_json::to_writer_pretty(&mut *out, states)?;
        return Ok(writeln!(out)?);
    }
    let mut table = Table::new(["stage", "seed", "node", "run", "status", "step"]).right(&[1, 5]);
    for state in states {
        let status = state.status.map_or_else(|| "not run".into(), |status| status.as_str().to_owned());
        let steps = state.steps.map_or(String::new(), |steps| format!("/{steps}"));
        let run = state.run.clone().unwrap_or_else(|| "–".into());
        let (seed, step) = (state.seed.to_string(), format!("{}{steps}", state.step));
        table.row([state.stage.clone(), seed, state.hash.clone(), run, status, step]);
    }
    Ok(out.write_all(table.text(!std::io::stdout().is_terminal()).as_bytes())?)
}
