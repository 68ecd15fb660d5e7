//! Metric series packed 256 points to a value: one key per point would cost five times the space.

use std::collections::BTreeMap;

use super::{
    database::Trouble,
    row::{Row, seal, unseal},
};
use crate::Point;

const CHUNK: u64 = 256;
const POINT: usize = 24;

/// Points to be appended to the series of one run.
#[derive(Default)]
pub(super) struct Pending {
    /// By the series' place in the row.
    chunks: BTreeMap<(usize, u64), Vec<u8>>,
}

impl Pending {
    /// Appends to the series at `place`; what is stored of its last chunk is loaded first.
    pub(super) fn push(
        &mut self,
        db: &sled::Db,
        row: &mut Row,
        place: usize,
        point: Point,
    ) -> Result<(), Trouble> {
        let count = row.series[place].count;
        let key = (place, count / CHUNK);
        let within = (count % CHUNK) as usize;
        if within > 0 && !self.chunks.contains_key(&key) {
            let stored = load(db, &row.tracked.summary.id, key)?;
            let bytes = stored.get(..within * POINT).ok_or_else(|| missing(&row.series[place].name))?;
            self.chunks.insert(key, bytes.to_vec());
        }
        let chunk = self.chunks.entry(key).or_default();
        chunk.extend_from_slice(&point.step.to_le_bytes());
        chunk.extend_from_slice(&point.wall_ms.to_le_bytes());
        chunk.extend_from_slice(&point.value.to_le_bytes());
        row.series[place].count = count + 1;
        Ok(())
    }

    pub(super) fn write(self, id: &str, batch: &mut sled::Batch) {
        for (key, bytes) in self.chunks {
            batch.insert(chunk_key(id, key).into_bytes(), seal(&bytes));
        }
    }
}

/// The whole series `name`.
pub(super) fn read(db: &sled::Db, row: &Row, name: &str) -> Result<Vec<Point>, Trouble> {
    let Some(place) = row.series.iter().position(|series| series.name == name) else { return Ok(Vec::new()) };
    let count = row.series[place].count;
    let mut points = Vec::with_capacity(count as usize);
    for chunk in 0..count.div_ceil(CHUNK) {
        points.extend(load(db, &row.tracked.summary.id, (place, chunk))?.chunks_exact(POINT).map(decode));
    }
    if points.len() as u64 == count { Ok(points) } else { Err(missing(name)) }
}

/// Prefix of all chunks of a run.
pub(super) fn prefix(id: &str) -> String {
    format!("points/{id}/")
}

fn chunk_key(id: &str, (place, chunk): (usize, u64)) -> String {
    format!("{}{place:04x}/{chunk:08x}", prefix(id))
}

fn load(db: &sled::Db, id: &str, key: (usize, u64)) -> Result<Vec<u8>, Trouble> {
    let stored = db.get(chunk_key(id, key))?.ok_or_else(|| missing(id))?;
    Ok(unseal(&stored)?.to_vec())
}

fn missing(what: &str) -> Trouble {
    Trouble::Damaged(format!("points of {what} are missing"))
}

fn decode(bytes: &[u8]) -> Point {
    let word = |at: usize| {
        bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()).map_or(0, u64::from_le_bytes)
    };
    Point { step: word(0), wall_ms: word(8), value: f64::from_bits(word(16)) }
}
