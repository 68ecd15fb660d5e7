//! SSIM as Image2Struct reports it (HELM `ssim_similarity`).

use super::{gray, luma};

/// `(ssim + 1) / 2` of the grey pictures, in 0..=1; `None` where a side is below 7 pixels.
///
/// # Panics
/// If a slice does not hold `width * height * 3` bytes.
pub fn helm(a: &[u8], b: &[u8], width: usize, height: usize) -> Option<f64> {
    Some((gray(&luma(a), &luma(b), width, height)? + 1.0) / 2.0)
}
