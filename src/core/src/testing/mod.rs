//! What every domain must keep, and a small domain to test with.
//!
//! A domain's tests call [`laws::check`]; [`toy`] is a complete domain without tools of the outside world, for tests of
//! everything above the contract and as an example to copy.

pub mod laws;
pub mod toy;
