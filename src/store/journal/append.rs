//! Writing a journal.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    flush::Flusher,
    frame::{self, HEADER_LENGTH},
    lock,
    scan::{Damage, Scanner},
};
use crate::StoreError;

/// When records reach the disk. A killed process loses nothing either way; this is about power cuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Metrics and samples within 500 ms, checkpoints, evaluations and status at once.
    #[default]
    Group,
    /// Everything at once (`fsync = "step"`).
    Step,
}

/// The owner of a journal: holds its lock until dropped.
pub(crate) struct Appender {
    file: Arc<File>,
    path: PathBuf,
    /// Where the next frame begins.
    length: u64,
    durability: Durability,
    flusher: Flusher,
    closed: Option<String>,
}

impl Appender {
    /// Makes a new journal, which must not exist.
    pub(crate) fn create(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        let file = options.append(true).read(true).create_new(true).open(path);
        let mut file = file.map_err(StoreError::io("create", path))?;
        Self::lock(&file, path)?;
        file.write_all(&frame::header()).map_err(StoreError::io("write", path))?;
        Self::new(file, path, HEADER_LENGTH, durability)
    }

    /// Takes over an existing journal and cuts off its tail, which is returned.
    ///
    /// # Errors
    /// [`StoreError::Busy`] (without a process id) when another process writes it.
    pub(crate) fn open(path: &Path, durability: Durability) -> Result<(Self, Option<Damage>), StoreError> {
        let file = OpenOptions::new().append(true).read(true).open(path);
        let file = file.map_err(StoreError::io("open for writing", path))?;
        Self::lock(&file, path)?;
        let mut scanner = Scanner::open(path)?;
        while scanner.next()?.is_some() {}
        let (end, tail) = (scanner.offset(), scanner.tail()?);
        if tail.is_some() {
            file.set_len(end)
                .and_then(|()| file.sync_data())
                .map_err(StoreError::io("cut the tail of", path))?;
        }
        Ok((Self::new(file, path, end, durability)?, tail))
    }

    fn lock(file: &File, path: &Path) -> Result<(), StoreError> {
        match lock::acquire(file).map_err(StoreError::io("lock", path))? {
            true => Ok(()),
            false => Err(StoreError::Busy { run: path.parent().unwrap_or(path).to_owned(), pid: None }),
        }
    }

    fn new(file: File, path: &Path, length: u64, durability: Durability) -> Result<Self, StoreError> {
        let file = Arc::new(file);
        let flusher = Flusher::start(Arc::clone(&file)).map_err(StoreError::io("start syncing", path))?;
        Ok(Self { file, path: path.to_owned(), length, durability, flusher, closed: None })
    }

    /// Follows the journal when its directory was renamed.
    pub(crate) fn moved_to(&mut self, path: PathBuf) {
        self.path = path;
    }

    /// Appends one frame. When this returns, the record survives the end of this process; it survives the end of the
    /// machine at once if `sync` (or the durability) says so, else within 500 ms.
    ///
    /// # Errors
    /// The journal is as before: what was written of the frame has been taken back. If that fails too, every later
    /// call fails.
    pub(crate) fn append(&mut self, payload: &[u8], sync: bool) -> Result<u64, StoreError> {
        if let Some(reason) = &self.closed {
            return Err(StoreError::Closed { path: self.path.clone(), reason: reason.clone() });
        }
        if let Some(failure) = self.flusher.failure() {
            return Err(StoreError::io("sync", &self.path)(failure));
        }
        let bytes = frame::frame(payload)?;
        let offset = self.length;
        if let Err(error) = (&*self.file).write_all(&bytes) {
            self.take_back(&error);
            return Err(StoreError::io("append to", &self.path)(error));
        }
        self.length += bytes.len() as u64;
        if sync || self.durability == Durability::Step {
            self.sync()?;
        } else {
            self.flusher.mark_dirty();
        }
        Ok(offset)
    }

    /// Waits until everything so far is on disk.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_data().map_err(StoreError::io("sync", &self.path))
    }

    fn take_back(&mut self, cause: &io::Error) {
        if let Err(error) = self.file.set_len(self.length) {
            self.closed = Some(format!("{cause}, and then {error}"));
        }
    }
}

