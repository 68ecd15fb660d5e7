//! Writing one run: the only way into a run directory.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use galley_core::Image;
use parking_lot::Mutex;

use crate::{
    AlarmRecord, AttemptRecord, CheckpointRecord, Durability, EvalRecord, HeartbeatRecord, MetricsRecord,
    NoteRecord, Numbers, Record, RewindRecord, RunReader, RunStatus, SampleRecord, StartRecord, StatusRecord,
    StoreError, UsableCheckpoint, checkpoint, clock, durable, journal::Appender, media, reader::JOURNAL,
    record, retention::Retention,
};

pub(crate) const RECIPE: &str = "recipe.toml";

/// How a run is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterOptions {
    pub durability: Durability,
    /// The newest checkpoints that are kept, at least 1; the one with the best evaluation is kept besides.
    pub keep_checkpoints: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { durability: Durability::default(), keep_checkpoints: 2 }
    }
}

/// The owner of a run directory. Holds the journal's lock until dropped; a writer that is dropped without
/// [`RunWriter::finish`] leaves a run that is listed as dead. All methods may be called from many threads.
pub struct RunWriter {
    id: String,
    dir: PathBuf,
    runs_dir: PathBuf,
    attempt: u32,
    options: WriterOptions,
    began: Instant,
    /// Run time of the attempts before this one.
    wall_before: u64,
    journal: Mutex<Appender>,
    retention: Mutex<Retention>,
}

/// A run that was taken up again.
pub struct Resumed {
    pub writer: RunWriter,
    pub start: StartRecord,
    /// Where to go on; `None` = from the beginning.
    pub checkpoint: Option<UsableCheckpoint>,
    /// Damaged checkpoints that were passed over, a tail that was cut off.
    pub warnings: Vec<String>,
}

impl RunWriter {
    /// Makes `runs_dir/<ulid>/` with `recipe.toml` and a journal that holds the start record. The directory appears
    /// under its name only when all that is on disk.
    pub fn create(
        runs_dir: &Path,
        mut start: StartRecord,
        options: WriterOptions,
    ) -> Result<Self, StoreError> {
        complete(&mut start);
        let hidden = runs_dir.join(format!(".new-{}", start.run));
        fs::create_dir_all(&hidden).map_err(StoreError::io("create", &hidden))?;
        let created = Self::create_in(&hidden, runs_dir, start, options);
        if created.is_err() {
            // Only a leftover; the error that matters is the one being returned.
            drop(fs::remove_dir_all(&hidden));
        }
        created
    }

    fn create_in(
        hidden: &Path,
        runs_dir: &Path,
        start: StartRecord,
        options: WriterOptions,
    ) -> Result<Self, StoreError> {
        let id = start.run.clone();
        let dir = runs_dir.join(&id);
        let folder = hidden.join(checkpoint::CHECKPOINTS);
        fs::create_dir(&folder).map_err(StoreError::io("create", &folder))?;
        let recipe = hidden.join(RECIPE);
        durable::write_atomically(&recipe, start.recipe.as_bytes())
            .map_err(StoreError::io("write", &recipe))?;
        let mut journal = Appender::create(&hidden.join(JOURNAL), options.durability)?;
        let primary = start.primary_metric.clone();
        journal.append(&Record::Start(Box::new(start)).encode()?, false)?;
        begin(&mut journal, 1, None, 0)?;
        durable::sync_directory(hidden)
            .and_then(|()| fs::rename(hidden, &dir))
            .and_then(|()| durable::sync_directory(runs_dir))
            .map_err(StoreError::io("create", &dir))?;
        journal.moved_to(dir.join(JOURNAL));
        let retention = Retention::new(primary);
        Ok(Self::new(id, dir, 1, 0, options, journal, retention))
    }

