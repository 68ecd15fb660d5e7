//! OpenCV's picture filters on float32, bit for bit where a published measure thresholds what they return.
//!
//! [`gray`] is `cvtColor(BGR2GRAY)` on bytes, [`gaussian_blur`] `GaussianBlur` with sigma 0, [`box_mean`] a normalised
//! `boxFilter` with reflected borders. OpenCV 5.0 on a processor with fused multiply-add; builds without it differ in the
//! last bit of some pixels.

mod box_mean;
mod gaussian;
mod gray;

pub use box_mean::box_mean;
pub use gaussian::gaussian_blur;
pub use gray::gray;

/// A picture of one float32 a pixel, rows first.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    pub values: Vec<f32>,
}

impl Plane {
    /// # Panics
    /// If `values` does not hold `width * height` numbers.
    pub fn new(width: usize, height: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len(), width * height, "a plane holds one number a pixel");
        Self { width, height, values }
    }

    fn row(&self, y: usize) -> &[f32] {
        &self.values[y * self.width..(y + 1) * self.width]
    }
}

/// Where a place outside `0..length` is read.
#[derive(Clone, Copy)]
enum Border {
    /// `fedcba|abcdefgh`.
    Reflect,
    /// `gfedcb|abcdefgh`: the edge is not repeated.
    Reflect101,
}

impl Border {
    fn at(self, mut place: isize, length: usize) -> usize {
        let length = length as isize;
        if length == 1 {
            return 0;
        }
        let repeated = match self {
            Self::Reflect => 1,
            Self::Reflect101 => 0,
        };
        while !(0..length).contains(&place) {
            place = if place < 0 { -place - repeated } else { 2 * length - 2 - place + repeated };
        }
        place as usize
    }

    /// The places of a window of `size` around every place of `0..length`, `size / 2` before the first to the last after.
    fn places(self, length: usize, size: usize) -> Vec<usize> {
        let before = (size / 2) as isize;
        (0..length + size - 1).map(|at| self.at(at as isize - before, length)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `cv2.borderInterpolate`.
    #[test]
    fn borders_are_read_as_opencv_reads_them() {
        let read = |border: Border, length| (-4..6).map(|at| border.at(at, length)).collect::<Vec<_>>();
        assert_eq!(read(Border::Reflect, 4), [3, 2, 1, 0, 0, 1, 2, 3, 3, 2]);
        assert_eq!(read(Border::Reflect101, 4), [2, 3, 2, 1, 0, 1, 2, 3, 2, 1]);
        assert_eq!(read(Border::Reflect, 1), [0; 10]);
    }
}
