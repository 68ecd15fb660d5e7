//! Looking after a runs directory: what is wrong in it (`fsck`), and what in it nobody needs any more (`gc`).

mod fsck;
mod gc;

pub use fsck::{Finding, fsck, repair};
pub use gc::{Collection, Garbage, MediaRule, gc};
