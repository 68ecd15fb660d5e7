//! Named groups of runs, in `runs/.store/experiments.jnl`.

use std::{collections::BTreeMap, path::Path};

use parking_lot::Mutex;

use crate::{
    DEFAULT_EXPERIMENT, EditRecord, ExperimentRecord, Record, StoreError, clock, edits::Shared,
    journal::SharedJournal,
};

/// A group of runs. Runs name it by its id.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Experiment {
    /// A number, counted up from 1; [`DEFAULT_EXPERIMENT`] is always there.
    pub id: String,
    /// Unique, also among those marked as deleted.
    pub name: String,
    pub artifact_location: String,
    pub created_ms: u64,
    pub updated_ms: u64,
    pub tags: BTreeMap<String, String>,
    pub deleted: bool,
}

/// The experiments of a runs directory, for many threads and processes at once. Every answer is up to date.
pub struct Experiments {
    journal: SharedJournal,
    known: Mutex<Known>,
}

struct Known {
    offset: u64,
    all: Vec<Experiment>,
}

impl Known {
    fn new() -> Self {
        let default =
            Experiment { name: "Default".into(), id: DEFAULT_EXPERIMENT.into(), ..Experiment::default() };
        Self { offset: 0, all: vec![default] }
    }
}

impl Experiments {
    pub fn of(runs_dir: &Path) -> Self {
        let path = runs_dir.join(".store").join("experiments.jnl");
        Self { journal: SharedJournal::new(path), known: Mutex::new(Known::new()) }
    }

    /// By age, those marked as deleted among them.
    pub fn all(&self) -> Result<Vec<Experiment>, StoreError> {
        Ok(self.refresh()?.all.clone())
    }

    /// # Errors
    /// [`StoreError::NotFound`]; experiments marked as deleted are found.
    pub fn get(&self, id: &str) -> Result<Experiment, StoreError> {
        let known = self.refresh()?;
        let found = known.all.iter().find(|experiment| experiment.id == id);
        found.cloned().ok_or_else(|| StoreError::NotFound(format!("there is no experiment with id `{id}`")))
    }

    pub fn named(&self, name: &str) -> Result<Option<Experiment>, StoreError> {
        Ok(self.refresh()?.all.iter().find(|experiment| experiment.name == name).cloned())
    }

    /// # Errors
    /// [`StoreError::Exists`] where the name is taken, also by an experiment that is marked as deleted.
    pub fn create(
        &self,
        name: &str,
        artifact_location: &str,
        tags: BTreeMap<String, String>,
    ) -> Result<Experiment, StoreError> {
        let mut id = String::new();
        self.journal.decide(true, || {
            let known = self.refresh()?;
            free(&known.all, name)?;
            let ids = known.all.iter().filter_map(|experiment| experiment.id.parse::<u64>().ok());
            id = (ids.max().unwrap_or(0) + 1).to_string();
            let record = ExperimentRecord {
                id: id.clone(),
                name: name.to_owned(),
                artifact_location: artifact_location.to_owned(),
                created_ms: clock::now_ms(),
                tags,
            };
            Ok::<_, StoreError>(vec![Record::Experiment(record).encode()?])
        })?;
        self.get(&id)
    }

    /// # Errors
    /// [`StoreError::Exists`] where the name is taken.
    pub fn rename(&self, id: &str, name: &str) -> Result<(), StoreError> {
        self.edit(id, EditRecord { name: Some(name.to_owned()), ..EditRecord::default() })
    }

    pub fn tag(&self, id: &str, key: &str, value: &str) -> Result<(), StoreError> {
        let tags = BTreeMap::from([(key.to_owned(), Some(value.to_owned()))]);
        self.edit(id, EditRecord { tags, ..EditRecord::default() })
    }

    pub fn untag(&self, id: &str, key: &str) -> Result<(), StoreError> {
        self.edit(id, EditRecord { tags: BTreeMap::from([(key.to_owned(), None)]), ..EditRecord::default() })
    }

    /// Marks it as deleted or takes the mark away; its runs are not touched.
    pub fn delete(&self, id: &str, deleted: bool) -> Result<(), StoreError> {
        self.edit(id, EditRecord { deleted: Some(deleted), ..EditRecord::default() })
    }

    fn edit(&self, id: &str, edit: EditRecord) -> Result<(), StoreError> {
        let edit = EditRecord { at_ms: clock::now_ms(), experiment: id.to_owned(), ..edit };
        self.journal.decide(true, || {
            let current = self.get(id)?;
            if let Some(name) = edit.name.as_ref().filter(|name| **name != current.name) {
                free(&self.refresh()?.all, name)?;
            }
            Ok::<_, StoreError>(vec![Record::Edit(edit).encode()?])
        })
    }

    fn refresh(&self) -> Result<parking_lot::MutexGuard<'_, Known>, StoreError> {
        let mut known = self.known.lock();
        if crate::edits::length(self.journal.path()) < known.offset {
            *known = Known::new();
        }
        let shared = Shared::read(self.journal.path(), known.offset)?;
        shared.records.into_iter().for_each(|record| absorb(&mut known.all, record));
        known.offset = shared.end;
        Ok(known)
    }
}

fn free(all: &[Experiment], name: &str) -> Result<(), StoreError> {
    match all.iter().find(|experiment| experiment.name == name) {
        None => Ok(()),
        Some(Experiment { id, deleted, .. }) => {
            let state = if *deleted { ", which is marked as deleted" } else { "" };
            Err(StoreError::Exists(format!("experiment {id}{state} is already named `{name}`")))
        }
    }
}

fn absorb(all: &mut Vec<Experiment>, record: Record) {
    match record {
        Record::Experiment(new) => all.push(Experiment {
            id: new.id,
            name: new.name,
            artifact_location: new.artifact_location,
            created_ms: new.created_ms,
            updated_ms: new.created_ms,
            tags: new.tags,
            deleted: false,
        }),
        Record::Edit(edit) => {
            let Some(experiment) = all.iter_mut().find(|known| known.id == edit.experiment) else { return };
            experiment.updated_ms = edit.at_ms;
            experiment.deleted = edit.deleted.unwrap_or(experiment.deleted);
            if let Some(name) = edit.name {
                experiment.name = name;
            }
            for (key, value) in edit.tags {
                match value {
                    Some(value) => drop(experiment.tags.insert(key, value)),
                    None => drop(experiment.tags.remove(&key)),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_processes_see_and_respect_each_other() {
        let runs = tempfile::tempdir().unwrap();
        let (ours, theirs) = (Experiments::of(runs.path()), Experiments::of(runs.path()));
        assert_eq!(ours.all().unwrap()[0].name, "Default");
        let first = ours.create("pages", "", BTreeMap::new()).unwrap();
        assert_eq!(first.id, "1");
        assert!(matches!(theirs.create("pages", "", BTreeMap::new()), Err(StoreError::Exists(_))));
        assert_eq!(theirs.create("charts", "", BTreeMap::new()).unwrap().id, "2");
        theirs.tag("1", "owner", "us").unwrap();
        theirs.rename("1", "sites").unwrap();
        theirs.delete("1", true).unwrap();
        let seen = ours.get("1").unwrap();
        assert_eq!((seen.name.as_str(), seen.tags["owner"].as_str(), seen.deleted), ("sites", "us", true));
        assert!(matches!(ours.rename("2", "sites"), Err(StoreError::Exists(_))), "the mark keeps the name");
        assert!(matches!(ours.tag("7", "a", "b"), Err(StoreError::NotFound(_))));
        assert!(ours.named("pages").unwrap().is_none());
    }
}
