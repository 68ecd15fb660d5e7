//! Pillow's picture arithmetic, bit for bit: `Image.resize` and `Image.convert("L")` on 8-bit pixels.
//!
//! Almost every published measure begins with a Pillow resize, and a resize that rounds otherwise moves every number
//! after it. [`resize`] does what Pillow 13 does: one pass per axis, each with weights rounded to 22 bits and a result
//! rounded to 8. Pillow 13 runs the pass first that makes the work smaller, older ones always begin with the columns;
//! so does [`Dialect::Torchvision`], torchvision's antialiased resize of uint8 tensors with its 16-bit weights.

mod filter;
mod luma;
mod nearest;
mod pass;
mod resize;
mod weights;

pub use filter::Filter;
pub use luma::luma;
pub use resize::{resize, resize_with};
pub use weights::Dialect;
