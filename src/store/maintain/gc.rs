//! What nobody needs: runs marked as deleted, runs that were never completed, and media that no rule keeps.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Serialize;

use crate::{
    RunReader, RunStatus, RunSummary, StoreError, clock, durable, find::run_ids, journal::is_held, media,
    reader::JOURNAL, summaries,
};

/// A picture is stored a moment before the sample that names it: what is this young is kept.
const GRACE: Duration = Duration::from_secs(3600);
const DAY_MS: u64 = 24 * 3600 * 1000;

/// Which pictures and texts of samples are kept. Those of running and starred runs always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaRule {
    /// Those of training samples only in runs that ended less than this many days ago; `None` keeps all.
    pub training_days: Option<u64>,
    /// Those of held-out samples likewise.
    pub held_out_days: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Garbage {
    pub path: PathBuf,
    pub bytes: u64,
    pub why: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Collection {
    pub garbage: Vec<Garbage>,
    pub warnings: Vec<String>,
}

impl Collection {
    pub fn bytes(&self) -> u64 {
        self.garbage.iter().map(|garbage| garbage.bytes).sum()
    }

    /// Removes it all; returns what could not be.
    pub fn remove(&self) -> Vec<String> {
        let failures = self.garbage.iter().filter_map(|garbage| {
            let path = &garbage.path;
            let removed = if path.is_dir() { remove_run(path) } else { fs::remove_file(path) };
            removed.err().map(|error| format!("{}: {error}", path.display()))
        });
        failures.collect()
    }
}

/// Finds the garbage of a runs directory; removes nothing.
pub fn gc(runs_dir: &Path, rule: MediaRule) -> Result<Collection, StoreError> {
    let mut collection = Collection::default();
    let (gone, kept): (Vec<RunSummary>, Vec<RunSummary>) = summaries(runs_dir)?
        .into_iter()
        .partition(|run| run.deleted_ms.is_some() && !held(runs_dir, &run.id));
    for run in gone {
        let path = runs_dir.join(&run.id);
        collection.garbage.push(Garbage { bytes: tree_bytes(&path), path, why: "a run marked as deleted" });
    }
    for entry in fs::read_dir(runs_dir).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        let leftover = entry.file_name().to_string_lossy().starts_with(".new-");
        if leftover && !is_held(&path.join(JOURNAL)) && old_enough(&path) {
            collection.garbage.push(Garbage {
                bytes: tree_bytes(&path),
                path,
                why: "a run that was never completed",
            });
        }
    }
    match kept_media(runs_dir, &kept, rule) {
        Ok(keep) => collection.garbage.extend(unkept_media(runs_dir, &keep)),
        // What cannot be read may name any of them.
        Err(reason) => collection.warnings.push(format!("no media are removed: {reason}")),
    }
    Ok(collection)
}

fn held(runs_dir: &Path, id: &str) -> bool {
    is_held(&runs_dir.join(id).join(JOURNAL))
}

/// Hashes that a rule keeps.
fn kept_media(runs_dir: &Path, runs: &[RunSummary], rule: MediaRule) -> Result<BTreeSet<String>, String> {
    let listed: BTreeSet<&String> = runs.iter().map(|run| &run.id).collect();
    let mut keep = BTreeSet::new();
    for id in run_ids(runs_dir).map_err(|error| error.to_string())? {
        let reader = RunReader::open(&runs_dir.join(&id)).map_err(|error| error.to_string())?;
        if !reader.damage().is_empty() {
            return Err(format!("run {id} has damaged records, see fsck"));
        }
        if !listed.contains(&id) {
            continue;
        }
        let run = reader.summary();
        for head in reader.sample_heads() {
            let days = if head.stage.starts_with("eval") { rule.held_out_days } else { rule.training_days };
            if keeps(&run, days) {
                keep.extend(head.media.values().cloned());
            }
        }
    }
    Ok(keep)
}

fn keeps(run: &RunSummary, days: Option<u64>) -> bool {
    let ended = run.ended_ms.unwrap_or(run.updated_ms);
    let young = days.is_none_or(|days| clock::now_ms().saturating_sub(ended) < days * DAY_MS);
    young || run.starred || run.status == RunStatus::Running
}

fn unkept_media(runs_dir: &Path, keep: &BTreeSet<String>) -> Vec<Garbage> {
    let mut garbage = Vec::new();
    for folder in fs::read_dir(media::media_dir(runs_dir)).into_iter().flatten().filter_map(Result::ok) {
        for entry in fs::read_dir(folder.path()).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            let hash = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if !keep.contains(&hash) && old_enough(&path) {
                let bytes = entry.metadata().map_or(0, |found| found.len());
                garbage.push(Garbage { path, bytes, why: "a picture or text that no kept sample names" });
            }
        }
    }
    garbage.sort_by(|a, b| a.path.cmp(&b.path));
    garbage
}

fn old_enough(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|found| found.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > GRACE))
}

/// First takes the run away from its name, so that no half of one is ever listed.
fn remove_run(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let away = folder.join(format!(".new-removed-{}", ulid::Ulid::new()));
    fs::rename(path, &away)?;
    durable::sync_directory(folder)?;
    fs::remove_dir_all(away)
}

fn tree_bytes(path: &Path) -> u64 {
    let of = |entry: fs::DirEntry| match entry.path() {
        path if path.is_dir() => tree_bytes(&path),
        _ => entry.metadata().map_or(0, |found| found.len()),
    };
    fs::read_dir(path).into_iter().flatten().filter_map(Result::ok).map(of).sum()
}
