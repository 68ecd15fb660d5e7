//! What people and other processes say about a run: tags, name, star, delete mark; and about experiments.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A change that is made from outside, to a run or (with `experiment`) to an experiment. The last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EditRecord {
    pub at_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Tags to set, or to remove (`null`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub star: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
    /// Id of the experiment that is meant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub experiment: String,
}

/// A new experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExperimentRecord {
    pub id: String,
    pub name: String,
    pub artifact_location: String,
    pub created_ms: u64,
    pub tags: BTreeMap<String, String>,
}
