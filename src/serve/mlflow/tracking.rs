//! What the interface keeps open: the catalogue of runs, the runs that are being logged, experiments, documents.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use galley_store::{
    Catalog, DEFAULT_EXPERIMENT, Documents, EditRecord, Edits, Experiment, Experiments, LogPool, LogWriter,
    RunSummary, StoreError, run_dir,
};

use super::error::ApiError;

/// Where artifacts go unless an experiment says otherwise: through this server.
const PROXIED: &str = "mlflow-artifacts:/";

pub(crate) struct Tracking {
    pub(crate) runs_dir: PathBuf,
    pub(crate) catalog: Catalog,
    pub(crate) pool: LogPool,
    pub(crate) experiments: Experiments,
    pub(crate) documents: Documents,
    /// Where the artifacts of new experiments are, ends without a slash (but for the proxied root).
    pub(crate) artifact_root: String,
}

impl Tracking {
    /// `artifact_root`: another place than this server, such as `file:///data/artifacts`.
    pub(crate) fn new(runs_dir: &Path, artifact_root: Option<String>) -> Self {
        Self {
            runs_dir: runs_dir.to_owned(),
            catalog: Catalog::new(runs_dir),
            pool: LogPool::new(runs_dir),
            experiments: Experiments::of(runs_dir),
            documents: Documents::of(runs_dir),
            artifact_root: artifact_root.map_or(PROXIED.into(), |root| root.trim_end_matches('/').to_owned()),
        }
    }

    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST`.
    pub(crate) fn run(&self, id: &str) -> Result<Arc<RunSummary>, ApiError> {
        match self.catalog.run(id) {
            Err(StoreError::NotFound(_)) => Err(ApiError::missing(format!("Run with id={id} not found"))),
            found => Ok(found?),
        }
    }

    /// A run that may be changed.
    ///
    /// # Errors
    /// Where it is marked as deleted, besides.
    pub(crate) fn active(&self, id: &str) -> Result<Arc<RunSummary>, ApiError> {
        let run = self.run(id)?;
        match run.deleted_ms {
            None => Ok(run),
            Some(_) => {
                let text = format!("The run {id} must be in the 'active' state. Current state is deleted.");
                Err(ApiError::invalid(text))
            }
        }
    }

    /// Who writes what the run's program logs.
    pub(crate) fn writer(&self, id: &str) -> Result<Arc<LogWriter>, ApiError> {
        Ok(self.pool.get(id)?)
    }

    /// Name, tags and marks, also of runs that galley itself recorded.
    pub(crate) fn edit(&self, id: &str, edit: EditRecord) -> Result<(), ApiError> {
        match self.pool.get(id) {
            Ok(writer) => writer.edits().edit(edit)?,
            Err(StoreError::OwnRun { .. } | StoreError::Busy { .. }) => {
                Edits::of(&run_dir(&self.runs_dir, id)?)?.edit(edit)?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// # Errors
    /// `RESOURCE_DOES_NOT_EXIST`.
    pub(crate) fn experiment(&self, id: &str) -> Result<Experiment, ApiError> {
        match self.experiments.get(id) {
            Err(StoreError::NotFound(_)) => {
                Err(ApiError::missing(format!("No Experiment with id={id} exists")))
            }
            found => Ok(found?),
        }
    }

    /// The artifact location of an experiment.
    pub(crate) fn location(&self, experiment: &Experiment) -> String {
        match experiment.artifact_location.as_str() {
            "" if self.artifact_root == PROXIED => format!("{PROXIED}{}", experiment.id),
            "" => format!("{}/{}", self.artifact_root, experiment.id),
            own => own.to_owned(),
        }
    }

    /// The artifact location of a run.
    pub(crate) fn artifact_uri(&self, run: &RunSummary) -> String {
        let id = if run.experiment.is_empty() { DEFAULT_EXPERIMENT } else { &run.experiment };
        let known = self
            .experiments
            .get(id)
            .unwrap_or_else(|_| Experiment { id: id.into(), ..Experiment::default() });
        format!("{}/{}/artifacts", self.location(&known), run.id)
    }
}
