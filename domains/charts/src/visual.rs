//! The picture axis of the reward that needs no network.

use std::borrow::Cow;

use galley_core::Image;
use galley_measure::{msps::msps, ssim};
use serde::{Deserialize, Serialize};

/// What compares two pictures; its name is the name of the axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visual {
    /// Structural similarity of the grey pictures, negative values as 0.
    #[default]
    Ssim,
    /// Multi-scale pixel similarity.
    Msps,
    /// No picture axis.
    None,
}

impl Visual {
    /// The axis name; `None` where there is no axis.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Ssim => Some("ssim"),
            Self::Msps => Some("msps"),
            Self::None => None,
        }
    }
}

/// The side below which there is no SSIM window.
const LEAST_SIDE: u32 = 7;

/// Similarity in 0..=1, 1 for equal pictures. The smaller picture is padded with white on the right and below.
pub fn similarity(measure: Visual, a: &Image, b: &Image) -> f64 {
    if measure == Visual::None || a == b {
        return 1.0;
    }
    let width = a.width.max(b.width).max(LEAST_SIDE);
    let height = a.height.max(b.height).max(LEAST_SIDE);
    let (a, b) = (padded(a, width, height), padded(b, width, height));
    let (width, height) = (width as usize, height as usize);
    match measure {
        Visual::Ssim => ssim::gray(&ssim::luma(&a), &ssim::luma(&b), width, height).unwrap_or(1.0).max(0.0),
        Visual::Msps => msps(&a, &b, width, height),
        Visual::None => 1.0,
    }
}

/// The pixels of a picture on a white canvas of at least its size.
pub(crate) fn padded(image: &Image, width: u32, height: u32) -> Cow<'_, [u8]> {
    if (image.width, image.height) == (width, height) {
        return Cow::Borrowed(&image.rgb);
    }
    let mut rgb = vec![255; width as usize * height as usize * 3];
    if image.width == 0 {
        return Cow::Owned(rgb);
    }
    let (own, all) = (image.width as usize * 3, width as usize * 3);
    for (row, target) in image.rgb.chunks_exact(own).zip(rgb.chunks_exact_mut(all)) {
        target[..own].copy_from_slice(row);
    }
    Cow::Owned(rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_of_different_size_are_padded_with_white() {
        let small = Image::filled(20, 10, [255; 3]);
        let tall = Image::filled(20, 30, [255; 3]);
        assert_eq!(similarity(Visual::Ssim, &small, &tall), 1.0);
        let dark = Image::filled(20, 30, [0; 3]);
        for measure in [Visual::Ssim, Visual::Msps] {
            let value = similarity(measure, &small, &dark);
            assert!((0.0..0.1).contains(&value), "{measure:?}: {value}");
        }
    }

    #[test]
    fn tiny_pictures_are_compared_too() {
        let value = similarity(Visual::Ssim, &Image::filled(1, 1, [0; 3]), &Image::filled(2, 2, [255; 3]));
        assert!((0.0..1.0).contains(&value));
    }
}
