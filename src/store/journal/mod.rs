//! The journal: one append-only file per run, written by one process, readable by all at any time.
//!
//! ```text
//! header   magic "galleyjl" (8 bytes) | version u32 = 1 | reserved u32 = 0
//! frame    length u32 | crc32 u32 of the payload | payload        (little endian; one write(2) per frame)
//! payload  one record as JSON whose first bytes are {"t":"        (see `record`)
//! ```
//!
//! The writer of a run's `journal.jnl` holds an exclusive flock while it lives: held = alive. Journals that several
//! processes append to (`edits.jnl`, `experiments.jnl`, `documents.jnl`) have the same bytes; there the flock is held
//! for one append alone.
//! A frame that is cut off at the end is a *tail*: a
//! write in progress, or the last moment of a killed process. Readers stop before it; the next owner cuts it off. Bad
//! bytes with good frames behind them are *damage*: readers report them and go on at the next good frame.

mod append;
mod flush;
mod frame;
mod lock;
mod scan;
mod shared;

pub(crate) use append::Appender;
pub use append::Durability;
pub(crate) use frame::HEADER_LENGTH;
pub(crate) use lock::is_held;
pub use scan::Damage;
pub(crate) use scan::{Item, Scanner};
pub(crate) use shared::SharedJournal;
