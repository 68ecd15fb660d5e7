//! AeSlides' share of a slide that has content near it (`whitespace.py`).
//!
//! A pixel counts as content where the grey values around it, blurred, spread by more than 2.5: the window is 201 pixels
//! wide and 151 high, so a heading fills much of the space around it. One minus the share is the whitespace of the paper.

use galley_core::Image;
use galley_measure::opencv::{Plane, box_mean, gaussian_blur, gray};

/// The width of the pictures that the published sizes belong to.
const WIDTH: f64 = 1280.0;
const BLUR: f64 = 21.0;
const WINDOW: [f64; 2] = [201.0, 151.0];
/// Spreads are cut here and divided by it.
const CLIP: f32 = 50.0;
const THRESHOLD: f32 = 0.05;
/// What is left out at the top, the bottom, the left and the right.
const CROP: [f64; 4] = [0.15, 0.1, 0.1, 0.1];

/// Shares of pixels with content, in 0..=1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Content {
    pub full: f64,
    /// Without title and margins: the part that AeSlides rewards.
    pub crop: f64,
}

/// Of a picture, with the published sizes: the official number for pictures 1280 pixels wide.
pub fn content(image: &Image) -> Content {
    measured(image, BLUR as usize, WINDOW.map(|size| size as usize))
}

/// The same with sizes in proportion to the width, for pictures that are smaller or larger. **Ours**: at 1280 pixels it is
/// the official number, elsewhere an estimate of what that would be.
pub fn scaled_content(image: &Image) -> Content {
    let scale = f64::from(image.width) / WIDTH;
    let odd = |size: f64, least: usize| (((size * scale).round() as usize) | 1).max(least);
    measured(image, odd(BLUR, 11), WINDOW.map(|size| odd(size, 3)))
}

fn measured(image: &Image, blur: usize, [across, down]: [usize; 2]) -> Content {
    let (width, height) = (image.width as usize, image.height as usize);
    if width == 0 || height == 0 {
        return Content::default();
    }
    let grey = Plane::new(width, height, gray(&image.rgb).into_iter().map(f32::from).collect());
    let blurred = gaussian_blur(&grey, blur);
    let squares = Plane::new(width, height, blurred.values.iter().map(|value| value * value).collect());
    let (mean, square) = (box_mean(&blurred, (across, down)), box_mean(&squares, (across, down)));
    let busy: Vec<bool> =
        mean.values.iter().zip(&square.values).map(|(&mean, &square)| is_busy(mean, square)).collect();
    Content { full: share(&busy, width, 0..height, 0..width), crop: cropped(&busy, width, height) }
}

fn is_busy(mean: f32, square: f32) -> bool {
    let spread = (square - mean * mean).max(0.0).sqrt();
    spread.clamp(0.0, CLIP) / CLIP > THRESHOLD
}

fn cropped(busy: &[bool], width: usize, height: usize) -> f64 {
    let [top, bottom, left, right] = CROP;
    let range = |size: usize, before: f64, after: f64| {
        (size as f64 * before) as usize..(size as f64 * (1.0 - after)) as usize
    };
    share(busy, width, range(height, top, bottom), range(width, left, right))
}

fn share(busy: &[bool], width: usize, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> f64 {
    let all = rows.len() * columns.len();
    let row = |y: usize| &busy[y * width + columns.start..y * width + columns.end];
    let busy: usize = rows.map(|y| row(y).iter().filter(|busy| **busy).count()).sum();
    if all == 0 { 0.0 } else { busy as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_slide_is_all_whitespace_and_a_striped_one_has_none() {
        let mut image = Image::filled(320, 180, [240; 3]);
        assert_eq!(scaled_content(&image), Content::default());
        for (at, byte) in image.rgb.iter_mut().enumerate() {
            *byte = if at / 3 % 40 < 20 { 0 } else { 255 };
        }
        assert_eq!(scaled_content(&image), Content { full: 1.0, crop: 1.0 });
    }

    #[test]
    fn a_picture_without_room_for_the_crop_is_no_panic() {
        for (width, height) in [(1, 1), (2, 3), (0, 0)] {
            let image = Image::filled(width, height, [9; 3]);
            assert_eq!(content(&image), Content::default());
        }
    }
}
