//! Bringing the index up to date with the journals.

use std::{fs, path::Path};

use super::{
    database::Trouble,
    points::{self, Pending},
    row::Row,
};
use crate::{
    Point, Record, RunSummary,
    event::{Event, Events},
    reader::JOURNAL,
};

/// Catches up with every run and forgets those that are gone.
pub(super) fn all(db: &sled::Db, runs_dir: &Path, ids: &[String]) -> Result<Vec<RunSummary>, Trouble> {
    let mut summaries = Vec::with_capacity(ids.len());
    for id in ids {
        match one(db, runs_dir, id) {
            Ok(row) => summaries.push(row.summary),
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
    Ok(summaries)
}

/// Catches up with one run.
pub(super) fn one(db: &sled::Db, runs_dir: &Path, id: &str) -> Result<Row, Trouble> {
    let journal = runs_dir.join(id).join(JOURNAL);
    let length = fs::metadata(&journal).map_err(|error| Trouble::Impossible(error.to_string()))?.len();
    let known = Row::load(db, id)?;
    match known {
        Some(row) if row.offset == length => Ok(row),
        Some(row) if row.offset < length => {
            let events = read(&journal, Some(row.offset))?;
            // A rewind reaches back into what is stored; it is rare enough to start over.
            if events.rewound { rebuild(db, &journal, id) } else { extend(db, row, &events) }
        }
        Some(_) => rebuild(db, &journal, id),
        None => fresh(db, &journal, id),
    }
}

fn rebuild(db: &sled::Db, journal: &Path, id: &str) -> Result<Row, Trouble> {
    forget(db, id)?;
    fresh(db, journal, id)
}

/// Chunks without a row, should there be any, are overwritten or lie behind the end of their series.
fn fresh(db: &sled::Db, journal: &Path, id: &str) -> Result<Row, Trouble> {
    let mut row = Row::default();
    id.clone_into(&mut row.summary.id);
    extend(db, row, &read(journal, None)?)
}

fn extend(db: &sled::Db, mut row: Row, events: &Events) -> Result<Row, Trouble> {
    let mut pending = Pending::default();
    for (_, event) in &events.visible {
        row.summary.absorb(event);
        let Event::Record(Record::Metrics(metrics)) = event else { continue };
        for (guess, (name, &value)) in metrics.values.iter().enumerate() {
            let point = Point { step: metrics.step, wall_ms: metrics.wall_ms, value };
            let place = row.place(name, guess);
            pending.push(db, &mut row, place, point)?;
        }
    }
    row.summary.damage.extend(events.damage.iter().cloned());
    if row.offset == events.end {
        return Ok(row);
    }
    row.offset = events.end;
    let mut batch = sled::Batch::default();
    pending.write(&row.summary.id, &mut batch);
    batch.insert(Row::key(&row.summary.id).into_bytes(), row.encode()?);
    db.apply_batch(batch)?;
    Ok(row)
}

fn forget(db: &sled::Db, id: &str) -> Result<(), Trouble> {
    let mut batch = sled::Batch::default();
    batch.remove(Row::key(id).into_bytes());
    for key in db.scan_prefix(points::prefix(id)).keys() {
        batch.remove(key?);
    }
    Ok(db.apply_batch(batch)?)
}

fn read(journal: &Path, offset: Option<u64>) -> Result<Events, Trouble> {
    Events::read(journal, offset).map_err(|error| Trouble::Impossible(error.to_string()))
}
