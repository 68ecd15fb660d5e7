//! The picture axis of the reward: its names, and the measures that need no network.

use std::borrow::Cow;

use galley_core::Image;
use galley_measure::{block_emd::ems, msps::msps, ssim};
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
    /// `(ssim + 1) / 2` of the grey pictures, as Image2Struct reports it.
    SsimHelm,
    /// SSIM of colours and closeness of pixels at 512×512, as VCoder has it.
    SsimVcoder,
    /// Earth mover's similarity of Image2Struct, negative values as 0.
    Ems,
    /// Cosine of CLIP embeddings; needs weights.
    Clip,
    /// `1 − LPIPS` with AlexNet; needs weights.
    LpipsAlex,
    /// `1 − LPIPS` with VGG16; needs weights.
    LpipsVgg,
    /// No picture axis.
    None,
}

impl Visual {
    /// The axis name; `None` where there is no axis.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Ssim => "ssim",
            Self::Msps => "msps",
            Self::SsimHelm => "ssim-helm",
            Self::SsimVcoder => "ssim-vcoder",
            Self::Ems => "ems",
            Self::Clip => "clip",
            Self::LpipsAlex => "lpips-alex",
            Self::LpipsVgg => "lpips-vgg",
            Self::None => return None,
        })
    }

    /// The name of the network that computes it, if one does.
    pub fn network(self) -> Option<&'static str> {
        self.name().filter(|_| matches!(self, Self::Clip | Self::LpipsAlex | Self::LpipsVgg))
    }
}

/// The side below which there is no SSIM window.
const LEAST_SIDE: u32 = 7;

/// Similarity in 0..=1, 1 for equal pictures; `None` for a measure that a network computes, and without one. The smaller
/// picture is padded with white on the right and below.
pub fn similarity(measure: Visual, a: &Image, b: &Image) -> Option<f64> {
    if measure == Visual::None || measure.network().is_some() {
        return None;
    }
    if a == b {
        return Some(1.0);
    }
    let width = a.width.max(b.width).max(LEAST_SIDE);
    let height = a.height.max(b.height).max(LEAST_SIDE);
    let (a, b) = (padded(a, width, height), padded(b, width, height));
    let (width, height) = (width as usize, height as usize);
    let value = match measure {
        Visual::Ssim => ssim::gray(&ssim::luma(&a), &ssim::luma(&b), width, height)?,
        Visual::Msps => msps(&a, &b, width, height),
        Visual::SsimHelm => ssim::helm(&a, &b, width, height)?,
        Visual::SsimVcoder => ssim::vcoder(&a, (width, height), &b, (width, height)).value(),
        Visual::Ems => ems(&a, &b, width, height)?,
        Visual::Clip | Visual::LpipsAlex | Visual::LpipsVgg | Visual::None => return None,
    };
    Some(value.clamp(0.0, 1.0))
}

/// The pixels of a picture on a white canvas of at least its size.
pub fn padded(image: &Image, width: u32, height: u32) -> Cow<'_, [u8]> {
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
        assert_eq!(similarity(Visual::Ssim, &small, &tall), Some(1.0));
        let dark = Image::filled(20, 30, [0; 3]);
        for measure in [Visual::Ssim, Visual::Msps, Visual::Ems] {
            let value = similarity(measure, &small, &dark).unwrap();
            assert!((0.0..0.1).contains(&value), "{measure:?}: {value}");
        }
    }

    #[test]
    fn tiny_pictures_are_compared_too() {
        let value =
            similarity(Visual::Ssim, &Image::filled(1, 1, [0; 3]), &Image::filled(2, 2, [255; 3])).unwrap();
        assert!((0.0..1.0).contains(&value));
    }

    #[test]
    fn every_name_is_the_recipes_and_networks_are_never_imitated() {
        let (black, white) = (Image::filled(9, 9, [0; 3]), Image::filled(9, 9, [255; 3]));
        for name in ["ssim", "msps", "ssim-helm", "ssim-vcoder", "ems", "clip", "lpips-alex", "lpips-vgg"] {
            let measure: Visual = serde_json::from_value(name.into()).unwrap();
            assert_eq!(measure.name(), Some(name));
            let value = similarity(measure, &black, &white);
            assert_eq!(value.is_none(), measure.network().is_some(), "{name}");
            assert!(value.is_none_or(|value| (0.0..=0.51).contains(&value)), "{name}: {value:?}");
        }
    }
}
