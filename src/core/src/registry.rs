//! Which domains there are. Explicit: a list in the program's `main`, no link-time magic.

use std::{path::PathBuf, sync::Arc};

use crate::{DefectDetector, Domain, DomainError, Similarities};

/// How a domain introduces itself; a domain package exports one as `ENTRY`.
#[derive(Clone, Copy)]
pub struct DomainEntry {
    /// Table name in recipes: `[domain.<name>]`.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Every key of its configuration with its default: the schema against which recipes are checked. A key whose
    /// default is `null` takes any type.
    pub defaults: fn() -> serde_json::Value,
    /// Builds it from a configuration that has every key of `defaults`.
    pub build: fn(serde_json::Value, &BuildContext) -> Result<Box<dyn Domain>, DomainError>,
    /// Its detectors, for `galley explain`, without building anything.
    pub detectors: fn() -> Vec<Box<dyn DefectDetector>>,
}

/// What galley hands to a domain that it builds.
#[derive(Clone)]
pub struct BuildContext {
    /// The recipe's `data-seed`: a generator draws its tasks from it.
    pub seed: u64,
    /// Where derived data may be kept between runs (rendered references); may be deleted at any time.
    pub cache: PathBuf,
    /// Renders that may run at once.
    pub workers: usize,
    /// Where a domain that is set to a similarity of a network gets it; `None` where there is none to be had.
    pub similarity: Option<Arc<dyn Similarities>>,
}

/// The domains of one program.
#[derive(Clone, Default)]
pub struct Registry {
    entries: Vec<DomainEntry>,
}

/// A name that is not registered.
#[derive(Debug, thiserror::Error)]
#[error("there is no domain `{name}`; known: {known}")]
pub struct UnknownDomain {
    pub name: String,
    pub known: String,
}

impl Registry {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a domain; a later one replaces an earlier one of the same name.
    #[must_use]
    pub fn with(mut self, entry: DomainEntry) -> Self {
        self.entries.retain(|known| known.name != entry.name);
        self.entries.push(entry);
        self
    }

    pub fn entries(&self) -> &[DomainEntry] {
        &self.entries
    }

    pub fn get(&self, name: &str) -> Result<&DomainEntry, UnknownDomain> {
        self.entries.iter().find(|entry| entry.name == name).ok_or_else(|| UnknownDomain {
            name: name.into(),
            known: self.entries.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", "),
        })
    }
}
