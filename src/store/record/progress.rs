//! The small records: metrics, checkpoints, status, attempts and remarks.

use serde::{Deserialize, Serialize};

use crate::{Numbers, numbers};

/// The numbers of one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MetricsRecord {
    pub step: u64,
    pub attempt: u32,
    /// Run time up to here, all attempts together, time between attempts not counted.
    pub wall_ms: u64,
    #[serde(with = "numbers::map")]
    pub values: Numbers,
}

/// A complete checkpoint: the directory was in place, synced, before this was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckpointRecord {
    pub step: u64,
    pub attempt: u32,
    pub wall_ms: u64,
    /// Relative to the run directory.
    pub path: String,
    pub bytes: u64,
    /// BLAKE3 of its manifest, which holds the BLAKE3 of every file.
    pub hash: String,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    Running,
    /// Announced by another program, not begun.
    Scheduled,
    Finished,
    /// Ended early on request.
    Stopped,
    Failed,
    /// On record as running, but no process holds its journal; never written.
    #[default]
    Dead,
}

impl RunStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Scheduled => "scheduled",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Dead => "dead",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusRecord {
    pub status: RunStatus,
    pub message: String,
    pub at_ms: u64,
    pub wall_ms: u64,
    /// When another program says that it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<u64>,
}

/// The run is alive and busy with `stage`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HeartbeatRecord {
    pub stage: String,
    pub at_ms: u64,
    pub wall_ms: u64,
}

/// A process took up the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AttemptRecord {
    /// 1 for the first.
    pub n: u32,
    pub pid: u32,
    pub host: String,
    /// The step it goes on from; `None` for the first attempt.
    pub resumed_from: Option<u64>,
    pub at_ms: u64,
    /// Run time at its beginning.
    pub wall_ms: u64,
}

/// Everything that was recorded before this and belongs to a step after `to` is hidden; with no `to`, everything that
/// belongs to any step. Steps count through all stages of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RewindRecord {
    pub to: Option<u64>,
}

/// Something that a person should look at: a collapse alarm, a lost teacher, a harness fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlarmRecord {
    pub step: u64,
    pub name: String,
    pub message: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoteRecord {
    pub text: String,
    pub at_ms: u64,
}
