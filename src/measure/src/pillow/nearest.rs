//! The filter without weights: each target pixel is the source pixel under its centre.

/// `to.0 × to.1` pixels of `CHANNELS` bytes out of `from.0 × from.1` (width, height).
pub(super) fn nearest<const CHANNELS: usize>(
    pixels: &[u8],
    from: (usize, usize),
    to: (usize, usize),
) -> Vec<u8> {
    let (columns, rows) = (sources(from.0, to.0), sources(from.1, to.1));
    let mut out = Vec::with_capacity(to.0 * to.1 * CHANNELS);
    for row in rows {
        for column in &columns {
            let at = (row * from.0 + column) * CHANNELS;
            out.extend_from_slice(&pixels[at..at + CHANNELS]);
        }
    }
    out
}

/// The source index of each target index. Pillow adds the step up instead of multiplying: so does this, rounding
/// included.
fn sources(from: usize, to: usize) -> Vec<usize> {
    let step = from as f64 / to as f64;
    let mut centre = step * 0.5;
    let mut indices = Vec::with_capacity(to);
    for _ in 0..to {
        indices.push((centre as usize).min(from - 1));
        centre += step;
    }
    indices
}
