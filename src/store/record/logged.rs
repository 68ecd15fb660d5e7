//! What other programs log: parameters, metric points with their own clock, and documents that are kept as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::numbers;

/// One point of a metric, as its program measured it. Written as `[key, value, timestamp_ms, step]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoggedMetric(
    pub String,
    #[serde(with = "numbers::one")] pub f64,
    /// Milliseconds since 1970.
    pub i64,
    pub i64,
);

impl LoggedMetric {
    pub fn new(key: impl Into<String>, value: f64, timestamp_ms: i64, step: i64) -> Self {
        Self(key.into(), value, timestamp_ms, step)
    }

    pub fn key(&self) -> &str {
        &self.0
    }

    pub fn value(&self) -> f64 {
        self.1
    }

    pub fn timestamp_ms(&self) -> i64 {
        self.2
    }

    /// May be negative and may repeat.
    pub fn step(&self) -> i64 {
        self.3
    }
}

/// Points in the order in which they were logged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PointsRecord {
    pub points: Vec<LoggedMetric>,
}

/// Parameters; each is written once in the life of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ParamsRecord {
    pub values: BTreeMap<String, String>,
}

/// Something that is kept as it came: a data set that a run read (`input`), a model that it made (`output`), or with
/// an `id` a document that can be replaced and removed (no `value`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentRecord {
    pub kind: String,
    pub id: String,
    pub value: Option<serde_json::Value>,
    pub at_ms: u64,
}
