//! Whether everything in a runs directory can be read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{
    Durability, RunReader, RunStatus, StoreError,
    find::run_ids,
    index,
    journal::{Appender, Item, Scanner},
    media_path,
    reader::JOURNAL,
};

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub path: PathBuf,
    pub message: String,
    /// Whether anything that was recorded cannot be read: else it is only untidy.
    pub is_loss: bool,
    /// Whether [`repair`] puts it right.
    pub repairable: bool,
}

/// Reads every journal, every checkpoint and the index; `deep` also every picture that a sample names. Changes nothing
/// but a damaged index, which heals when it is opened.
///
/// # Errors
/// Only when the runs directory cannot be listed.
pub fn fsck(runs_dir: &Path, deep: bool) -> Result<Vec<Finding>, StoreError> {
    let mut findings = strays(runs_dir)?;
    for id in run_ids(runs_dir)? {
        findings.extend(run(runs_dir, &id, deep));
    }
    for name in ["experiments.jnl", "documents.jnl"] {
        findings.extend(shared(&runs_dir.join(".store").join(name)));
    }
    if !index::answers(runs_dir) {
        findings.push(Finding {
            path: runs_dir.join(".store/index"),
            message: "the index cannot be had (taken, or not writable): answers come from the journals"
                .into(),
            is_loss: false,
            repairable: true,
        });
    }
    Ok(findings)
}

/// Puts right what can be: cuts unfinished records off the journals of runs that nobody writes, removes runs that were
/// never completed, and throws the index away. Returns what it did.
pub fn repair(runs_dir: &Path, findings: &[Finding]) -> Vec<String> {
    let mut done = Vec::new();
    for finding in findings.iter().filter(|finding| finding.repairable) {
        let path = &finding.path;
        let result = match path.file_name().map(|name| name.to_string_lossy().into_owned()) {
            Some(name) if name == JOURNAL => Appender::open(path, Durability::Group)
                .map(|(_, tail)| format!("cut {} bytes off {}", tail.map_or(0, |t| t.bytes), path.display())),
            Some(name) if name.starts_with(".new-") => fs::remove_dir_all(path)
                .map(|()| format!("removed {}", path.display()))
                .map_err(StoreError::io("remove", path)),
            _ => fs::remove_dir_all(runs_dir.join(".store/index"))
                .map(|()| "threw the index away".to_owned())
                .map_err(StoreError::io("remove", path)),
        };
        done.push(result.unwrap_or_else(|error| format!("left as it is: {error}")));
    }
    done
}

fn strays(runs_dir: &Path) -> Result<Vec<Finding>, StoreError> {
    let Ok(entries) = fs::read_dir(runs_dir) else {
        return run_ids(runs_dir).map(|_| Vec::new());
    };
    let mut findings = Vec::new();
    for entry in entries.filter_map(Result::ok) {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let unfinished = name.starts_with(".new-");
        if unfinished && crate::journal::is_held(&path.join(JOURNAL)) {
            continue;
        }
        if unfinished {
            let message = "a run that was never completed".to_owned();
            findings.push(Finding { path, message, is_loss: false, repairable: true });
        } else if ulid::Ulid::from_string(&name).is_err() && !name.starts_with('.') {
            let message = "no part of the store".to_owned();
            findings.push(Finding { path, message, is_loss: false, repairable: false });
        }
    }
    Ok(findings)
}

fn run(runs_dir: &Path, id: &str, deep: bool) -> Vec<Finding> {
    let dir = runs_dir.join(id);
    let journal = dir.join(JOURNAL);
    let lost = |path: &Path, message: String| Finding {
        path: path.to_owned(),
        message,
        is_loss: true,
        repairable: false,
    };
    let reader = match RunReader::open(&dir) {
        Ok(reader) => reader,
        Err(error) => return vec![lost(&journal, chain(&error))],
    };
    let mut findings: Vec<Finding> = Vec::new();
    for damage in reader.damage() {
        let text = format!("byte {}: {} bytes: {}", damage.offset, damage.bytes, damage.reason);
        findings.push(lost(&journal, text));
    }
    let alive = crate::journal::is_held(&journal);
    if let Some(tail) = reader.tail().filter(|_| !alive) {
        let message =
            format!("byte {}: {} bytes of a record that was never finished", tail.offset, tail.bytes);
        findings.push(Finding { path: journal.clone(), message, is_loss: false, repairable: true });
    }
    findings.extend(shared(&dir.join("edits.jnl")));
    for checkpoint in reader.checkpoints() {
        let path = dir.join(&checkpoint.path);
        // Retention removes old ones on purpose.
        if path.exists()
            && let Err(error) = reader.checkpoint_at(checkpoint.step)
        {
            findings.push(lost(&path, chain(&error)));
        }
    }
    if deep && reader.summary().status != RunStatus::Running {
        findings.extend(media(runs_dir, &reader));
    }
    findings
}

fn media(runs_dir: &Path, reader: &RunReader) -> Vec<Finding> {
    let mut hashes: Vec<&String> = reader.sample_heads().flat_map(|head| head.media.values()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let bad = |hash: &String| {
        let (picture, text) = (media_path(runs_dir, hash, "png"), media_path(runs_dir, hash, "txt"));
        let read = if text.exists() {
            crate::read_text(runs_dir, hash).map(drop)
        } else {
            crate::read_image(runs_dir, hash).map(drop)
        };
        let error = read.err()?;
        Some(Finding { path: picture, message: chain(&error), is_loss: true, repairable: false })
    };
    hashes.into_iter().filter_map(bad).collect()
}

/// A journal that several append to.
fn shared(path: &Path) -> Vec<Finding> {
    let lost = |message: String| Finding { path: path.to_owned(), message, is_loss: true, repairable: false };
    if crate::edits::length(path) == 0 {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut scanner = match Scanner::open(path) {
        Ok(scanner) => scanner,
        Err(error) => return vec![lost(chain(&error))],
    };
    loop {
        match scanner.next() {
            Ok(Some(Item::Damage(damage))) => {
                findings
                    .push(lost(format!("byte {}: {} bytes: {}", damage.offset, damage.bytes, damage.reason)));
            }
            Ok(Some(Item::Frame(_))) => {}
            Ok(None) => return findings,
            Err(error) => {
                findings.push(lost(chain(&error)));
                return findings;
            }
        }
    }
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
