//! `[store]`: the record of the run.

use serde::{Deserialize, Serialize};

/// The record of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Folder of run directories.
    pub root: String,
    /// Rollouts kept with picture and text per step; the numbers of all are kept.
    pub samples_per_step: usize,
    /// Force every journal entry to the disk; off, an entry can be lost with the machine but not with the process.
    pub fsync: bool,
    /// Steps of the objective whose parts are traced into `trace.json` of the run, for Perfetto or chrome://tracing.
    pub trace_steps: u64,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { root: "runs".into(), samples_per_step: 4, fsync: false, trace_steps: 10 }
    }
}
