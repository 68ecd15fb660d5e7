//! The first record of every run: all that is needed to repeat it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Written once, before the first step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StartRecord {
    /// The run's ULID, also the name of its directory. Filled by `RunWriter::create`.
    pub run: String,
    /// For people; need not be unique.
    pub name: String,
    /// Milliseconds since 1970. Filled by `RunWriter::create` where 0.
    pub created_ms: u64,
    /// The resolved recipe as TOML, every value with its origin in a comment; the same text as `recipe.toml`.
    pub recipe: String,
    /// BLAKE3 of `recipe`. Filled by `RunWriter::create` where empty.
    pub recipe_hash: String,
    /// Commit of the working tree that ran.
    pub git_commit: Option<String>,
    /// Uncommitted changes as a patch, cut at [`DIFF_LIMIT`] bytes; `None` on a clean tree.
    pub git_diff: Option<String>,
    /// `device`, `host`, `threads`, `command`, versions of packages and tools.
    pub environment: BTreeMap<String, String>,
    pub seed: u64,
    pub objective: String,
    pub domain: String,
    /// The number that evaluations and "best" go by; higher is better.
    pub primary_metric: String,
    /// Planned optimiser steps, for progress.
    pub steps: Option<u64>,
    /// Set on a fork.
    pub parent: Option<Parent>,
    pub tags: BTreeMap<String, String>,
    /// Which program logs it, for runs that galley did not start; empty for its own.
    pub origin: String,
    /// Id of the experiment it belongs to; empty for the default one.
    pub experiment: String,
    /// Who started it, where that is known.
    pub user: String,
}

/// Where a fork branched off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parent {
    pub run: String,
    pub step: u64,
}

/// Longest patch that a start record keeps.
pub const DIFF_LIMIT: usize = 1 << 20;

/// Cuts a patch at [`DIFF_LIMIT`] (on a character boundary) and says so in its last line.
pub(crate) fn cap_diff(mut diff: String) -> String {
    if diff.len() > DIFF_LIMIT {
        let whole = diff.len();
        let end = (0..=DIFF_LIMIT).rev().find(|&at| diff.is_char_boundary(at)).unwrap_or(0);
        diff.truncate(end);
        diff.push_str(&format!("\n[cut: the patch has {whole} bytes]\n"));
    }
    diff
}
