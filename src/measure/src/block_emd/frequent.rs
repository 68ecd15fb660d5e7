//! The background colour.

/// The most frequent colour of RGB pixels, the lowest among equally frequent ones, and its share; `None` without pixels.
pub fn most_frequent_colour(rgb: &[u8]) -> Option<([u8; 3], f64)> {
    let code = |pixel: &[u8]| u32::from_be_bytes([0, pixel[0], pixel[1], pixel[2]]);
    // Runs of equal pixels first: pages are mostly flat, and sorting is what takes the time.
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for pixel in rgb.chunks_exact(3) {
        match runs.last_mut() {
            Some((colour, length)) if *colour == code(pixel) => *length += 1,
            _ => runs.push((code(pixel), 1)),
        }
    }
    runs.sort_unstable_by_key(|run| run.0);
    let mut best = (0, 0u64);
    for same in runs.chunk_by(|a, b| a.0 == b.0) {
        let count = same.iter().map(|run| u64::from(run.1)).sum();
        if count > best.1 {
            best = (same[0].0, count);
        }
    }
    let [_, r, g, b] = u32::to_be_bytes(best.0);
    (best.1 > 0).then(|| ([r, g, b], best.1 as f64 / (rgb.len() / 3) as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_of_the_most_frequent() {
        assert_eq!(most_frequent_colour(&[9, 0, 0, 1, 2, 3, 9, 0, 0, 1, 2, 3]), Some(([1, 2, 3], 0.5)));
        assert_eq!(most_frequent_colour(&[]), None);
    }
}
