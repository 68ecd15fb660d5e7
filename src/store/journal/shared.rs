//! A journal that several processes append to, each for a moment.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use super::{
    flush::Flusher,
    frame::{self, HEADER_LENGTH},
    scan::Scanner,
};
use crate::StoreError;

/// How long to wait for the other processes, each of which needs microseconds.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(1);

/// The journal at `path`, which need not exist: the first record makes it. The flock is held for one append alone.
pub(crate) struct SharedJournal {
    path: PathBuf,
    open: Mutex<Option<Open>>,
}

struct Open {
    file: Arc<File>,
    flusher: Flusher,
    /// Up to here every frame is known to be whole.
    checked: u64,
}

impl SharedJournal {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, open: Mutex::new(None) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends records; they survive the end of this process when this returns, and the end of the machine within
    /// 500 ms, or at once if `sync` says so.
    pub(crate) fn append(&self, payloads: &[Vec<u8>], sync: bool) -> Result<(), StoreError> {
        self.decide(sync, || Ok(payloads.to_vec()))
    }

    /// Like [`SharedJournal::append`] of what `records` returns. Nobody else appends between what `records` reads and
    /// what it has appended.
    ///
    /// # Errors
    /// Those of `records`, with nothing appended.
    pub(crate) fn decide<E: From<StoreError>>(
        &self,
        sync: bool,
        records: impl FnOnce() -> Result<Vec<Vec<u8>>, E>,
    ) -> Result<(), E> {
        let mut guard = self.open.lock();
        if guard.is_none() {
            *guard = Some(self.open()?);
        }
        let Some(open) = guard.as_mut() else { return Ok(()) };
        self.acquire(&open.file)?;
        let done = self.write(open, sync, records);
        let released = open.file.unlock().map_err(StoreError::io("unlock", &self.path));
        done.and_then(|()| Ok(released?))
    }

    fn write<E: From<StoreError>>(
        &self,
        open: &mut Open,
        sync: bool,
        records: impl FnOnce() -> Result<Vec<Vec<u8>>, E>,
    ) -> Result<(), E> {
        self.mend(open)?;
        let mut bytes = Vec::new();
        for payload in records()? {
            bytes.extend_from_slice(&frame::frame(&payload)?);
        }
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(failure) = open.flusher.failure() {
            Err(StoreError::io("sync", &self.path)(failure))?;
        }
        if let Err(error) = (&*open.file).write_all(&bytes) {
            // What is left of the frames is cut off by the next one to append.
            drop(open.file.set_len(open.checked));
            Err(StoreError::io("append to", &self.path)(error))?;
        }
        open.checked += bytes.len() as u64;
        if sync {
            open.file.sync_data().map_err(StoreError::io("sync", &self.path))?;
        } else {
            open.flusher.mark_dirty();
        }
        Ok(())
    }

    fn open(&self) -> Result<Open, StoreError> {
        let folder = self.path.parent().unwrap_or(&self.path);
        std::fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
        let file = OpenOptions::new().append(true).read(true).create(true).open(&self.path);
        let file = Arc::new(file.map_err(StoreError::io("open for writing", &self.path))?);
        let flusher =
            Flusher::start(Arc::clone(&file)).map_err(StoreError::io("start syncing", &self.path))?;
        Ok(Open { file, flusher, checked: 0 })
    }

    fn acquire(&self, file: &File) -> Result<(), StoreError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(std::fs::TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(StoreError::Busy { run: self.path.clone(), pid: None });
                }
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(StoreError::io("lock", &self.path)(error));
                }
            }
        }
    }

    /// With the lock held: gives a new file its header and cuts off what a killed process left unfinished.
    fn mend(&self, open: &mut Open) -> Result<(), StoreError> {
        let error = |error: io::Error| StoreError::io("read", &self.path)(error);
        let length = open.file.metadata().map_err(error)?.len();
        if length == open.checked && length >= HEADER_LENGTH {
            return Ok(());
        }
        if length < HEADER_LENGTH {
            let header = open.file.set_len(0).and_then(|()| (&*open.file).write_all(&frame::header()));
            header.map_err(StoreError::io("write", &self.path))?;
            open.checked = HEADER_LENGTH;
            return Ok(());
        }
        let from = if open.checked > length { HEADER_LENGTH } else { open.checked.max(HEADER_LENGTH) };
        let mut scanner = Scanner::open_at(&self.path, from)?;
        while scanner.next()?.is_some() {}
        open.checked = scanner.offset();
        if open.checked < length {
            open.file.set_len(open.checked).map_err(StoreError::io("cut the tail of", &self.path))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::journal::Item;

    fn note(text: &str) -> Vec<u8> {
        format!(r#"{{"t":"note","text":"{text}"}}"#).into_bytes()
    }

    fn count(path: &Path) -> usize {
        let mut scanner = Scanner::open(path).unwrap();
        let mut count = 0;
        while let Some(item) = scanner.next().unwrap() {
            assert!(matches!(item, Item::Frame(_)));
            count += 1;
        }
        assert_eq!(scanner.tail().unwrap(), None);
        count
    }

    #[test]
    fn many_handles_append_without_losing_a_record() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/edits.jnl");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let journal = SharedJournal::new(path.clone());
                    for index in 0..50 {
                        journal.append(&[note("x"), note(&index.to_string())], false).unwrap();
                    }
                });
            }
        });
        assert_eq!(count(&path), 400);
    }

    #[test]
    fn an_unfinished_record_or_header_is_cut_off_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edits.jnl");
        let journal = SharedJournal::new(path.clone());
        journal.append(&[note("one")], true).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend_from_slice(&[90, 0, 0, 0, 1, 2, 3, 4, b'{']);
        fs::write(&path, bytes).unwrap();
        journal.append(&[note("two")], false).unwrap();
        assert_eq!(count(&path), 2);
        fs::write(&path, "gall").unwrap();
        SharedJournal::new(path.clone()).append(&[note("three")], false).unwrap();
        assert_eq!(count(&path), 1);
    }
}
