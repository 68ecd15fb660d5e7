//! The flock that says who writes a journal.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    thread,
    time::Duration,
};

/// A reader's probe holds the lock for an instant; a writer waits that out before it believes in another writer.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// Takes the exclusive lock; `false` when another process keeps it.
pub(super) fn acquire(file: &File) -> io::Result<bool> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(false)
}

/// Whether some process holds the journal at `path` for writing. A file that cannot be opened or locked at all counts
/// as not held.
pub(crate) fn is_held(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    // The shared lock, where we get it, goes with the file.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}