    /// Takes up a run where its newest usable checkpoint stands. Later points are hidden, not deleted.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while another process writes the run.
    pub fn resume(run_dir: &Path, options: WriterOptions) -> Result<Resumed, StoreError> {
        let (mut journal, tail) = open(run_dir, options.durability)?;
        let reader = RunReader::open(run_dir)?;
        let summary = reader.summary();
        let latest = reader.latest_checkpoint();
        let mut warnings = latest.warnings;
        if let Some(tail) = tail {
            let text = format!(
                "cut {} bytes of an unfinished record off the journal at byte {}",
                tail.bytes, tail.offset
            );
            journal.append(&note(&text)?, false)?;
            warnings.push(text);
        }
        let to = latest.checkpoint.as_ref().map(|usable| usable.step);
        let at_checkpoint = reader.checkpoints().into_iter().find(|known| Some(known.step) == to);
        let wall_before = at_checkpoint.map_or(0, |known| known.wall_ms);
        let attempt = summary.attempts + 1;
        journal.append(&Record::Rewind(RewindRecord { to }).encode()?, false)?;
        begin(&mut journal, attempt, to, wall_before)?;
        let retention = Retention::resumed(&reader, to);
        let start = reader.start().clone();
        let writer = Self::new(
            start.run.clone(),
            run_dir.to_owned(),
            attempt,
            wall_before,
            options,
            journal,
            retention,
        );
        Ok(Resumed { writer, start, checkpoint: latest.checkpoint, warnings })
    }

