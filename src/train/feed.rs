//! Preparing the next steps' data while the current one is computed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc::{Receiver, sync_channel},
};

/// The results of `make(first), make(first + 1), …, make(end − 1)` in order, made on one background thread, at most two
/// ahead. `make` is a function of the step alone, so what is prepared ahead is what would have been prepared in time.
pub struct Feed<T> {
    receiver: Receiver<T>,
    stopped: Arc<AtomicBool>,
}

impl<T: Send + 'static> Feed<T> {
    pub fn new(steps: std::ops::Range<u64>, make: impl Fn(u64) -> T + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(2);
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = stopped.clone();
        std::thread::spawn(move || {
            for step in steps {
                if stop.load(Ordering::Relaxed) || sender.send(make(step)).is_err() {
                    return;
                }
            }
        });
        Self { receiver, stopped }
    }

    /// The next step's data; `None` behind the last.
    pub fn next(&self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> Drop for Feed<T> {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_end() {
        let feed = Feed::new(3..6, |step| step * 10);
        assert_eq!(
            [feed.next(), feed.next(), feed.next(), feed.next()],
            [Some(30), Some(40), Some(50), None]
        );
    }
}
