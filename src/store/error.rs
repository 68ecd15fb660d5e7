//! What can go wrong with the store, always with the file (and, for journals, the offset) it went wrong in.

use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};

/// An error of the store. Trouble inside a journal that still allows an answer is no error but a
/// [`Damage`](crate::Damage).
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot {action} {}", path.display())]
    Io { action: String, path: PathBuf, source: io::Error },

    /// Another process holds the journal's lock.
    #[error("run {} is being written{}", run.display(), pid.map(|pid| format!(" by process {pid}")).unwrap_or_default())]
    Busy { run: PathBuf, pid: Option<u32> },

    #[error("{} is not a run's journal: {reason}", path.display())]
    NotAJournal { path: PathBuf, reason: String },

    #[error("{} at byte {offset}: {reason}", path.display())]
    Damaged { path: PathBuf, offset: u64, reason: String },

    #[error("record of {bytes} bytes is larger than a journal frame may be ({limit})")]
    TooLarge { bytes: usize, limit: usize },

    #[error("cannot encode a record")]
    Encode { source: serde_json::Error },

    /// The caller's closure failed; the checkpoints that were there before are untouched.
    #[error("checkpoint of step {step} was not written")]
    Checkpoint { step: u64, source: Box<dyn Error + Send + Sync> },

    #[error("{} is not a usable checkpoint: {reason}", path.display())]
    BadCheckpoint { path: PathBuf, reason: String },

    #[error("{}: {reason}", path.display())]
    BadMedia { path: PathBuf, reason: String },

    /// An earlier write failed and could not be undone; the journal up to there is intact.
    #[error("{} is closed after an earlier failure: {reason}", path.display())]
    Closed { path: PathBuf, reason: String },

    /// Parameters are written once.
    #[error("run {run} has parameter `{key}` = `{recorded}`; it cannot become `{given}`")]
    ParamConflict { run: String, key: String, recorded: String, given: String },

    /// Its own process alone says what a run of galley did.
    #[error("run {run} was recorded by galley itself; others can only add tags, notes, a name or a star")]
    OwnRun { run: String },

    #[error("{0}")]
    Exists(String),

    /// The message lists the candidates.
    #[error("{0}")]
    NotFound(String),
}

impl StoreError {
    /// For `map_err`: names what was tried and on which file.
    pub(crate) fn io(action: &str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let (action, path) = (action.to_owned(), path.to_owned());
        move |source| StoreError::Io { action, path, source }
    }
}
