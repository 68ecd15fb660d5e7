//! Block-EMD and EMS, the picture measures of Image2Struct (HELM, `vision_language/emd_utils.py`).
//!
//! Both pictures are shrunk to at most 100 patches of 8×8 pixels. A patch is a set of 64 weighted points (grey, x, y)
//! and the picture a set of weighted patches; moving a patch costs the EMD of its points plus its way. Background, the
//! most frequent colour of the reference, weighs a thousandth.
//!
//! The original compares float32, float64 and rounded greys with one another, so that a background pixel often counts
//! as foreground: which one does depends on its colour. [`patches`] repeats that type by type.

mod cost;
mod frequent;
mod patches;
mod shrink;

use crate::emd::Solver;
pub use frequent::most_frequent_colour;

/// Block-EMD of two RGB pictures of the same size; 0 for equal ones, not symmetric in them. `None` for empty ones.
///
/// # Panics
/// If a slice does not hold `width * height * 3` bytes.
pub fn block_emd(attempt: &[u8], reference: &[u8], width: usize, height: usize) -> Option<f32> {
    let bytes = width * height * 3;
    assert_eq!((attempt.len(), reference.len()), (bytes, bytes), "an RGB picture holds three bytes a pixel");
    let (attempt, size) = shrink::shrunk(attempt, width, height);
    let (reference, _) = shrink::shrunk(reference, width, height);
    let (colour, share) = most_frequent_colour(&reference)?;
    let background = patches::Background::of(colour);
    let mut first = patches::patches(&attempt, size, &background);
    let mut second = patches::patches(&reference, size, &background);
    if share > 0.5 {
        patches::without_background(&mut first, &mut second, &background);
    }
    let weights = patches::shared_weights(&first, &second);
    let mut solver = Solver::default();
    let cost = cost::matrix(&mut solver, &first, &second, &weights, size, &background)?;
    solver.distance(&weights, &weights, |i, j| cost[i * second.len() + j])
}

/// EMS: `1 − block_emd(attempt, reference) / block_emd(blank, reference)`, where the blank picture is white or black,
/// whichever is farther from the reference's most frequent colour. At most 1, and negative for an attempt that is
/// worse than blank.
///
/// # Panics
/// If a slice does not hold `width * height * 3` bytes.
pub fn ems(attempt: &[u8], reference: &[u8], width: usize, height: usize) -> Option<f64> {
    let nearest = f64::from(block_emd(attempt, reference, width, height)?);
    let farthest = f64::from(blank_emd(reference, width, height)?);
    (farthest != 0.0).then(|| 1.0 - nearest / farthest)
}

/// The distance of the reference from the blank picture of [`ems`], its denominator.
///
/// # Panics
/// If the slice does not hold `width * height * 3` bytes.
pub fn blank_emd(reference: &[u8], width: usize, height: usize) -> Option<f32> {
    let (colour, _) = most_frequent_colour(reference)?;
    let blank = if patches::grey(colour) < 127.0 { 255 } else { 0 };
    block_emd(&vec![blank; reference.len()], reference, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pictures_are_no_way_apart_and_blank_ones_score_nothing() {
        let mut picture = vec![255u8; 40 * 30 * 3];
        picture[600..900].fill(30);
        assert_eq!(block_emd(&picture, &picture, 40, 30), Some(0.0));
        assert_eq!(ems(&picture, &picture, 40, 30), Some(1.0));
        assert_eq!(ems(&[0; 40 * 30 * 3], &picture, 40, 30), Some(0.0));
        assert_eq!(ems(&[], &[], 0, 0), None);
    }
}
