//! `[eval]`: judging on held-out tasks.

use serde::{Deserialize, Serialize};

/// Judging on held-out tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct EvalConfig {
    /// Held-out tasks, at most.
    pub tasks: usize,
    /// Responses per task when not greedy.
    pub samples: usize,
    /// The likeliest token each time; one response per task.
    pub greedy: bool,
    /// Tasks decoded together.
    pub batch: usize,
    /// Responses per task sampled beside the greedy one: their mean is recorded as `sampled/…`, the best of them by reward
    /// as `best-of-<n>/…`; 0 = none.
    pub best_of: usize,
    /// Record for every task which of its reference's values the program has right (`value/<n>`, `values-right`): what
    /// studies count repairs from.
    pub values: bool,
    /// The number that picks the best checkpoint; empty = the domain's primary metric.
    pub primary: String,
}

impl Default for EvalConfig {
    fn default() -> Self {
        Self {
            tasks: 256,
            samples: 1,
            greedy: true,
            batch: 64,
            best_of: 0,
            values: false,
            primary: String::new(),
        }
    }
}

impl EvalConfig {
    /// Responses drawn for every task: one when greedy.
    pub fn samples_per_task(&self) -> usize {
        if self.greedy { 1 } else { self.samples.max(1) }
    }
}
