//! All summaries in the memory of a long-lived process.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{
    RunStatus, RunSummary, StoreError,
    find::{run_dir, run_ids},
    index,
    reader::settle,
    tracked::{Advance, Tracked},
};

/// The runs of a directory. The first answer reads the index, every later one only what was written since, so it costs
/// a look at each run's files. For many threads.
pub struct Catalog {
    runs_dir: PathBuf,
    runs: Mutex<BTreeMap<String, Known>>,
}

#[derive(Default)]
struct Known {
    tracked: Tracked,
    shown: Arc<RunSummary>,
}

impl Catalog {
    pub fn new(runs_dir: &Path) -> Self {
        Self { runs_dir: runs_dir.to_owned(), runs: Mutex::default() }
    }

    pub fn runs_dir(&self) -> &Path {
        &self.runs_dir
    }

    /// All runs, newest first, those marked as deleted among them. Runs that cannot be read at all are left out with a
    /// warning in the log.
    ///
    /// # Errors
    /// Only when the runs directory cannot be listed.
    pub fn runs(&self) -> Result<Vec<Arc<RunSummary>>, StoreError> {
        let mut runs = self.runs.lock();
        if runs.is_empty() {
            let tracked = index::tracked(&self.runs_dir)?.into_iter();
            *runs = tracked.map(|tracked| (tracked.summary.id.clone(), Known::new(tracked))).collect();
        }
        let ids = run_ids(&self.runs_dir)?;
        runs.retain(|id, _| ids.binary_search(id).is_ok());
        let mut shown = Vec::with_capacity(ids.len());
        for id in ids.iter().rev() {
            let known = runs.entry(id.clone()).or_default();
            match known.refresh(&self.runs_dir.join(id)) {
                Ok(summary) => shown.push(summary),
                Err(error) => {
                    tracing::warn!("run {id} is left out: {error}");
                    runs.remove(id);
                }
            }
        }
        Ok(shown)
    }

    /// One run.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when its journal cannot be read.
    pub fn run(&self, id: &str) -> Result<Arc<RunSummary>, StoreError> {
        let dir = run_dir(&self.runs_dir, id)?;
        let mut runs = self.runs.lock();
        if let Some(known) = runs.get_mut(id) {
            return known.refresh(&dir);
        }
        let mut known = Known::default();
        let summary = known.refresh(&dir)?;
        // Alone in an empty catalogue it would pass for all of them.
        if !runs.is_empty() {
            runs.insert(id.to_owned(), known);
        }
        Ok(summary)
    }
}

impl Known {
    fn new(tracked: Tracked) -> Self {
        let shown = Arc::new(tracked.summary.clone());
        Self { tracked, shown }
    }

    fn refresh(&mut self, run_dir: &Path) -> Result<Arc<RunSummary>, StoreError> {
        let unchanged = matches!(self.tracked.advance(run_dir)?, Advance::Unchanged);
        // Whether its writer still lives is in no file.
        let may_have_died =
            self.tracked.summary.status == RunStatus::Running && self.tracked.summary.origin.is_empty();
        if !unchanged || may_have_died {
            let mut summary = self.tracked.summary.clone();
            settle(&mut summary, run_dir);
            self.shown = Arc::new(summary);
        }
        Ok(Arc::clone(&self.shown))
    }
}
