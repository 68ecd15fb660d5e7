//! Runs independent work on several threads and says how far it is.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// `work(0)..work(count)` on at most `workers` threads; the results in order. Progress goes to the log every second.
pub fn map_indices<T: Send>(
    what: &str,
    count: usize,
    workers: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let progress = Progress { what, count, state: Mutex::new((0, Instant::now())) };
    let results = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        for _ in 0..workers.max(1).min(count) {
            scope.spawn(|| {
                while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|i| *i < count) {
                    let result = work(index);
                    results.lock().push((index, result));
                    progress.one_more();
                }
            });
        }
    });
    let mut results = results.into_inner();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

struct Progress<'a> {
    what: &'a str,
    count: usize,
    /// How many are done, and when that was last said.
    state: Mutex<(usize, Instant)>,
}

impl Progress<'_> {
    fn one_more(&self) {
        let mut state = self.state.lock();
        state.0 += 1;
        if state.1.elapsed() >= Duration::from_secs(1) {
            state.1 = Instant::now();
            tracing::info!(done = state.0, of = self.count, "{}", self.what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        let squares: Vec<usize> = (0..100).map(|i| i * i).collect();
        for workers in [0, 1, 7, 200] {
            assert_eq!(map_indices("squares", 100, workers, |i| i * i), squares);
        }
        assert!(map_indices("nothing", 0, 4, |i| i).is_empty());
    }
}
