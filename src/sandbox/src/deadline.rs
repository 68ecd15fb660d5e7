//! A point in time after which nobody waits any more.

use std::time::{Duration, Instant};

/// Made once at the start of a piece of work and handed to everything that waits on its behalf.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// `budget` from now; absurdly long budgets count as a year.
    pub fn after(budget: Duration) -> Self {
        let year = Duration::from_secs(365 * 24 * 3600);
        Self(Instant::now() + budget.min(year))
    }

    /// What is left of it; zero once it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub fn passed(self) -> bool {
        self.left().is_zero()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_of_zero_has_passed_and_an_endless_one_has_not() {
        assert!(Deadline::after(Duration::ZERO).passed());
        assert!(!Deadline::after(Duration::MAX).passed());
    }
}
