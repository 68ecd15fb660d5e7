//! The only place where the store reads a clock: time stamps are for people, nothing is computed from them.

use std::time::{SystemTime, UNIX_EPOCH};

#[expect(clippy::disallowed_methods, reason = "the one reader of the clock")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}

/// Milliseconds since 1970, 0 on a clock set before that.
pub(crate) fn now_ms() -> u64 {
    now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis() as u64)
}
