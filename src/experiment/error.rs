//! What can be wrong with an experiment file.

use std::path::PathBuf;

use crate::{recipe::RecipeErrors, store::StoreError};

/// A mistake in an experiment, with its place.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    #[error("cannot read the experiment {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{place}: {message}")]
    Malformed { place: String, message: String },
    #[error("{path}: {message}")]
    Invalid { path: PathBuf, message: String },
    #[error("{path}, stage `{stage}`")]
    Recipe {
        path: PathBuf,
        stage: String,
        #[source]
        source: RecipeErrors,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}
