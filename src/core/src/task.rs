//! What the policy is asked for.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{DomainError, Image, Render};

/// Part of the data: training never touches held-out tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    Train,
    HeldOut,
}

/// An ordered, deterministic, indexable collection of tasks. Called from many threads at once.
pub trait TaskSet: Send + Sync {
    fn len(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Task `index` of `0..len()`; the same task each time.
    ///
    /// # Errors
    /// Only for harness faults: a task that cannot be used is left out when the set is made and listed in `skipped`.
    fn get(&self, index: usize) -> Result<Arc<Task>, DomainError>;

    /// Inputs that were left out, each with its reason.
    fn skipped(&self) -> Vec<Skipped> {
        Vec::new()
    }
}

/// An input that could not become a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    pub id: String,
    pub reason: String,
}

/// One thing to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Unique in its domain and stable over runs: results of two runs are joined on it.
    pub id: String,
    pub prompt: Prompt,
    /// What it should look like, where that is known.
    pub reference: Option<Reference>,
    /// Facets for slicing results: `family`, `difficulty`, …
    pub labels: BTreeMap<String, String>,
}

/// The target of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// The program that made it, where there is one (`opsd` and `sft` need it).
    pub program: Option<String>,
    pub render: Arc<Render>,
}

/// What the student sees, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    Image(Arc<Image>),
}
