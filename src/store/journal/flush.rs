//! The background fdatasync: one for all records of the last moments instead of one each.

use std::{
    fs::File,
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};

/// From the first unsynced record to the sync; with the sync itself below the 500 ms that are promised.
const DELAY: Duration = Duration::from_millis(400);

/// Syncs a file soon after it was marked dirty, and when dropped.
pub(super) struct Flusher {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    file: Arc<File>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    dirty: bool,
    stop: bool,
    /// A failed sync means that earlier writes may be lost: it is kept until it was reported.
    failure: Option<io::Error>,
}

impl Flusher {
    pub(super) fn start(file: Arc<File>) -> io::Result<Self> {
        let shared = Arc::new(Shared { file, state: Mutex::default(), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("journal-sync".into()).spawn(move || theirs.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    pub(super) fn mark_dirty(&self) {
        let mut state = self.shared.state.lock();
        if !state.dirty {
            state.dirty = true;
            self.shared.changed.notify_one();
        }
    }

    /// The failure of a background sync, once.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.shared.state.lock().failure.take()
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.shared.state.lock().stop = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread does not panic; if it did, there would be nothing left to sync.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn run(&self) {
        let mut state = self.state.lock();
        loop {
            while !state.dirty && !state.stop {
                self.changed.wait(&mut state);
            }
            let deadline = Instant::now() + DELAY;
            while !state.stop && !self.changed.wait_until(&mut state, deadline).timed_out() {}
            if std::mem::take(&mut state.dirty) {
                let synced = parking_lot::MutexGuard::unlocked(&mut state, || self.file.sync_data());
                if let Err(error) = synced {
                    state.failure = Some(error);
                }
            }
            if state.stop && !state.dirty {
                return;
            }
        }
    }
}
