//! The visual difference of two pictures: the first in pale grey, what differs in red.

use galley_core::Image;
use image::{ExtendedColorType, ImageEncoder, codecs::png};

/// Differences below this are noise of the rasteriser.
const FLOOR: u32 = 6;

/// As large as the larger of both in each direction; a pixel that only one has counts as different.
pub(crate) fn difference(a: &Image, b: &Image) -> Image {
    let (width, height) = (a.width.max(b.width), a.height.max(b.height));
    let mut rgb = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            rgb.extend(shade(at(a, x, y), at(b, x, y)));
        }
    }
    Image::new(width, height, rgb)
}

fn at(image: &Image, x: u32, y: u32) -> Option<[u8; 3]> {
    (x < image.width && y < image.height).then(|| image.pixel(x, y))
}

fn shade(a: Option<[u8; 3]>, b: Option<[u8; 3]>) -> [u8; 3] {
    let paper = a.or(b).map_or(255, luma);
    let pale = 200 + paper / 5;
    let gap = match (a, b) {
        (Some(a), Some(b)) => (0..3).map(|i| u32::from(a[i].abs_diff(b[i]))).max().unwrap_or(0),
        _ => 255,
    };
    if gap < FLOOR {
        return [pale; 3];
    }
    // From a light to a full red: the eye must find a small shift of colour as well as a missing block.
    let share = 0.35 + 0.65 * f64::from(gap) / 255.0;
    let blend = |to: f64| (f64::from(pale) * (1.0 - share) + to * share) as u8;
    [blend(214.0), blend(20.0), blend(40.0)]
}

fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000) as u8
}

/// As PNG.
pub(crate) fn encoded(image: &Image) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    png::PngEncoder::new_with_quality(&mut bytes, png::CompressionType::Fast, png::FilterType::Adaptive)
        .write_image(&image.rgb, image.width, image.height, ExtendedColorType::Rgb8)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pixels_are_grey_and_different_ones_red() {
        let a = Image::new(2, 1, vec![255, 255, 255, 0, 0, 0]);
        let b = Image::new(3, 1, vec![255, 255, 255, 0, 90, 0, 9, 9, 9]);
        let found = difference(&a, &b);
        assert_eq!((found.width, found.height, found.pixel(0, 0)), (3, 1, [251, 251, 251]));
        let reds = [found.pixel(1, 0), found.pixel(2, 0)];
        assert!(reds.iter().all(|[r, g, _]| r > g) && reds[0][1] > reds[1][1], "{reds:?}");
    }
}