impl Drop for Appender {
    /// The background sync may hold the file for a moment longer: the lock must not wait for that.
    fn drop(&mut self) {
        self.flusher.settle();
        // A lock that cannot be let go of goes with the file.
        drop(self.file.unlock());
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

    /// Payloads and damages in order, as text.
    fn scan(path: &Path) -> (Vec<String>, Option<Damage>) {
        let mut scanner = Scanner::open(path).unwrap();
        let mut seen = Vec::new();
        while let Some(item) = scanner.next().unwrap() {
            seen.push(match item {
                Item::Frame(frame) => String::from_utf8_lossy(frame.payload).into_owned(),
                Item::Damage(damage) => format!("damage {}+{}", damage.offset, damage.bytes),
            });
        }
        (seen, scanner.tail().unwrap())
    }

    fn journal(notes: &[&str]) -> (tempfile::TempDir, PathBuf, Vec<u64>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jnl");
        let mut appender = Appender::create(&path, Durability::Group).unwrap();
        let offsets = notes.iter().map(|text| appender.append(&note(text), false).unwrap()).collect();
        (folder, path, offsets)
    }

    #[test]
    fn every_cut_of_the_last_frame_is_a_tail_that_the_next_owner_removes() {
        let (_folder, path, offsets) = journal(&["one", "two"]);
        let whole = fs::read(&path).unwrap();
        for cut in offsets[1] as usize..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (seen, tail) = scan(&path);
            assert_eq!(seen.len(), 1, "cut at {cut}");
            assert_eq!(tail.map_or(0, |tail| tail.bytes), cut as u64 - offsets[1]);
        }
        let (mut appender, tail) = Appender::open(&path, Durability::Group).unwrap();
        assert_eq!(tail.map(|tail| tail.offset), Some(offsets[1]));
        appender.append(&note("three"), true).unwrap();
        let (seen, tail) = scan(&path);
        assert_eq!((seen.len(), tail), (2, None));
        assert!(seen[1].contains("three"));
    }

    #[test]
    fn damage_in_the_middle_is_reported_and_stepped_over() {
        let (_folder, path, offsets) = journal(&["one", "two", "three", "four"]);
        let whole = fs::read(&path).unwrap();
        // Any single byte of frame two: its length, its checksum, its payload.
        for at in offsets[1]..offsets[2] {
            let mut bytes = whole.clone();
            bytes[at as usize] ^= 0x55;
            fs::write(&path, &bytes).unwrap();
            let (seen, tail) = scan(&path);
            assert_eq!(tail, None, "byte {at}");
            assert_eq!(seen.len(), 4, "byte {at}: {seen:?}");
            assert_eq!(seen[1], format!("damage {}+{}", offsets[1], offsets[2] - offsets[1]));
            assert!(seen[3].contains("four"));
        }
    }

    #[test]
    fn a_reader_beside_a_writer_sees_no_damage() {
        let (_folder, path, _) = journal(&[]);
        let (mut appender, _) = Appender::open(&path, Durability::Group).unwrap();
        let frames = 400;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for index in 0..frames {
                    appender.append(&note(&"x".repeat(index * 97 % 30_000)), false).unwrap();
                }
            });
            let mut scanner = Scanner::open(&path).unwrap();
            let mut seen = 0;
            while seen < frames {
                match scanner.next().unwrap() {
                    Some(Item::Frame(_)) => seen += 1,
                    Some(Item::Damage(damage)) => panic!("{damage:?} after {seen}"),
                    None => std::thread::yield_now(),
                }
            }
        });
    }

    #[test]
    fn a_second_owner_is_refused_until_the_first_is_gone() {
        let (_folder, path, _) = journal(&[]);
        let (first, _) = Appender::open(&path, Durability::Group).unwrap();
        assert!(lock::is_held(&path));
        assert!(matches!(Appender::open(&path, Durability::Group), Err(StoreError::Busy { .. })));
        drop(first);
        assert!(!lock::is_held(&path));
        Appender::open(&path, Durability::Group).unwrap();
    }

    #[test]
    fn a_file_that_is_no_journal_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jnl");
        fs::write(&path, "not a journal at all").unwrap();
        let error = Scanner::open(&path).err().unwrap().to_string();
        assert!(error.contains("journal.jnl is not a run's journal"), "{error}");
    }
}
