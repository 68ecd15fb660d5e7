//! A run's summary together with how far its journals have been read, so that it can catch up.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    RunSummary, StoreError,
    edits::{EDITS, Shared, length},
    event::Events,
    reader::JOURNAL,
};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Tracked {
    /// How far the journal has been read.
    pub(crate) journal: u64,
    /// How far the edits have been read.
    pub(crate) edits: u64,
    /// As the journals say: a run without its writer is still `running`, see [`settle`](crate::reader::settle).
    pub(crate) summary: RunSummary,
}

/// What catching up has found.
pub(crate) enum Advance {
    Unchanged,
    /// These events are new; there may be none of them when only edits were.
    Grown(Events),
    /// Everything was read again: a rewind reaches back into what is known, or the files are others.
    Anew(Events),
}

impl Tracked {
    /// Catches up with the journals in `run_dir`.
    ///
    /// # Errors
    /// When the journal cannot be read; nothing has changed then.
    pub(crate) fn advance(&mut self, run_dir: &Path) -> Result<Advance, StoreError> {
        let path = run_dir.join(JOURNAL);
        let journal = fs::metadata(&path).map_err(StoreError::io("read", &path))?.len();
        let edits = run_dir.join(EDITS);
        let edited = length(&edits);
        if (journal, edited) == (self.journal, self.edits) {
            return Ok(Advance::Unchanged);
        }
        if self.journal == 0 || journal < self.journal || edited < self.edits {
            return self.anew(run_dir);
        }
        let events = match journal == self.journal {
            true => Events { end: journal, ..Events::default() },
            false => Events::read(&path, Some(self.journal))?,
        };
        if events.rewound {
            return self.anew(run_dir);
        }
        self.absorb(&events);
        self.catch_up_with_edits(&edits)?;
        Ok(Advance::Grown(events))
    }

    fn anew(&mut self, run_dir: &Path) -> Result<Advance, StoreError> {
        let events = Events::read(&run_dir.join(JOURNAL), None)?;
        let mut fresh = Self::default();
        // A journal whose start record is lost still has its folder's name.
        fresh.summary.id = run_dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        fresh.absorb(&events);
        fresh.catch_up_with_edits(&run_dir.join(EDITS))?;
        *self = fresh;
        Ok(Advance::Anew(events))
    }

    fn absorb(&mut self, events: &Events) {
        for (_, event) in &events.visible {
            self.summary.absorb(event);
        }
        self.summary.damage.extend(events.damage.iter().cloned());
        self.journal = events.end;
    }

    fn catch_up_with_edits(&mut self, path: &Path) -> Result<(), StoreError> {
        let shared = Shared::read(path, self.edits)?;
        shared.records.iter().for_each(|record| self.summary.absorb_edit(record));
        self.edits = shared.end;
        Ok(())
    }
}
