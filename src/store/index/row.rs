//! What the index keeps of one run, and the checksum around every value.

use serde::{Deserialize, Serialize};

use super::database::Trouble;
use crate::tracked::Tracked;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) tracked: Tracked,
    /// Names and lengths of the metric series; a series' place is its number in the keys of its chunks.
    pub(super) series: Vec<Series>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) count: u64,
}

impl Row {
    pub(super) fn key(id: &str) -> String {
        format!("run/{id}")
    }

    pub(super) fn load(db: &sled::Db, id: &str) -> Result<Option<Self>, Trouble> {
        let Some(bytes) = db.get(Self::key(id))? else { return Ok(None) };
        let row = serde_json::from_slice(unseal(&bytes)?);
        row.map(Some).map_err(|error| Trouble::Damaged(format!("the row of {id}: {error}")))
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Trouble> {
        serde_json::to_vec(self)
            .map(|json| seal(&json))
            .map_err(|error| Trouble::Impossible(error.to_string()))
    }

    /// The place of series `name`, added at the end if it is new; `guess` is tried first.
    pub(super) fn place(&mut self, name: &str, guess: usize) -> usize {
        if self.series.get(guess).is_some_and(|series| series.name == name) {
            return guess;
        }
        self.series.iter().position(|series| series.name == name).unwrap_or_else(|| {
            self.series.push(Series { name: name.to_owned(), count: 0 });
            self.series.len() - 1
        })
    }
}

/// Puts a checksum before a value: sled has been seen to return damaged ones.
pub(super) fn seal(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = crc32fast::hash(bytes).to_le_bytes().to_vec();
    sealed.extend_from_slice(bytes);
    sealed
}

pub(super) fn unseal(sealed: &[u8]) -> Result<&[u8], Trouble> {
    match sealed.split_at_checked(4) {
        Some((crc, bytes)) if crc == crc32fast::hash(bytes).to_le_bytes() => Ok(bytes),
        _ => Err(Trouble::Damaged("a value does not have its checksum".into())),
    }
}
