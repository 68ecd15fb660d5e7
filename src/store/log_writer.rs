//! Writing a run that another program logs, record by record, over many processes if need be.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;
use serde_json::Value;

use crate::{
    DocumentRecord, Durability, Edits, LoggedMetric, ParamsRecord, Record, RunReader, RunStatus, StartRecord,
    StatusRecord, StoreError, clock, durable,
    journal::{Appender, Item, Scanner},
    reader::JOURNAL,
    record,
};

const ARTIFACTS: &str = "artifacts";

/// What is known of a run when another program begins it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRun {
    pub name: String,
    /// The program or the protocol, such as `mlflow`.
    pub origin: String,
    /// Id of its experiment; empty for the default one.
    pub experiment: String,
    pub user: String,
    /// `None` for now.
    pub started_ms: Option<u64>,
    pub tags: BTreeMap<String, String>,
}

/// The owner of a run that another program logs: holds its journal's lock until dropped, and can be opened again at
/// any time; a run is not over before [`LogWriter::status`] says so. What was acknowledged survives the end of the
/// process, and within 500 ms the end of the machine. All methods may be called from many threads.
///
/// ```
/// use galley_store::{LogWriter, LoggedMetric, NewRun, RunReader, RunStatus};
/// # let runs = tempfile::tempdir()?;
/// let new = NewRun { name: "first".into(), origin: "notebook".into(), ..NewRun::default() };
/// let writer = LogWriter::create(runs.path(), new)?;
/// writer.params(&[("lr".into(), "0.1".into())].into())?;
/// writer.metrics(&[LoggedMetric::new("loss", 0.5, 1_700_000_000_000, 1)])?;
/// writer.status(RunStatus::Finished, Some(1_700_000_001_000))?;
/// let reader = RunReader::open(writer.dir())?;
/// assert_eq!(reader.history("loss")[0].value(), 0.5);
/// assert_eq!(reader.summary().params["lr"], "0.1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LogWriter {
    id: String,
    dir: PathBuf,
    logged: Mutex<Logged>,
    edits: Edits,
}

struct Logged {
    journal: Appender,
    /// What was written once and can not become something else.
    params: BTreeMap<String, String>,
}

/// What one call logs at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogBatch {
    pub metrics: Vec<LoggedMetric>,
    pub params: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
}

impl LogWriter {
    /// Makes `runs_dir/<ulid>/`, on disk when this returns.
    pub fn create(runs_dir: &Path, new: NewRun) -> Result<Self, StoreError> {
        let id = ulid::Ulid::new().to_string();
        let hidden = runs_dir.join(format!(".new-{id}"));
        fs::create_dir_all(&hidden).map_err(StoreError::io("create", &hidden))?;
        let created = Self::create_in(&hidden, runs_dir, id, new);
        if created.is_err() {
            // Only a leftover; the error that matters is the one being returned.
            drop(fs::remove_dir_all(&hidden));
        }
        created
    }

    fn create_in(hidden: &Path, runs_dir: &Path, id: String, new: NewRun) -> Result<Self, StoreError> {
        let dir = runs_dir.join(&id);
        let created_ms = new.started_ms.unwrap_or_else(clock::now_ms);
        let start = StartRecord {
            run: id.clone(),
            name: new.name,
            created_ms,
            origin: if new.origin.is_empty() { "log".into() } else { new.origin },
            experiment: new.experiment,
            user: new.user,
            tags: new.tags,
            ..StartRecord::default()
        };
        let mut journal = Appender::create(&hidden.join(JOURNAL), Durability::Group)?;
        journal.append(&Record::Start(Box::new(start)).encode()?, true)?;
        durable::sync_directory(hidden)
            .and_then(|()| fs::rename(hidden, &dir))
            .and_then(|()| durable::sync_directory(runs_dir))
            .map_err(StoreError::io("create", &dir))?;
        journal.moved_to(dir.join(JOURNAL));
        let logged = Mutex::new(Logged { journal, params: BTreeMap::new() });
        Ok(Self { id, edits: Edits::fast(&dir), dir, logged })
    }

