//! Why a similarity is not there.

use std::path::PathBuf;

/// Absent or damaged weights, or a failed download.
#[derive(Debug, thiserror::Error)]
pub enum PerceptualError {
    #[error("{name} has no weights here: {} does not exist", path.display())]
    Absent {
        name: String,
        /// The file that was looked for.
        path: PathBuf,
        /// How to get it.
        help: String,
    },
    #[error("{}: {problem}", path.display())]
    Damaged { path: PathBuf, problem: String },
    #[error("{what}: {problem}")]
    Fetch { what: String, problem: String },
    #[error("a similarity network failed: {0}")]
    Network(#[from] candle_core::Error),
}

impl PerceptualError {
    pub(super) fn damaged(path: impl Into<PathBuf>, problem: impl ToString) -> Self {
        Self::Damaged { path: path.into(), problem: problem.to_string() }
    }

    pub(super) fn fetch(what: impl Into<String>, problem: impl ToString) -> Self {
        Self::Fetch { what: what.into(), problem: problem.to_string() }
    }
}
