//! The `galley` program: galley's commands over its built-in domains.

use std::process::ExitCode;

/// Training reuses large buffers every step; an allocator that keeps them saves most of the page faults.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    galley::cli::main(&galley::domains::builtin())
}
