//! How long the parts of a step take.

use std::time::Instant;

use crate::store::Numbers;

/// Wall time of the parts of a step, in seconds, as `time/<part>`.
pub struct Clock {
    last: Instant,
    laps: Numbers,
}

impl Clock {
    pub fn start() -> Self {
        Self { last: Instant::now(), laps: Numbers::new() }
    }

    pub fn lap(&mut self, name: &str) {
        self.laps.insert(format!("time/{name}"), self.last.elapsed().as_secs_f64());
        self.last = Instant::now();
    }

    /// A time that was measured elsewhere.
    pub fn put(&mut self, name: &str, seconds: f64) {
        self.laps.insert(format!("time/{name}"), seconds);
    }

    pub fn into_numbers(self) -> Numbers {
        self.laps
    }
}
