//! The index: a sled database that remembers what the journals said, so that a list of 2,000 runs does not read 2,000
//! journals. It is a cache: deleting it costs time and nothing else, and no answer waits for it.
//!
//! ```text
//! version                      format of the index; another one is thrown away
//! run/<id>                     crc32 | JSON of a `Row`: how far the journals were read, the summary, the series
//! points/<id>/<series>/<chunk> crc32 | 256 points of 24 bytes: step u64, wall_ms u64, value f64 (little endian;
//!                              step i64 and time i64 in runs of other programs;
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

use crate::{
    LoggedMetric, Point, RunReader, RunSummary, StoreError, find::run_ids, reader::settle, tracked::Tracked,
};

/// Where the index of a runs directory is.
fn index_dir(runs_dir: &Path) -> PathBuf {
    runs_dir.join(".store").join("index")
}

/// All runs, newest first, those marked as deleted among them. Runs whose journal cannot be read at all are left out
/// with a warning in the log.
///
/// # Errors
/// Only when the runs directory cannot be listed.
pub fn summaries(runs_dir: &Path) -> Result<Vec<RunSummary>, StoreError> {
    let settled = |tracked: Tracked| {
        let mut summary = tracked.summary;
        let dir = runs_dir.join(&summary.id);
        settle(&mut summary, &dir);
        summary
    };
    Ok(tracked(runs_dir)?.into_iter().map(settled).collect())
}

/// Whether the index can be opened and brought up to date.
pub(crate) fn answers(runs_dir: &Path) -> bool {
    let Ok(ids) = run_ids(runs_dir) else { return false };
    ids.is_empty() || database::with(&index_dir(runs_dir), |db| refresh::all(db, runs_dir, &ids)).is_some()
}

/// All runs as the journals say, newest first.
pub(crate) fn tracked(runs_dir: &Path) -> Result<Vec<Tracked>, StoreError> {
    let ids = run_ids(runs_dir)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let indexed = database::with(&index_dir(runs_dir), |db| refresh::all(db, runs_dir, &ids));
    let mut runs = indexed.unwrap_or_else(|| from_journals(runs_dir, &ids));
    runs.sort_by(|a, b| b.summary.id.cmp(&a.summary.id));
    Ok(runs)
}

/// One metric of one run, see [`RunReader::series`]; empty when the run has no such metric.
pub fn series(runs_dir: &Path, run: &str, name: &str) -> Result<Vec<Point>, StoreError> {
    let Some((run_is, points)) = indexed(runs_dir, run, name) else {
        return Ok(RunReader::open(&runs_dir.join(run))?.series(name));
    };
    let point = |point: Point| match run_is.logged {
        true => Point::of(&logged(name, point), run_is.created_ms),
        false => point,
    };
    Ok(points.into_iter().map(point).collect())
}

/// One metric of one run, see [`RunReader::history`]; empty when the run has no such metric.
pub fn history(runs_dir: &Path, run: &str, name: &str) -> Result<Vec<LoggedMetric>, StoreError> {
    let Some((run_is, points)) = indexed(runs_dir, run, name) else {
        return Ok(RunReader::open(&runs_dir.join(run))?.history(name));
    };
    let point = |point: Point| match run_is.logged {
        true => logged(name, point),
        false => point.logged(name, run_is.created_ms),
    };
    Ok(points.into_iter().map(point).collect())
}

/// What decides on the meaning of a run's points.
struct RunIs {
    logged: bool,
    created_ms: u64,
}

fn indexed(runs_dir: &Path, run: &str, name: &str) -> Option<(RunIs, Vec<Point>)> {
    database::with(&index_dir(runs_dir), |db| {
        let row = refresh::one(db, runs_dir, run)?;
        let summary = &row.tracked.summary;
        let run_is = RunIs { logged: !summary.origin.is_empty(), created_ms: summary.created_ms };
        Ok((run_is, points::read(db, &row, name)?))
    })
}

/// The point as it was logged: see `refresh::extend_logged`.
fn logged(name: &str, point: Point) -> LoggedMetric {
    LoggedMetric::new(name, point.value, point.wall_ms as i64, point.step as i64)
}

fn from_journals(runs_dir: &Path, ids: &[String]) -> Vec<Tracked> {
    let read = |id: &String| {
        let mut tracked = Tracked::default();
        match tracked.advance(&runs_dir.join(id)) {
            Ok(_) => Some(tracked),
            Err(error) => {
                tracing::warn!("run {id} is left out: {error}");
                None
            }
        }
    };
    ids.iter().filter_map(read).collect()
}