    fn new(
        id: String,
        dir: PathBuf,
        attempt: u32,
        wall_before: u64,
        options: WriterOptions,
        journal: Appender,
        retention: Retention,
    ) -> Self {
        let runs_dir = dir.parent().unwrap_or(&dir).to_owned();
        let (journal, retention) = (Mutex::new(journal), Mutex::new(retention));
        Self { id, dir, runs_dir, attempt, options, began: Instant::now(), wall_before, journal, retention }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// 1 for a new run, one more for every resume.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Run time so far, up to the resumed checkpoint and since.
    pub fn wall_ms(&self) -> u64 {
        self.wall_before + self.began.elapsed().as_millis() as u64
    }

    /// Steps count through all stages of a run, so that a rewind knows what comes after it.
    pub fn metrics(&self, step: u64, values: Numbers) -> Result<(), StoreError> {
        let record = MetricsRecord { step, attempt: self.attempt, wall_ms: self.wall_ms(), values };
        self.append(&Record::Metrics(record).encode()?, false)
    }

    pub fn sample(&self, sample: &SampleRecord) -> Result<(), StoreError> {
        self.append(&record::encode_sample(sample)?, false)
    }

    /// On disk when it returns.
    pub fn eval(&self, eval: &EvalRecord) -> Result<(), StoreError> {
        self.append(&record::encode_eval(eval)?, true)?;
        self.retention.lock().evaluated(eval);
        Ok(())
    }

    /// Says what the run is busy with.
    pub fn heartbeat(&self, stage: &str) -> Result<(), StoreError> {
        let record =
            HeartbeatRecord { stage: stage.to_owned(), at_ms: clock::now_ms(), wall_ms: self.wall_ms() };
        self.append(&Record::Heartbeat(record).encode()?, false)
    }

    pub fn alarm(&self, step: u64, name: &str, message: &str) -> Result<(), StoreError> {
        let record = AlarmRecord { step, name: name.to_owned(), message: message.to_owned() };
        self.append(&Record::Alarm(record).encode()?, false)
    }

    pub fn note(&self, text: &str) -> Result<(), StoreError> {
        self.append(&note(text)?, false)
    }

    /// Stores a picture, once for all runs, and returns its hash.
    pub fn put_image(&self, image: &Image) -> Result<String, StoreError> {
        media::put_image(&self.runs_dir, image)
    }

    /// Stores a text, once for all runs, and returns its hash.
    pub fn put_text(&self, text: &str) -> Result<String, StoreError> {
        media::put_text(&self.runs_dir, text)
    }

    /// Lets `write` fill an empty directory and makes it the checkpoint of `step`; it is on disk and announced when
    /// this returns. Then removes checkpoints that are neither among the newest nor the best.
    ///
    /// # Errors
    /// A failure (of `write`, of a full disk) leaves the earlier checkpoints as they were.
    pub fn publish_checkpoint<E: Into<Box<dyn Error + Send + Sync>>>(
        &self,
        step: u64,
        write: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<PathBuf, StoreError> {
        // Held over the whole publication: two at once would use the same temporary directory.
        let mut retention = self.retention.lock();
        let published = checkpoint::publish(&self.dir, step, write)?;
        let record = CheckpointRecord {
            step,
            attempt: self.attempt,
            wall_ms: self.wall_ms(),
            path: checkpoint::relative_path(step),
            bytes: published.bytes,
            hash: published.hash,
        };
        self.append(&Record::Checkpoint(record).encode()?, true)?;
        let keep = retention.published(step, self.options.keep_checkpoints);
        if let Err(error) = checkpoint::retain(&self.dir, keep) {
            tracing::warn!("old checkpoints in {} were not removed: {error}", self.dir.display());
        }
        Ok(published.path)
    }

    /// Records how the run ended and lets go of it.
    pub fn finish(self, status: RunStatus, message: &str) -> Result<(), StoreError> {
        self.finish_shared(status, message)
    }

    /// Like [`RunWriter::finish`] for a writer that others hold too; the lock goes with the last of them.
    pub fn finish_shared(&self, status: RunStatus, message: &str) -> Result<(), StoreError> {
        self.append(&encode_status(status, message, self.wall_ms())?, true)
    }

    fn append(&self, payload: &[u8], sync: bool) -> Result<(), StoreError> {
        self.journal.lock().append(payload, sync).map(drop)
    }
}

fn complete(start: &mut StartRecord) {
    // Anything else would be a directory that no list shows.
    start.run = ulid::Ulid::from_string(&start.run).unwrap_or_else(|_| ulid::Ulid::new()).to_string();
    if start.created_ms == 0 {
        start.created_ms = clock::now_ms();
    }
    if start.recipe_hash.is_empty() {
        start.recipe_hash = blake3::hash(start.recipe.as_bytes()).to_hex().to_string();
    }
    start.git_diff = start.git_diff.take().map(record::cap_diff);
}

/// Opens the journal for writing; where it is taken, says by whom.
fn open(run_dir: &Path, durability: Durability) -> Result<(Appender, Option<crate::Damage>), StoreError> {
    Appender::open(&run_dir.join(JOURNAL), durability).map_err(|error| match error {
        StoreError::Busy { run, .. } => {
            let pid = RunReader::open(run_dir).ok().map(|reader| reader.summary().pid);
            StoreError::Busy { run, pid }
        }
        other => other,
    })
}

fn begin(journal: &mut Appender, n: u32, resumed_from: Option<u64>, wall_ms: u64) -> Result<(), StoreError> {
    let (pid, host, at_ms) = (std::process::id(), host(), clock::now_ms());
    let attempt = AttemptRecord { n, pid, host, resumed_from, at_ms, wall_ms };
    journal.append(&Record::Attempt(attempt).encode()?, false)?;
    journal.append(&encode_status(RunStatus::Running, "", wall_ms)?, true)?;
    Ok(())
}

fn encode_status(status: RunStatus, message: &str, wall_ms: u64) -> Result<Vec<u8>, StoreError> {
    let (message, at_ms) = (message.to_owned(), clock::now_ms());
    Record::Status(StatusRecord { status, message, at_ms, wall_ms, ended_ms: None }).encode()
}

fn note(text: &str) -> Result<Vec<u8>, StoreError> {
    Record::Note(NoteRecord { text: text.to_owned(), at_ms: clock::now_ms() }).encode()
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}
