//! `galley store`: looking after the runs directory, and tables for other programs.

use std::{
    fs::File,
    io::{BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};

use super::runs_list;
use crate::store::{
    export,
    maintain::{MediaRule, fsck, gc, repair},
    summaries,
    view::size,
};

/// Look after the runs directory
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Whether everything that was recorded can be read; exit code 1 where something is lost
    Fsck {
        /// Also every picture and text that a sample names
        #[arg(long)]
        deep: bool,
        /// Cut off unfinished records, remove runs that were never completed, throw a damaged index away
        #[arg(long)]
        repair: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// What nobody needs: runs marked as deleted, leftovers, pictures that no kept sample names
    Gc {
        /// Remove it; without this it is only listed
        #[arg(long)]
        apply: bool,
        /// Pictures of training samples only of runs that ended less than this many days ago
        #[arg(long, value_name = "DAYS")]
        keep_training: Option<u64>,
        /// Pictures of held-out samples likewise
        #[arg(long, value_name = "DAYS")]
        keep_held_out: Option<u64>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Runs as a table for other programs
    Export {
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
        /// What a row is
        #[arg(long, value_enum, default_value_t = What::Runs)]
        what: What,
        /// Only runs that fit, as for `galley runs`
        #[arg(long = "where", value_name = "FILTER")]
        filter: Option<String>,
        /// File to write; default: the standard output
        #[arg(long, short)]
        output: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Csv,
    /// JSON lines
    Jsonl,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// A run with its parameters and the latest value of each metric
    Runs,
    /// A point of a metric
    Metrics,
    /// A number of a task in an evaluation
    Evals,
    /// A sample, without its text
    Samples,
}

/// # Errors
/// When the runs directory cannot be read, or the output not written.
pub fn run(args: &Args, runs_dir: &Path, out: &mut dyn Write) -> anyhow::Result<u8> {
    match &args.command {
        Command::Fsck { deep, repair, json } => check(runs_dir, *deep, *repair, *json, out),
        Command::Gc { apply, keep_training, keep_held_out, json } => {
            let rule = MediaRule { training_days: *keep_training, held_out_days: *keep_held_out };
            collect(runs_dir, rule, *apply, *json, out)
        }
        Command::Export { format, what, filter, output } => {
            let list = runs_list::Args { filter: filter.clone(), ..runs_list::Args::default() };
            export(runs_dir, &list, *what, *format, output.as_deref(), out)
        }
    }
}

fn check(runs_dir: &Path, deep: bool, mend: bool, json: bool, out: &mut dyn Write) -> anyhow::Result<u8> {
    let findings = fsck(runs_dir, deep)?;
    let lost = findings.iter().filter(|finding| finding.is_loss).count();
    if json {
        serde_json::to_writer_pretty(&mut *out, &findings)?;
        writeln!(out)?;
    } else {
        for finding in &findings {
            let kind = if finding.is_loss { "lost" } else { "untidy" };
            writeln!(out, "{kind}\t{}\t{}", finding.path.display(), finding.message)?;
        }
        let runs = summaries(runs_dir)?.len();
        writeln!(out, "{runs} runs, {lost} losses, {} untidy", findings.len() - lost)?;
    }
    if mend {
        repair(runs_dir, &findings).iter().try_for_each(|done| writeln!(out, "{done}"))?;
    }
    Ok(u8::from(lost > 0))
}

fn collect(
    runs_dir: &Path,
    rule: MediaRule,
    apply: bool,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    let collection = gc(runs_dir, rule)?;
    if json {
        serde_json::to_writer_pretty(&mut *out, &collection)?;
        writeln!(out)?;
    } else {
        for garbage in &collection.garbage {
            writeln!(out, "{}\t{}\t{}", size(garbage.bytes), garbage.path.display(), garbage.why)?;
        }
        collection.warnings.iter().try_for_each(|warning| writeln!(out, "warning: {warning}"))?;
        let what = if apply { "removed" } else { "to remove with --apply" };
        writeln!(out, "{} in {} places {what}", size(collection.bytes()), collection.garbage.len())?;
    }
    let failed = if apply { collection.remove() } else { Vec::new() };
    failed.iter().try_for_each(|failure| writeln!(out, "not removed: {failure}"))?;
    Ok(u8::from(!failed.is_empty()))
}

fn export(
    runs_dir: &Path,
    list: &runs_list::Args,
    what: What,
    format: Format,
    output: Option<&Path>,
    out: &mut dyn Write,
) -> anyhow::Result<u8> {
    if format == Format::Parquet && output.is_none() && std::io::stdout().is_terminal() {
        bail!("Parquet is not for a terminal; name a file with --output");
    }
    let runs = runs_list::chosen(list, summaries(runs_dir)?)?;
    let what = match what {
        What::Runs => export::What::Runs,
        What::Metrics => export::What::Metrics,
        What::Evals => export::What::Evals,
        What::Samples => export::What::Samples,
    };
    let format = match format {
        Format::Csv => export::Format::Csv,
        Format::Jsonl => export::Format::JsonLines,
        Format::Parquet => export::Format::Parquet,
    };
    match output {
        None => export::export(runs_dir, &runs, what, format, out)?,
        Some(path) => {
            let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
            let mut file = BufWriter::new(file);
            export::export(runs_dir, &runs, what, format, &mut file)?;
            file.flush().with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(0)
}
