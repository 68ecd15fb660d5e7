//! What of the target is not on the attempt's picture, and which literal of the target's program says it.
//!
//! [`pairs`](pairs::pairs) finds the artists that stand for one another, [`mismatches`] compares them, and
//! [`Literals`](literals::Literals) finds the places in the target's program that made them what they are: a teacher that
//! shows those and nothing else tells just what is wrong.

mod compare;
mod data;
mod facts;
mod limits;
mod literals;
mod pairs;

pub use compare::{Mismatch, mismatches};
