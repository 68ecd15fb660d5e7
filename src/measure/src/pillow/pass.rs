//! One pass over one axis: integer weights, 8 bits in, 8 bits out.

use super::weights::Weights;

/// Resamples the rows of `width` pixels of `CHANNELS` bytes.
pub(super) fn across<const CHANNELS: usize>(pixels: &[u8], width: usize, weights: &Weights) -> Vec<u8> {
    let rows = pixels.len() / (width * CHANNELS);
    let mut out = Vec::with_capacity(rows * weights.taps.len() * CHANNELS);
    for row in pixels.chunks_exact(width * CHANNELS) {
        for (low, taps) in &weights.taps {
            let mut sums = [1i32 << (weights.bits - 1); CHANNELS];
            for (pixel, weight) in row[low * CHANNELS..].chunks_exact(CHANNELS).zip(taps) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*value) * weight;
                }
            }
            out.extend(sums.map(|sum| byte(sum, weights.bits)));
        }
    }
    out
}

/// Resamples the columns of rows of `stride` bytes.
pub(super) fn down(pixels: &[u8], stride: usize, weights: &Weights) -> Vec<u8> {
    let mut out = Vec::with_capacity(weights.taps.len() * stride);
    let mut sums = vec![0i32; stride];
    for (low, taps) in &weights.taps {
        sums.fill(1 << (weights.bits - 1));
        for (row, weight) in pixels[low * stride..].chunks_exact(stride).zip(taps) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += i32::from(*value) * weight;
            }
        }
        out.extend(sums.iter().map(|sum| byte(*sum, weights.bits)));
    }
    out
}

fn byte(sum: i32, bits: u32) -> u8 {
    (sum >> bits).clamp(0, 255) as u8
}
