//! The background fdatasync: one for all records of the last moments instead of one each, and one thread for all
//! journals of the process.

use std::{
    fs::File,
    io,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};

/// From the first unsynced record to the sync; with the sync itself below the 500 ms that are promised.
const DELAY: Duration = Duration::from_millis(400);

/// Syncs a file soon after it was marked dirty, and when dropped.
pub(super) struct Flusher {
    target: Arc<Target>,
}

struct Target {
    file: Arc<File>,
    /// Whether it waits in the queue.
    dirty: AtomicBool,
    /// A failed sync means that earlier writes may be lost: it is kept until it was reported.
    failure: Mutex<Option<io::Error>>,
}

/// Targets in the order in which they became dirty.
struct Queue {
    waiting: Mutex<Vec<Arc<Target>>>,
    changed: Condvar,
    /// Whether the thread could be started.
    started: io::Result<()>,
}

static QUEUE: LazyLock<Queue> = LazyLock::new(|| Queue {
    waiting: Mutex::default(),
    changed: Condvar::new(),
    started: thread::Builder::new().name("journal-sync".into()).spawn(run).map(drop),
});

impl Flusher {
    pub(super) fn start(file: Arc<File>) -> io::Result<Self> {
        if let Err(error) = &QUEUE.started {
            return Err(io::Error::new(error.kind(), error.to_string()));
        }
        let target = Target { file, dirty: AtomicBool::new(false), failure: Mutex::default() };
        Ok(Self { target: Arc::new(target) })
    }

    pub(super) fn mark_dirty(&self) {
        if !self.target.dirty.swap(true, Ordering::AcqRel) {
            QUEUE.waiting.lock().push(Arc::clone(&self.target));
            QUEUE.changed.notify_one();
        }
    }

    /// Syncs now what was marked.
    pub(super) fn settle(&self) {
        self.target.sync();
    }

    /// The failure of a background sync, once.
    pub(super) fn failure(&self) -> Option<io::Error> {
        self.target.failure.lock().take()
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        self.settle();
    }
}

impl Target {
    /// Clears the mark first: what is written while the sync runs asks for another one.
    fn sync(&self) {
        if self.dirty.swap(false, Ordering::AcqRel)
            && let Err(error) = self.file.sync_data()
        {
            *self.failure.lock() = Some(error);
        }
    }
}

fn run() {
    loop {
        let mut waiting = QUEUE.waiting.lock();
        while waiting.is_empty() {
            QUEUE.changed.wait(&mut waiting);
        }
        drop(waiting);
        thread::sleep(DELAY);
        let due = std::mem::take(&mut *QUEUE.waiting.lock());
        due.iter().for_each(|target| target.sync());
    }
}
