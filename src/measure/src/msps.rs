//! Multi-scale pixel similarity (tcz/rb-msps, `image-comparison.py`, "Reverse Browser").
//!
//! `1 − mean_i mse_i` over a pyramid of 2×2 means, from the full size down to a side of one pixel. Pixels are float32
//! in 0..=1 as in the original; squared differences are summed in float64, which moves the result by less than 1e-6.

/// MSPS in 0..=1 of two RGB pictures of the same size; 1 for equal ones (and for empty ones).
///
/// # Panics
/// If a slice does not hold `width * height * 3` bytes.
pub fn msps(a: &[u8], b: &[u8], width: usize, height: usize) -> f64 {
    let levels = mse_levels(a, b, width, height);
    if levels.is_empty() { 1.0 } else { 1.0 - levels.iter().sum::<f64>() / levels.len() as f64 }
}

/// The mean squared error of each scale, full size first.
///
/// # Panics
/// If a slice does not hold `width * height * 3` bytes.
pub fn mse_levels(a: &[u8], b: &[u8], width: usize, height: usize) -> Vec<f64> {
    let bytes = width * height * 3;
    assert_eq!((a.len(), b.len()), (bytes, bytes), "an RGB picture holds three bytes a pixel");
    let mut levels = Vec::new();
    if bytes == 0 {
        return levels;
    }
    let unit = |picture: &[u8]| picture.iter().map(|byte| f32::from(*byte) / 255.0).collect();
    let (mut a, mut b): (Vec<f32>, Vec<f32>) = (unit(a), unit(b));
    let (mut width, mut height) = (width, height);
    loop {
        levels.push(mse(&a, &b));
        if width == 1 || height == 1 {
            return levels;
        }
        (a, b) = (halved(&a, width, height), halved(&b, width, height));
        (width, height) = (width / 2, height / 2);
    }
}

fn mse(a: &[f32], b: &[f32]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| {
        let difference = f64::from(a - b);
        difference * difference
    });
    squares.sum::<f64>() / a.len() as f64
}

/// `avg_pool2d(2)`: an odd last row or column is dropped.
fn halved(picture: &[f32], width: usize, height: usize) -> Vec<f32> {
    let mut half = Vec::with_capacity((width / 2) * (height / 2) * 3);
    for y in 0..height / 2 {
        let upper = &picture[2 * y * width * 3..][..width * 3];
        let lower = &picture[(2 * y + 1) * width * 3..][..width * 3];
        for (above, below) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            for c in 0..3 {
                half.push((above[c] + above[c + 3] + below[c] + below[c + 3]) / 4.0);
            }
        }
    }
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_white_share_nothing_at_any_scale() {
        assert_eq!(msps(&[0; 36], &[255; 36], 4, 3), 0.0);
        assert_eq!(mse_levels(&[0; 36], &[255; 36], 4, 3).len(), 2);
        assert_eq!(msps(&[7; 36], &[7; 36], 4, 3), 1.0);
    }
}
