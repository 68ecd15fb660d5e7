//! What others than a run's own process say about it: `edits.jnl`, appended by anyone for a moment at a time.

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    EditRecord, NoteRecord, Record, StoreError, clock,
    journal::{Item, Scanner, SharedJournal},
    reader::JOURNAL,
};

pub(crate) const EDITS: &str = "edits.jnl";

/// Changes to one run that its own process need not know of. Every method may be called from many threads and
/// processes at once, also while the run is being written, and each change is whole or absent.
///
/// ```
/// use galley_store::{Edits, RunReader, RunWriter, StartRecord, WriterOptions};
/// # let runs = tempfile::tempdir()?;
/// let writer = RunWriter::create(runs.path(), StartRecord::default(), WriterOptions::default())?;
/// let edits = Edits::of(writer.dir())?;
/// edits.tag("reviewed", "yes")?;
/// edits.note("the best so far")?;
/// let summary = RunReader::open(writer.dir())?.summary();
/// assert_eq!(summary.tags["reviewed"], "yes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Edits {
    journal: SharedJournal,
    sync: bool,
}

impl Edits {
    /// # Errors
    /// When there is no run at `run_dir`.
    pub fn of(run_dir: &Path) -> Result<Self, StoreError> {
        let journal = run_dir.join(JOURNAL);
        fs::metadata(&journal).map_err(StoreError::io("find the run of", &journal))?;
        Ok(Self { sync: true, ..Self::fast(run_dir) })
    }

    /// Without a sync for each change: on disk within 500 ms.
    pub(crate) fn fast(run_dir: &Path) -> Self {
        Self { journal: SharedJournal::new(run_dir.join(EDITS)), sync: false }
    }

    pub fn tag(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.tags(&BTreeMap::from([(key.to_owned(), Some(value.to_owned()))]))
    }

    /// Does nothing where there is no such tag.
    pub fn untag(&self, key: &str) -> Result<(), StoreError> {
        self.tags(&BTreeMap::from([(key.to_owned(), None)]))
    }

    /// Sets and (`None`) removes tags, all or none of them.
    pub fn tags(&self, tags: &BTreeMap<String, Option<String>>) -> Result<(), StoreError> {
        self.edit(EditRecord { tags: tags.clone(), ..EditRecord::default() })
    }

    pub fn rename(&self, name: &str) -> Result<(), StoreError> {
        self.edit(EditRecord { name: Some(name.to_owned()), ..EditRecord::default() })
    }

    pub fn star(&self, starred: bool) -> Result<(), StoreError> {
        self.edit(EditRecord { star: Some(starred), ..EditRecord::default() })
    }

    /// Marks the run as deleted, or takes the mark away. Nothing is removed.
    pub fn delete(&self, deleted: bool) -> Result<(), StoreError> {
        self.edit(EditRecord { deleted: Some(deleted), ..EditRecord::default() })
    }

    pub fn note(&self, text: &str) -> Result<(), StoreError> {
        let note = NoteRecord { text: text.to_owned(), at_ms: clock::now_ms() };
        self.journal.append(&[Record::Note(note).encode()?], self.sync)
    }

    /// Several changes at once; the time is filled in.
    pub fn edit(&self, edit: EditRecord) -> Result<(), StoreError> {
        let edit = EditRecord { at_ms: clock::now_ms(), ..edit };
        self.journal.append(&[Record::Edit(edit).encode()?], self.sync)
    }
}

/// Records of a journal that several append to, from `offset` on.
pub(crate) struct Shared {
    pub(crate) records: Vec<Record>,
    /// Where to go on.
    pub(crate) end: u64,
}

impl Shared {
    /// Nothing where the file is absent or has no header yet. Unreadable records are stepped over.
    pub(crate) fn read(path: &Path, offset: u64) -> Result<Self, StoreError> {
        let mut read = Self { records: Vec::new(), end: offset };
        if length(path) <= offset.max(crate::journal::HEADER_LENGTH) {
            return Ok(read);
        }
        let mut scanner = if offset == 0 { Scanner::open(path)? } else { Scanner::open_at(path, offset)? };
        while let Some(item) = scanner.next()? {
            if let Item::Frame(frame) = item
                && let Ok(record) = Record::decode(frame.payload)
            {
                read.records.push(record);
            }
        }
        read.end = scanner.offset();
        Ok(read)
    }
}

/// 0 where there is no such file.
pub(crate) fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}
