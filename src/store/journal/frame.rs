//! Header and frame: the bytes around a record.

use std::path::Path;

use crate::StoreError;

pub(crate) const HEADER_LENGTH: u64 = 16;
/// Bytes before each payload.
pub(super) const FRAME_HEAD: usize = 8;
/// Largest payload: far above any record, far below what a damaged length could ask for.
pub(super) const PAYLOAD_LIMIT: usize = 256 << 20;

const MAGIC: &[u8; 8] = b"galleyjl";
const VERSION: u32 = 1;

pub(super) fn header() -> [u8; HEADER_LENGTH as usize] {
    let mut bytes = [0; HEADER_LENGTH as usize];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes
}

/// Refuses files that are no journal and journals of a later format.
pub(super) fn check_header(bytes: &[u8], path: &Path) -> Result<(), StoreError> {
    let refuse = |reason: String| Err(StoreError::NotAJournal { path: path.to_owned(), reason });
    if bytes.len() < HEADER_LENGTH as usize || &bytes[..8] != MAGIC {
        return refuse("it does not begin with a journal's header".into());
    }
    match word(bytes, 8) {
        VERSION => Ok(()),
        version => refuse(format!("it has format {version}, this program reads format {VERSION}")),
    }
}

/// A whole frame around `payload`.
pub(super) fn frame(payload: &[u8]) -> Result<Vec<u8>, StoreError> {
    if payload.len() > PAYLOAD_LIMIT {
        return Err(StoreError::TooLarge { bytes: payload.len(), limit: PAYLOAD_LIMIT });
    }
    let mut bytes = Vec::with_capacity(FRAME_HEAD + payload.len());
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    Ok(bytes)
}

/// Length and checksum of a frame's head.
pub(super) fn parse_head(head: &[u8]) -> (usize, u32) {
    (word(head, 0) as usize, word(head, 4))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}
