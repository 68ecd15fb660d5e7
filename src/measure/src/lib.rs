//! Pure metrics: no I/O, no tensors, no clock.
