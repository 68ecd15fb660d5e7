//! The picture similarity of VCoder (amaljoe/vision-coder, `compute_ssim`): half SSIM of colours, half closeness of pixels.

use super::gray;
use crate::pillow::{Filter, resize};

/// The side of the square at which pictures are compared.
const SIDE: usize = 512;

/// The two halves; their mean is the similarity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vcoder {
    /// Mean SSIM of the three channels, in −1..=1.
    pub ssim: f64,
    /// `1 − mean |difference| / 255`.
    pub pixel: f64,
}

impl Vcoder {
    pub fn value(self) -> f64 {
        0.5 * self.ssim + 0.5 * self.pixel
    }
}

/// Of two RGB pictures of any size (width, height): both become 512×512 (Lanczos), their shapes are not kept.
///
/// # Panics
/// If a slice does not hold three bytes a pixel.
pub fn vcoder(a: &[u8], a_size: (usize, usize), b: &[u8], b_size: (usize, usize)) -> Vcoder {
    let square = |rgb, size| resize::<3>(rgb, size, (SIDE, SIDE), Filter::Lanczos);
    let (a, b) = (square(a, a_size), square(b, b_size));
    let channel = |rgb: &[u8], at: usize| -> Vec<u8> { rgb.chunks_exact(3).map(|pixel| pixel[at]).collect() };
    let ssim = (0..3).filter_map(|at| gray(&channel(&a, at), &channel(&b, at), SIDE, SIDE));
    let apart: u64 = a.iter().zip(&b).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    Vcoder { ssim: ssim.sum::<f64>() / 3.0, pixel: 1.0 - apart as f64 / a.len() as f64 / 255.0 }
}
