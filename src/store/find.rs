//! Which run somebody means.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{StoreError, index};

/// Candidates that an error lists.
const LISTED: usize = 8;

/// Ids of all runs, oldest first (they sort by time). Empty where there is no runs directory.
pub(crate) fn run_ids(runs_dir: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(runs_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(StoreError::io("list", runs_dir))?,
    };
    let mut ids = Vec::new();
    for entry in entries {
        let name = entry.map_err(StoreError::io("list", runs_dir))?.file_name();
        if let Some(name) = name.to_str().filter(|name| ulid::Ulid::from_string(name).is_ok()) {
            ids.push(name.to_owned());
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// The directory of the run with this very id. An id that comes from outside cannot lead anywhere else.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn run_dir(runs_dir: &Path, id: &str) -> Result<PathBuf, StoreError> {
    let dir = runs_dir.join(id);
    match ulid::Ulid::from_string(id).is_ok() && dir.join("journal.jnl").is_file() {
        true => Ok(dir),
        false => Err(StoreError::NotFound(format!("there is no run with id `{id}`"))),
    }
}

/// The directory of the run that `spec` means: `latest`, `latest~1` (the one before), an id, the beginning of an id in
/// any case, or a name; a path to a run directory is taken as it is.
///
/// # Errors
/// When nothing or more than one run fits; the message lists candidates.
pub fn find_run(runs_dir: &Path, spec: &str) -> Result<PathBuf, StoreError> {
    if spec.contains('/') && Path::new(spec).join("journal.jnl").is_file() {
        return Ok(PathBuf::from(spec));
    }
    let ids = run_ids(runs_dir)?;
    if ids.is_empty() {
        return Err(StoreError::NotFound(format!("there are no runs in {}", runs_dir.display())));
    }
    if let Some(back) = latest(spec) {
        let id = ids.iter().rev().nth(back);
        let missing =
            || StoreError::NotFound(format!("there are only {} runs in {}", ids.len(), runs_dir.display()));
        return id.map(|id| runs_dir.join(id)).ok_or_else(missing);
    }
    let upper = spec.to_ascii_uppercase();
    let mut fitting: Vec<&String> =
        ids.iter().filter(|id| !spec.is_empty() && id.starts_with(&upper)).collect();
    if let [id] = fitting[..] {
        return Ok(runs_dir.join(id));
    }
    let summaries = index::summaries(runs_dir)?;
    if fitting.is_empty() {
        let named = |id: &&String| summaries.iter().any(|summary| summary.id == **id && summary.name == spec);
        fitting = ids.iter().filter(named).collect();
    }
    match fitting[..] {
        [id] => Ok(runs_dir.join(id)),
        [] => Err(StoreError::NotFound(format!(
            "no run fits `{spec}`; there are{}",
            list(ids.iter(), &summaries)
        ))),
        _ => {
            let count = fitting.len();
            let candidates = list(fitting.into_iter(), &summaries);
            Err(StoreError::NotFound(format!("{count} runs fit `{spec}`; say which:{candidates}")))
        }
    }
}

fn latest(spec: &str) -> Option<usize> {
    match spec.strip_prefix("latest")? {
        "" => Some(0),
        rest => rest.strip_prefix('~')?.parse().ok(),
    }
}

/// The newest few, one to a line.
fn list<'a>(ids: impl DoubleEndedIterator<Item = &'a String>, summaries: &[crate::RunSummary]) -> String {
    let mut text = String::new();
    for (count, id) in ids.rev().enumerate() {
        if count == LISTED {
            text.push_str("\n  …");
            break;
        }
        let name = summaries.iter().find(|summary| summary.id == *id).map_or("", |summary| &summary.name);
        text.push_str(&format!("\n  {id}  {name}"));
    }
    text
}
