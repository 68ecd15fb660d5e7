//! Bringing the index up to date with the journals.

use std::path::Path;

use super::{
    database::Trouble,
    points::{self, Pending},
    row::Row,
};
use crate::{
    MetricsRecord, Point, PointsRecord, Record,
    event::{Event, Events},
    tracked::{Advance, Tracked},
};

/// Catches up with every run and forgets those that are gone.
pub(super) fn all(db: &sled::Db, runs_dir: &Path, ids: &[String]) -> Result<Vec<Tracked>, Trouble> {
    let mut runs = Vec::with_capacity(ids.len());
    for id in ids {
        match one(db, runs_dir, id) {
            Ok(row) => runs.push(row.tracked),
            Err(Trouble::Impossible(reason)) => tracing::warn!("run {id} is left out: {reason}"),
            Err(trouble) => return Err(trouble),
        }
    }
    for entry in db.scan_prefix("run/").keys() {
        let key = entry?;
        let id = String::from_utf8_lossy(&key["run/".len()..]).into_owned();
        if ids.binary_search(&id).is_err() {
            forget(db, &id)?;
        }
    }
    Ok(runs)
}

/// Catches up with one run.
pub(super) fn one(db: &sled::Db, runs_dir: &Path, id: &str) -> Result<Row, Trouble> {
    let mut row = Row::load(db, id)?.unwrap_or_default();
    let read = row.tracked.advance(&runs_dir.join(id));
    match read.map_err(|error| Trouble::Impossible(error.to_string()))? {
        Advance::Unchanged => Ok(row),
        Advance::Grown(events) => extend(db, row, id, &events),
        Advance::Anew(events) => {
            forget(db, id)?;
            row.series.clear();
            extend(db, row, id, &events)
        }
    }
}

/// Chunks without a row, should there be any, are overwritten or lie behind the end of their series.
fn extend(db: &sled::Db, mut row: Row, id: &str, events: &Events) -> Result<Row, Trouble> {
    let mut pending = Pending::default();
    for (_, event) in &events.visible {
        match event {
            Event::Record(Record::Metrics(metrics)) => extend_steps(db, &mut row, &mut pending, metrics)?,
            Event::Record(Record::Points(points)) => extend_logged(db, &mut row, &mut pending, points)?,
            _ => {}
        }
    }
    let mut batch = sled::Batch::default();
    pending.write(id, &mut batch);
    batch.insert(Row::key(id).into_bytes(), row.encode()?);
    db.apply_batch(batch)?;
    Ok(row)
}

fn extend_steps(
    db: &sled::Db,
    row: &mut Row,
    pending: &mut Pending,
    metrics: &MetricsRecord,
) -> Result<(), Trouble> {
    for (guess, (name, &value)) in metrics.values.iter().enumerate() {
        let point = Point { step: metrics.step, wall_ms: metrics.wall_ms, value };
        let place = row.place(name, guess);
        pending.push(db, row, place, point)?;
    }
    Ok(())
}

/// Step and time of the program's own, which may be negative, have the same 64 bits.
fn extend_logged(
    db: &sled::Db,
    row: &mut Row,
    pending: &mut Pending,
    logged: &PointsRecord,
) -> Result<(), Trouble> {
    for (guess, logged) in logged.points.iter().enumerate() {
        let (step, wall_ms) = (logged.step() as u64, logged.timestamp_ms() as u64);
        let place = row.place(logged.key(), guess);
        pending.push(db, row, place, Point { step, wall_ms, value: logged.value() })?;
    }
    Ok(())
}

fn forget(db: &sled::Db, id: &str) -> Result<(), Trouble> {
    let mut batch = sled::Batch::default();
    batch.remove(Row::key(id).into_bytes());
    for key in db.scan_prefix(points::prefix(id)).keys() {
        batch.remove(key?);
    }
    Ok(db.apply_batch(batch)?)
}
