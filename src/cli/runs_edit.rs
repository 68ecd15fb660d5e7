//! What people say about runs: tags, notes, stars, names, and the mark of deletion.

use std::{io::Write, path::Path};

use clap::Subcommand;

use crate::store::{Edits, RunReader, find_run};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set tags (`key=value`) or remove them (`key=`)
    Tag {
        /// Id, beginning of an id, name, `latest` or `latest~1`
        run: String,
        #[arg(required = true)]
        tags: Vec<String>,
        /// The run as JSON
        #[arg(long)]
        json: bool,
    },
    /// Add a note
    Note {
        /// Id, beginning of an id, name, `latest` or `latest~1`
        run: String,
        #[arg(required = true)]
        text: Vec<String>,
        /// The run as JSON
        #[arg(long)]
        json: bool,
    },
    /// Mark a run that matters; its media are never collected
    Star {
        /// Id, beginning of an id, name, `latest` or `latest~1`
        run: String,
        /// Take the star away
        #[arg(long)]
        off: bool,
        /// The run as JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a run another name
    Rename {
        /// Id, beginning of an id, name, `latest` or `latest~1`
        run: String,
        name: String,
        /// The run as JSON
        #[arg(long)]
        json: bool,
    },
    /// Mark runs as deleted; `galley store gc --apply` removes them
    Delete {
        /// Ids, beginnings of ids, names
        #[arg(required = true)]
        runs: Vec<String>,
        /// The runs as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take the mark of deletion away
    Restore {
        /// Ids, beginnings of ids, names
        #[arg(required = true)]
        runs: Vec<String>,
        /// The runs as JSON
        #[arg(long)]
        json: bool,
    },
}

/// # Errors
/// When no run fits, or its directory cannot be written.
pub fn run(command: &Command, runs_dir: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let (specs, json) = match command {
        Command::Tag { run, json, .. }
        | Command::Note { run, json, .. }
        | Command::Star { run, json, .. }
        | Command::Rename { run, json, .. } => (std::slice::from_ref(run), *json),
        Command::Delete { runs, json } | Command::Restore { runs, json } => (&runs[..], *json),
    };
    // All are found before any is changed.
    let dirs = specs.iter().map(|spec| find_run(runs_dir, spec)).collect::<Result<Vec<_>, _>>()?;
    for dir in &dirs {
        edit(command, &Edits::of(dir)?)?;
        let summary = RunReader::open(dir)?.summary();
        if json {
            serde_json::to_writer_pretty(&mut *out, &summary)?;
            writeln!(out)?;
        } else {
            let tags: Vec<String> =
                summary.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let star = if summary.starred { " ★" } else { "" };
            let mark = if summary.deleted_ms.is_some() { " marked as deleted" } else { "" };
            writeln!(out, "{} {}{star}{mark} {}", summary.id, summary.name, tags.join(" "))?;
        }
    }
    Ok(())
}

fn edit(command: &Command, edits: &Edits) -> anyhow::Result<()> {
    match command {
        Command::Tag { tags, .. } => {
            let parsed = tags.iter().map(|tag| match tag.split_once('=') {
                Some((key, "")) => Ok((key.to_owned(), None)),
                Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), Some(value.to_owned()))),
                _ => anyhow::bail!("a tag is `key=value`, not `{tag}`"),
            });
            edits.tags(&parsed.collect::<anyhow::Result<_>>()?)?;
        }
        Command::Note { text, .. } => edits.note(&text.join(" "))?,
        Command::Star { off, .. } => edits.star(!off)?,
        Command::Rename { name, .. } => edits.rename(name)?,
        Command::Delete { .. } => edits.delete(true)?,
        Command::Restore { .. } => edits.delete(false)?,
    }
    Ok(())
}
