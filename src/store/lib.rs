//! The experiment store: what every run did, kept so that nothing that was acknowledged is lost and any two runs can
//! be compared.
//!
//! ```text
//! runs/<ulid>/recipe.toml             the resolved recipe, every value with its origin in a comment
//!            /journal.jnl             the truth: appended by the run's own process alone (flock held = alive)
//!            /edits.jnl               name, tags, notes, star, delete mark: appended by anyone for a moment
//!            /checkpoints/<step>/     8 digits; the caller's files and manifest.json (size and BLAKE3 of each)
//!            /artifacts/              files that programs add to the run
//! runs/.new-<ulid>/                   a run that is being created; renamed when complete
//! runs/.store/index/                  sled: summaries and packed metrics; disposable, rebuilt from the journals
//! runs/.store/experiments.jnl         named groups of runs
//! runs/.store/documents.jnl           what other programs want kept, as JSON
//! runs/.store/media/<aa>/<hash>.png   content-addressed pictures (.txt: texts), shared by all runs
//! ```
//!
//! The bytes of a journal are documented in `journal`, its records in `record`, the keys of the index in `index`.
//!
//! How the parts meet: [`RunWriter`] creates or resumes a run and appends to its journal; [`RunReader`] reads one run
//! at any time, without a lock. Runs that other programs log live beside galley's own: [`LogWriter`] (and [`LogPool`]
//! for a server) writes them, everything that reads reads them too. [`Edits`] is what anyone may say about any run. A record that was acknowledged survives `kill -9`; a power cut costs at most 500 ms of
//! metrics and never a checkpoint or an evaluation.
//!
//! ```
//! use galley_store::{Numbers, RunReader, RunStatus, RunWriter, StartRecord, WriterOptions, find_run};
//! # let folder = tempfile::tempdir()?;
//! # let runs = folder.path();
//! let start = StartRecord { name: "pages".into(), steps: Some(2), ..StartRecord::default() };
//! let writer = RunWriter::create(runs, start, WriterOptions::default())?;
//! writer.metrics(1, Numbers::from([("loss".into(), 0.5)]))?;
//! writer.publish_checkpoint(1, |folder| std::fs::write(folder.join("state"), "weights"))?;
//!
//! // Anyone may read meanwhile.
//! let reader = RunReader::open(&find_run(runs, "pages")?)?;
//! assert_eq!(reader.summary().status, RunStatus::Running);
//! assert_eq!(reader.series("loss")[0].value, 0.5);
//!
//! // The process dies; another one goes on where the newest checkpoint stands.
//! let dir = writer.dir().to_owned();
//! drop(writer);
//! let resumed = RunWriter::resume(&dir, WriterOptions::default())?;
//! assert_eq!(resumed.checkpoint.map(|usable| usable.step), Some(1));
//! resumed.writer.finish(RunStatus::Finished, "")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **Architecture invariant.** The journal is the truth and the index a cache: no answer needs the index, and no
//! command waits for, or fails because of, another.

mod absorb;
mod catalog;
mod checkpoint;
mod clock;
mod compact;
pub mod compare;
mod documents;
mod durable;
mod edits;
mod error;
mod event;
mod experiments;
pub mod export;
mod find;
mod index;
mod journal;
mod log_pool;
mod log_writer;
pub mod maintain;
mod media;
mod numbers;
pub mod query;
mod reader;
mod record;
mod retention;
pub mod stats;
mod summary;
mod tracked;
pub mod view;
mod writer;

pub use catalog::Catalog;
pub use checkpoint::UsableCheckpoint;
pub use documents::Documents;
pub use edits::Edits;
pub use error::StoreError;
pub use experiments::{Experiment, Experiments};
pub use find::{find_run, run_dir};
pub use index::{history, series, summaries};
pub use journal::{Damage, Durability};
pub use log_pool::LogPool;
pub use log_writer::{LogBatch, LogWriter, NewRun, artifacts_dir};
pub use media::{is_hash, media_path, read_image, read_text};
pub use numbers::Numbers;
pub use reader::{Latest, Point, RunReader};
pub use record::{
    AlarmRecord, AttemptRecord, CheckpointRecord, DIFF_LIMIT, DocumentRecord, EditRecord, EvalRecord,
    ExperimentRecord, HeartbeatRecord, LoggedMetric, MetricsRecord, NoteRecord, ParamsRecord, Parent,
    PointsRecord, Record, RewindRecord, RunStatus, SampleHead, SampleRecord, StartRecord, StatusRecord,
    TopToken, eval_set_hash,
};
pub use summary::{DEFAULT_EXPERIMENT, EvalHead, RunSummary};
pub use view::three_row_table;
pub use writer::{Resumed, RunWriter, WriterOptions};
