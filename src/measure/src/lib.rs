//! Pure metrics: no I/O, no tensors, no clock, no dependency but serde.
//!
//! Each module is one published measure, ported so that it agrees with the original on the same input; the tests hold
//! numbers that the originals printed. Pictures are plain bytes, matrices are row-major slices: this package knows
//! nothing of galley.

pub mod assignment;
pub mod blank;
pub mod block_emd;
pub mod chartmimic;
pub mod color;
pub mod correlation;
pub mod design2code;
pub mod dice;
pub mod difflib;
pub mod emd;
pub mod msps;
pub mod opencv;
pub mod pillow;
pub mod ssim;
