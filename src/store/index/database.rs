//! Opening sled for a moment, and getting over everything that can go wrong with it.

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// How long to wait for another process (or thread) before doing without the index.
const PATIENCE: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(10);
const VERSION: &[u8] = b"galley index 2";

/// Why the index did not answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Somebody else has it open.
    Taken,
    /// It is damaged, or from another version: worth rebuilding.
    Damaged(String),
    /// It can not be had here (a read-only directory): not worth trying again.
    Impossible(String),
}

impl From<sled::Error> for Trouble {
    fn from(error: sled::Error) -> Self {
        match &error {
            sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => Self::Taken,
            sled::Error::Io(io) => Self::Impossible(io.to_string()),
            _ => Self::Damaged(error.to_string()),
        }
    }
}

/// Runs `work` on the open index; `None` when that was not possible, for whatever reason. Heals a damaged index: first
/// by dropping its snapshots, then by rebuilding it from nothing.
pub(super) fn with<T>(folder: &Path, mut work: impl FnMut(&sled::Db) -> Result<T, Trouble>) -> Option<T> {
    // Within one process the lock of sled would fail as it does between two; a mutex is kinder.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.try_lock_for(PATIENCE)?;
    for heal in [drop_snapshots, drop_all] {
        match attempt(folder, &mut work) {
            Ok(answer) => return Some(answer),
            Err(Trouble::Taken) => return None,
            Err(Trouble::Impossible(reason)) => {
                tracing::debug!("no index in {}: {reason}", folder.display());
                return None;
            }
            Err(Trouble::Damaged(reason)) => {
                tracing::warn!("healing the index in {}: {reason}", folder.display());
                heal(folder);
            }
        }
    }
    attempt(folder, &mut work).ok()
}

fn attempt<T>(folder: &Path, work: &mut impl FnMut(&sled::Db) -> Result<T, Trouble>) -> Result<T, Trouble> {
    // A damaged sled may panic instead of returning an error. Nothing of ours is half-changed by that: the database is
    // dropped with the panic.
    catch_unwind(AssertUnwindSafe(|| {
        let db = open(folder)?;
        check_version(&db)?;
        work(&db)
    }))
    .unwrap_or_else(|_| Err(Trouble::Damaged("sled panicked".into())))
}

fn open(folder: &Path) -> Result<sled::Db, Trouble> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let config = sled::Config::new().path(folder).flush_every_ms(None).cache_capacity(64 << 20);
        match config.open().map_err(Trouble::from) {
            Err(Trouble::Taken) if Instant::now() < deadline => thread::sleep(PAUSE),
            other => return other,
        }
    }
}

fn check_version(db: &sled::Db) -> Result<(), Trouble> {
    match db.get("version")? {
        Some(found) if found == VERSION => Ok(()),
        None if db.is_empty() => {
            db.insert("version", VERSION)?;
            Ok(())
        }
        _ => Err(Trouble::Damaged("it is of another version".into())),
    }
}

fn drop_snapshots(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("snap.")) {
            // What cannot be removed is met again by the next attempt.
            drop(fs::remove_file(path));
        }
    }
}

fn drop_all(folder: &Path) {
    drop(fs::remove_dir_all(folder).or_else(|_| fs::remove_file(folder)));
}
