//! JSON documents by kind and id that others want kept with the runs, in `runs/.store/documents.jnl`.

use std::{collections::BTreeMap, path::Path};

use parking_lot::Mutex;
use serde_json::Value;

use crate::{DocumentRecord, Record, StoreError, clock, edits::Shared, journal::SharedJournal};

/// Documents, for many threads and processes at once. The store does not look into them. Every answer is up to date.
pub struct Documents {
    journal: SharedJournal,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    offset: u64,
    /// By kind and id.
    all: BTreeMap<(String, String), Value>,
}

impl Documents {
    pub fn of(runs_dir: &Path) -> Self {
        let path = runs_dir.join(".store").join("documents.jnl");
        Self { journal: SharedJournal::new(path), known: Mutex::default() }
    }

    /// Adds or replaces a document.
    pub fn put(&self, kind: &str, id: &str, value: Value) -> Result<(), StoreError> {
        self.append(kind, id, Some(value))
    }

    /// Does nothing where there is no such document.
    pub fn remove(&self, kind: &str, id: &str) -> Result<(), StoreError> {
        self.append(kind, id, None)
    }

    /// Changes a document, or makes it from `None`, with nobody in between.
    ///
    /// # Errors
    /// Those of `change`, with nothing changed.
    pub fn update<E: From<StoreError>>(
        &self,
        kind: &str,
        id: &str,
        change: impl FnOnce(Option<Value>) -> Result<Value, E>,
    ) -> Result<(), E> {
        self.journal.decide(true, || {
            let value = change(self.get(kind, id)?)?;
            Ok(vec![encode(kind, id, Some(value))?])
        })
    }

    pub fn get(&self, kind: &str, id: &str) -> Result<Option<Value>, StoreError> {
        Ok(self.refresh()?.all.get(&(kind.to_owned(), id.to_owned())).cloned())
    }

    /// All of one kind by id.
    pub fn all(&self, kind: &str) -> Result<Vec<(String, Value)>, StoreError> {
        let known = self.refresh()?;
        let of_kind = known.all.iter().filter(|((known, _), _)| known == kind);
        Ok(of_kind.map(|((_, id), value)| (id.clone(), value.clone())).collect())
    }

    fn append(&self, kind: &str, id: &str, value: Option<Value>) -> Result<(), StoreError> {
        self.journal.append(&[encode(kind, id, value)?], true)
    }

    fn refresh(&self) -> Result<parking_lot::MutexGuard<'_, Known>, StoreError> {
        let mut known = self.known.lock();
        if crate::edits::length(self.journal.path()) < known.offset {
            *known = Known::default();
        }
        let shared = Shared::read(self.journal.path(), known.offset)?;
        for record in shared.records {
            let Record::Document(DocumentRecord { kind, id, value, .. }) = record else { continue };
            match value {
                Some(value) => drop(known.all.insert((kind, id), value)),
                None => drop(known.all.remove(&(kind, id))),
            }
        }
        known.offset = shared.end;
        Ok(known)
    }
}

fn encode(kind: &str, id: &str, value: Option<Value>) -> Result<Vec<u8>, StoreError> {
    let (kind, id) = (kind.to_owned(), id.to_owned());
    Record::Document(DocumentRecord { kind, id, value, at_ms: clock::now_ms() }).encode()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_put_changed_and_removed() {
        let runs = tempfile::tempdir().unwrap();
        let (ours, theirs) = (Documents::of(runs.path()), Documents::of(runs.path()));
        ours.put("model", "m-1", json!({"name": "a"})).unwrap();
        let add = |value: Option<Value>| {
            let mut value = value.unwrap_or_default();
            value["status"] = json!("READY");
            Ok::<_, StoreError>(value)
        };
        theirs.update("model", "m-1", add).unwrap();
        assert_eq!(ours.get("model", "m-1").unwrap(), Some(json!({"name": "a", "status": "READY"})));
        theirs.put("other", "m-1", json!(1)).unwrap();
        assert_eq!(ours.all("model").unwrap().len(), 1);
        ours.remove("model", "m-1").unwrap();
        assert_eq!(theirs.get("model", "m-1").unwrap(), None);
    }
}
