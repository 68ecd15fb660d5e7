//! What differs between two runs besides the recipe: code and environment.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::StartRecord;

/// Code and environment of two runs; empty where they agree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeDifference {
    /// Commits, where they differ.
    pub commits: Option<(String, String)>,
    /// Whether the uncommitted patches differ.
    pub patches_differ: bool,
    /// Entries of the environment that differ: name, baseline, other.
    pub environment: Vec<(String, String, String)>,
}

/// `command` is left out: what it says is in the recipe.
pub fn compare_code(baseline: &StartRecord, other: &StartRecord) -> CodeDifference {
    let commit = |start: &StartRecord| start.git_commit.clone().unwrap_or_else(|| "unknown".into());
    let (a, b) = (&baseline.environment, &other.environment);
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).filter(|name| *name != "command").collect();
    let value = |map: &std::collections::BTreeMap<String, String>, name: &String| {
        map.get(name).cloned().unwrap_or_else(|| "–".into())
    };
    let differing = names.into_iter().filter(|name| a.get(*name) != b.get(*name));
    CodeDifference {
        commits: (baseline.git_commit != other.git_commit).then(|| (commit(baseline), commit(other))),
        patches_differ: baseline.git_diff != other.git_diff,
        environment: differing.map(|name| (name.clone(), value(a, name), value(b, name))).collect(),
    }
}
