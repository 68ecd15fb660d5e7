//! Statistics for honest comparison: intervals by bootstrap, tests by permutation, corrections, and what could have
//! been detected at all. Deterministic: the same numbers and the same seed give the same result on every machine.

mod bootstrap;
mod crossed;
mod holm;
mod mcnemar;
mod paired;
mod permutation;
mod student;
mod two_level;

pub use bootstrap::{Interval, RESAMPLES, bootstrap_mean};
pub use crossed::crossed_difference;
pub use holm::holm;
pub use mcnemar::mcnemar_exact;
pub use paired::{Paired, Test};
pub use permutation::sign_flip;
pub use student::mean_interval;
pub use two_level::two_level;

/// The seed of every resampling unless the caller gives another; shown with the results.
pub const SEED: u64 = 20_240_917;
