//! The index: a sled database that remembers what the journals said, so that a list of 2,000 runs does not read 2,000
//! journals. It is a cache: deleting it costs time and nothing else, and no answer waits for it.
//!
//! ```text
//! version                      format of the index; another one is thrown away
//! run/<id>                     crc32 | JSON of a `Row`: where the journal was read to, the summary, the series
//! points/<id>/<series>/<chunk> crc32 | 256 points of 24 bytes: step u64, wall_ms u64, value f64 (little endian;
//!                              series 4 and chunk 8 hexadecimal digits)
//! ```
//!
//! New frames of a run become its row and its changed chunks in **one** batch, so a kill can neither count twice nor
//! skip. An open sled excludes every other process; therefore it is opened for moments only, and whoever does not get
//! it within 200 ms, or meets any trouble, reads the journals instead.

mod database;
mod points;
mod refresh;
mod row;

use std::path::{Path, PathBuf};

use crate::{Point, RunReader, RunSummary, StoreError, find::run_ids, reader::settle};

/// Where the index of a runs directory is.
fn index_dir(runs_dir: &Path) -> PathBuf {
    runs_dir.join(".store").join("index")
}

/// All runs, newest first. Runs whose journal cannot be read at all are left out with a warning in the log.
///
/// # Errors
/// Only when the runs directory cannot be listed.
pub fn summaries(runs_dir: &Path) -> Result<Vec<RunSummary>, StoreError> {
    let ids = run_ids(runs_dir)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let indexed = database::with(&index_dir(runs_dir), |db| refresh::all(db, runs_dir, &ids));
    let mut summaries = indexed.unwrap_or_else(|| from_journals(runs_dir, &ids));
    for summary in &mut summaries {
        settle(summary, &runs_dir.join(&summary.id));
    }
    summaries.sort_by(|a, b| b.id.cmp(&a.id));
    Ok(summaries)
}

/// One metric of one run by step; empty when the run has no such metric.
pub fn series(runs_dir: &Path, run: &str, name: &str) -> Result<Vec<Point>, StoreError> {
    let indexed = database::with(&index_dir(runs_dir), |db| {
        let row = refresh::one(db, runs_dir, run)?;
        points::read(db, &row, name)
    });
    match indexed {
        Some(points) => Ok(points),
        None => Ok(RunReader::open(&runs_dir.join(run))?.series(name)),
    }
}

fn from_journals(runs_dir: &Path, ids: &[String]) -> Vec<RunSummary> {
    let read = |id: &String| match RunReader::open(&runs_dir.join(id)) {
        Ok(reader) => Some(reader.summary()),
        Err(error) => {
            tracing::warn!("run {id} is left out: {error}");
            None
        }
    };
    ids.iter().filter_map(read).collect()
}
