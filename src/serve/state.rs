//! What all requests share.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_store::{RunReader, RunSummary, find_run};
use tokio::sync::Semaphore;

use crate::{error::PageError, mlflow::Tracking};

/// Live connections at most; a page that gets none still works, it only does not move.
const LISTENERS: usize = 64;

pub(crate) struct App {
    pub(crate) runs_dir: PathBuf,
    pub(crate) listeners: Arc<Semaphore>,
    pub(crate) tracking: Tracking,
}

pub(crate) type Shared = Arc<App>;

impl App {
    pub(crate) fn new(runs_dir: PathBuf, artifact_root: Option<String>) -> Self {
        let tracking = Tracking::new(&runs_dir, artifact_root);
        Self { runs_dir, listeners: Arc::new(Semaphore::new(LISTENERS)), tracking }
    }

    /// All runs that are not marked as deleted, newest first.
    pub(crate) fn summaries(&self) -> Result<Vec<Arc<RunSummary>>, PageError> {
        let mut runs = self.tracking.catalog.runs()?;
        runs.retain(|run| run.deleted_ms.is_none());
        Ok(runs)
    }

    /// The directory of the run that `spec` means. Paths are refused: a request must not lead out of the runs directory.
    pub(crate) fn run_dir(&self, spec: &str) -> Result<PathBuf, PageError> {
        if spec.contains(['/', '\\', '\0']) || spec.starts_with('.') {
            return Err(PageError::missing(format!("no run is called `{spec}`")));
        }
        Ok(find_run(&self.runs_dir, spec)?)
    }

    pub(crate) fn run(&self, spec: &str) -> Result<RunReader, PageError> {
        Ok(RunReader::open(&self.run_dir(spec)?)?)
    }

    pub(crate) fn runs(&self) -> &Path {
        &self.runs_dir
    }
}
