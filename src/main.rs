//! The `galley` program: galley's commands over its built-in domains.

use std::{ffi::c_long, process::ExitCode};

/// Training reuses large buffers every step; an allocator that keeps them saves most of the page faults.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    /// Of mimalloc.
    fn mi_option_set(option: i32, value: c_long);
}

/// `mi_option_purge_delay`; -1 keeps freed memory, which the next training step needs again.
const PURGE_DELAY: i32 = 15;

#[expect(
    clippy::disallowed_methods,
    reason = "candle reads its thread count from the environment alone; no thread runs yet"
)]
fn main() -> ExitCode {
    // SAFETY: the allocator of this program is mimalloc; the call only sets a number.
    unsafe { mi_option_set(PURGE_DELAY, -1) };
    // candle's own pool spins between element-wise operations; the policy's kernels do their work on rayon's.
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var("CANDLE_NUM_THREADS", "1") };
    galley::cli::main(&galley::domains::builtin())
}