    /// Goes on with a run that [`LogWriter::create`] made, in this process or another.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while another process has it open, [`StoreError::OwnRun`] for a run of galley's own.
    pub fn open(run_dir: &Path) -> Result<Self, StoreError> {
        let start = start_of(run_dir)?;
        if start.origin.is_empty() {
            return Err(StoreError::OwnRun { run: start.run });
        }
        let (id, (journal, _)) = (start.run, Appender::open(&run_dir.join(JOURNAL), Durability::Group)?);
        let params = RunReader::open(run_dir)?.summary().params;
        let logged = Mutex::new(Logged { journal, params });
        Ok(Self { id, dir: run_dir.to_owned(), logged, edits: Edits::fast(run_dir) })
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where files of the run belong; made when it is asked for first.
    pub fn artifacts(&self) -> Result<PathBuf, StoreError> {
        let folder = artifacts_dir(&self.dir);
        fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
        Ok(folder)
    }

    /// Points in any order; steps may repeat.
    pub fn metrics(&self, points: &[LoggedMetric]) -> Result<(), StoreError> {
        if points.is_empty() {
            return Ok(());
        }
        self.append(&record::encode_points(points)?, false)
    }

    /// Parameters that are on record with the same value are fine.
    ///
    /// # Errors
    /// [`StoreError::ParamConflict`], with nothing written.
    pub fn params(&self, params: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let mut logged = self.logged.lock();
        let mut fresh = BTreeMap::new();
        for (key, given) in params {
            match logged.params.get(key) {
                Some(recorded) if recorded == given => {}
                Some(recorded) => {
                    let (run, key) = (self.id.clone(), key.clone());
                    let (recorded, given) = (recorded.clone(), given.clone());
                    return Err(StoreError::ParamConflict { run, key, recorded, given });
                }
                None => drop(fresh.insert(key.clone(), given.clone())),
            }
        }
        if fresh.is_empty() {
            return Ok(());
        }
        let record = ParamsRecord { values: fresh };
        logged.journal.append(&Record::Params(record.clone()).encode()?, false)?;
        logged.params.extend(record.values);
        Ok(())
    }

    /// Parameters first: where they conflict, nothing is logged.
    pub fn batch(&self, batch: &LogBatch) -> Result<(), StoreError> {
        self.params(&batch.params)?;
        self.metrics(&batch.metrics)?;
        if batch.tags.is_empty() {
            return Ok(());
        }
        let tags = batch.tags.iter().map(|(key, value)| (key.clone(), Some(value.clone())));
        self.edits.tags(&tags.collect())
    }

    /// How the run stands, and when it ended.
    pub fn status(&self, status: RunStatus, ended_ms: Option<u64>) -> Result<(), StoreError> {
        let at_ms = clock::now_ms();
        let record = StatusRecord { status, message: String::new(), at_ms, wall_ms: 0, ended_ms };
        self.append(&Record::Status(record).encode()?, true)
    }

    /// A data set that the run read, as its program describes it.
    pub fn input(&self, value: Value) -> Result<(), StoreError> {
        self.document("input", value)
    }

    /// Something that the run made, as its program describes it.
    pub fn output(&self, value: Value) -> Result<(), StoreError> {
        self.document("output", value)
    }

    /// Tags, name, notes, star and delete mark.
    pub fn edits(&self) -> &Edits {
        &self.edits
    }

    fn document(&self, kind: &str, value: Value) -> Result<(), StoreError> {
        let record = DocumentRecord {
            kind: kind.to_owned(),
            id: String::new(),
            value: Some(value),
            at_ms: clock::now_ms(),
        };
        self.append(&Record::Document(record).encode()?, false)
    }

    fn append(&self, payload: &[u8], sync: bool) -> Result<(), StoreError> {
        self.logged.lock().journal.append(payload, sync).map(drop)
    }
}

/// The start record, with no more read than that.
fn start_of(run_dir: &Path) -> Result<StartRecord, StoreError> {
    let path = run_dir.join(JOURNAL);
    let mut scanner = Scanner::open(&path)?;
    while let Some(item) = scanner.next()? {
        if let Item::Frame(frame) = item
            && let Ok(Record::Start(start)) = Record::decode(frame.payload)
        {
            return Ok(*start);
        }
    }
    Err(StoreError::NotAJournal { path, reason: "it has no readable start record".into() })
}

/// Where the files are that programs add to a run.
pub fn artifacts_dir(run_dir: &Path) -> PathBuf {
    run_dir.join(ARTIFACTS)
}
