//! Reading a journal that may be growing, cut off or damaged.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::frame::{FRAME_HEAD, HEADER_LENGTH, PAYLOAD_LIMIT, check_header, parse_head};
use crate::{StoreError, record::PREFIX};

/// How much is read at a time.
const WINDOW: usize = 1 << 18;

/// A stretch of a journal that holds no readable frame, with good frames behind it (unless it is the tail).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    pub offset: u64,
    pub bytes: u64,
    pub reason: String,
}

/// A good frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    /// Where it begins; [`Scanner::read_at`] takes it.
    pub(crate) offset: u64,
    pub(crate) payload: &'a [u8],
}

#[derive(Debug)]
pub(crate) enum Item<'a> {
    Frame(Frame<'a>),
    Damage(Damage),
}

/// Walks through the frames of a journal. Ends before a tail and can be called again when the file has grown.
pub(crate) struct Scanner {
    file: File,
    path: PathBuf,
    /// Where the next frame is expected.
    offset: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl Scanner {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_at(path, HEADER_LENGTH)
    }

    /// Goes on at `offset`, where an earlier scan ended.
    pub(crate) fn open_at(path: &Path, offset: u64) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io("open", path))?;
        let mut scanner = Self { file, path: path.to_owned(), offset, window: Vec::new(), window_at: 0 };
        let header = scanner.bytes(0, HEADER_LENGTH as usize)?.to_vec();
        check_header(&header, path)?;
        Ok(scanner)
    }

    /// Where the scan stands: behind the last good frame.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn next(&mut self) -> Result<Option<Item<'_>>, StoreError> {
        let at = self.offset;
        if let Some(length) = self.frame_at(at)? {
            return self.take(at, length);
        }
        let Some(next) = self.search(at + 1)? else { return Ok(None) };
        // On a live journal a frame that was unfinished a moment ago is whole by the time its successor is there.
        self.window.clear();
        if let Some(length) = self.frame_at(at)? {
            return self.take(at, length);
        }
        self.offset = next;
        let reason = "these bytes are no readable frame".to_owned();
        Ok(Some(Item::Damage(Damage { offset: at, bytes: next - at, reason })))
    }

    /// The bytes behind the last good frame, once [`Scanner::next`] has returned `None`.
    pub(crate) fn tail(&self) -> Result<Option<Damage>, StoreError> {
        let length = self.file.metadata().map_err(StoreError::io("read", &self.path))?.len();
        let bytes = length.saturating_sub(self.offset);
        let reason = "the last frame is cut off".to_owned();
        Ok((bytes > 0).then_some(Damage { offset: self.offset, bytes, reason }))
    }

    /// The payload of the frame at `offset`, as a scan reported it.
    pub(crate) fn read_at(&mut self, offset: u64) -> Result<&[u8], StoreError> {
        match self.frame_at(offset)? {
            Some(length) => self.payload(offset, length),
            None => Err(StoreError::Damaged {
                path: self.path.clone(),
                offset,
                reason: "there is no readable frame".into(),
            }),
        }
    }

    fn take(&mut self, at: u64, length: usize) -> Result<Option<Item<'_>>, StoreError> {
        self.offset = at + (FRAME_HEAD + length) as u64;
        Ok(Some(Item::Frame(Frame { offset: at, payload: self.payload(at, length)? })))
    }

    fn payload(&mut self, at: u64, length: usize) -> Result<&[u8], StoreError> {
        self.bytes(at + FRAME_HEAD as u64, length)
    }

    /// Payload length of the good frame at `at`, if there is one.
    fn frame_at(&mut self, at: u64) -> Result<Option<usize>, StoreError> {
        let head = self.bytes(at, FRAME_HEAD)?;
        if head.len() < FRAME_HEAD {
            return Ok(None);
        }
        let (length, checksum) = parse_head(head);
        if !(PREFIX.len()..=PAYLOAD_LIMIT).contains(&length) {
            return Ok(None);
        }
        let payload = self.payload(at, length)?;
        let good =
            payload.len() == length && payload.starts_with(PREFIX) && crc32fast::hash(payload) == checksum;
        Ok(good.then_some(length))
    }

    /// The first good frame at or after `from`.
    fn search(&mut self, from: u64) -> Result<Option<u64>, StoreError> {
        let mut at = from + FRAME_HEAD as u64;
        loop {
            let bytes = self.bytes(at, WINDOW)?;
            if bytes.len() < PREFIX.len() {
                return Ok(None);
            }
            let Some(found) = bytes.windows(PREFIX.len()).position(|window| window == PREFIX) else {
                at += (bytes.len() - (PREFIX.len() - 1)) as u64;
                continue;
            };
            let candidate = at + found as u64 - FRAME_HEAD as u64;
            if self.frame_at(candidate)?.is_some() {
                return Ok(Some(candidate));
            }
            at += found as u64 + 1;
        }
    }

    /// Up to `count` bytes at `at`; fewer only at the end of the file.
    fn bytes(&mut self, at: u64, count: usize) -> Result<&[u8], StoreError> {
        let inside = at >= self.window_at && at + count as u64 <= self.window_at + self.window.len() as u64;
        if !inside {
            self.load(at, count.max(WINDOW)).map_err(StoreError::io("read", &self.path))?;
        }
        let from = (at - self.window_at) as usize;
        let to = (from + count).min(self.window.len());
        Ok(self.window.get(from..to).unwrap_or_default())
    }

    fn load(&mut self, at: u64, count: usize) -> io::Result<()> {
        // A damaged length must not make us reserve what the file cannot hold.
        let available = self.file.metadata()?.len().saturating_sub(at);
        let count = count.min(usize::try_from(available).unwrap_or(usize::MAX));
        self.window_at = at;
        self.window.resize(count, 0);
        let mut filled = 0;
        while filled < count {
            match self.file.read_at(&mut self.window[filled..], at + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.window.clear();
                    return Err(error);
                }
            }
        }
        self.window.truncate(filled);
        Ok(())
    }
}
