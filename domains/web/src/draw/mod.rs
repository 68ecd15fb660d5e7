//! One picture of a judgement: the target, the render with its defects, and the source heated by its credit.
//!
//! The picture is a page itself ([`page`]), shown by our own browser: text needs fonts, and a browser has them. Whatever
//! comes from programs is escaped; the page runs no script like every other.

mod escape;
mod heat;
mod page;

pub use page::{Judged, WIDTH, page};
