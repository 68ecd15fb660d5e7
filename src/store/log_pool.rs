//! The runs that a long-lived process writes to for others.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{LogWriter, NewRun, StoreError, find::run_dir};

/// Writers that are kept open at most, unless more are in use at once.
const OPEN: usize = 128;

/// Opens writers when they are asked for and keeps those that were used last. For many threads.
pub struct LogPool {
    runs_dir: PathBuf,
    /// The one that was used last comes last.
    open: Mutex<Vec<Arc<LogWriter>>>,
}

impl LogPool {
    pub fn new(runs_dir: &Path) -> Self {
        Self { runs_dir: runs_dir.to_owned(), open: Mutex::default() }
    }

    /// See [`LogWriter::create`].
    pub fn create(&self, new: NewRun) -> Result<Arc<LogWriter>, StoreError> {
        let writer = Arc::new(LogWriter::create(&self.runs_dir, new)?);
        self.keep(&mut self.open.lock(), Arc::clone(&writer));
        Ok(writer)
    }

    /// The writer of the run with this id, see [`LogWriter::open`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] besides.
    pub fn get(&self, id: &str) -> Result<Arc<LogWriter>, StoreError> {
        // Held while opening: the second of two threads would find the run busy.
        let mut open = self.open.lock();
        let writer = match open.iter().position(|writer| writer.id() == id) {
            Some(place) => open.remove(place),
            None => Arc::new(LogWriter::open(&run_dir(&self.runs_dir, id)?)?),
        };
        self.keep(&mut open, Arc::clone(&writer));
        Ok(writer)
    }

    /// Lets go of a run, once nobody uses it: other processes may write it then.
    pub fn close(&self, id: &str) {
        self.open.lock().retain(|writer| writer.id() != id);
    }

    fn keep(&self, open: &mut Vec<Arc<LogWriter>>, writer: Arc<LogWriter>) {
        if open.len() >= OPEN
            && let Some(idle) = open.iter().position(|writer| Arc::strong_count(writer) == 1)
        {
            open.remove(idle);
        }
        open.push(writer);
    }
}
