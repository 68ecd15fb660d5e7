//! Ctrl-C: finish the step, save, and say how to go on.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Counts requests to stop; cheap to clone and to ask.
#[derive(Clone, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Listens to Ctrl-C and SIGTERM. The first asks the run to stop after its step, the second ends the process at once.
    pub fn listen() -> Self {
        let interrupt = Self::default();
        let counter = interrupt.0.clone();
        let set = ctrlc::set_handler(move || {
            if counter.fetch_add(1, Ordering::SeqCst) > 0 {
                std::process::exit(130);
            }
            eprintln!("\nstopping after this step; press Ctrl-C again to stop at once");
        });
        if let Err(error) = set {
            tracing::warn!("Ctrl-C will not save a checkpoint: {error}");
        }
        interrupt
    }

    pub fn requested(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    /// Asks to stop, as Ctrl-C does.
    pub fn request(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}
