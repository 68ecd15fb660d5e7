//! The experiment store: what every run did, kept so that nothing that was acknowledged is lost and any two runs can
//! be compared.
//!
//! ```text
//! runs/<ulid>/recipe.toml             the resolved recipe, every value with its origin in a comment
//!            /journal.jnl             the truth: appended by the run's own process alone (flock held = alive)
//!            /checkpoints/<step>/     8 digits; the caller's files and manifest.json (size and BLAKE3 of each)
//! runs/.new-<ulid>/                   a run that is being created; renamed when complete
//! runs/.store/index/                  sled: summaries and packed metrics; disposable, rebuilt from the journals
//! runs/.store/media/<aa>/<hash>.png   content-addressed pictures (.txt: texts), shared by all runs
//! ```
//!
//! The bytes of a journal are documented in `journal`, its records in `record`, the keys of the index in `index`.
//!
//! How the parts meet: [`RunWriter`] creates or resumes a run and appends to its journal; [`RunReader`] reads one run
//! at any time, without a lock. A record that was acknowledged survives `kill -9`; a power cut costs at most 500 ms of
//! metrics and never a checkpoint or an evaluation.
//!
//! **Architecture invariant.** The journal is the truth and the index a cache: no answer needs the index, and no
//! command waits for, or fails because of, another.

mod checkpoint;
mod clock;
mod compact;
pub mod compare;
mod durable;
mod error;
mod event;
mod find;
mod index;
mod journal;
mod media;
mod numbers;
mod reader;
mod record;
mod retention;
pub mod stats;
mod summary;
pub mod view;
mod writer;

pub use checkpoint::UsableCheckpoint;
pub use error::StoreError;
pub use find::find_run;
pub use index::{series, summaries};
pub use journal::{Damage, Durability};
pub use media::{is_hash, media_path, read_image, read_text};
pub use numbers::Numbers;
pub use reader::{Latest, Point, RunReader};
pub use record::{
    AlarmRecord, AttemptRecord, CheckpointRecord, DIFF_LIMIT, EvalRecord, HeartbeatRecord, MetricsRecord,
    NoteRecord, Parent, Record, RewindRecord, RunStatus, SampleHead, SampleRecord, StartRecord, StatusRecord,
    TopToken, eval_set_hash,
};
pub use summary::{EvalHead, RunSummary};
pub use view::three_row_table;
pub use writer::{Resumed, RunWriter, WriterOptions};
