//! What CLIP does to a picture before the network sees it.

use galley_core::Image;
use galley_measure::pillow::{Filter, resize};

const MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const DEVIATION: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// The input of a network of `side` pixels, channel by channel: `3 × side × side` numbers.
pub fn preprocess(image: &Image, side: usize) -> Vec<f32> {
    normalised(&centre(image, side))
}

/// The RGB pixels of the middle square, after the shorter side became `side` pixels (bicubic).
pub(super) fn centre(image: &Image, side: usize) -> Vec<u8> {
    let (width, height) = (image.width as usize, image.height as usize);
    let short = width.min(height).max(1);
    let to = |length: usize| if length == short { side } else { side * length / short };
    let size = (to(width).max(side), to(height).max(side));
    let rgb = resize::<3>(&image.rgb, (width, height), size, Filter::Bicubic);
    let (left, top) = (offset(size.0, side), offset(size.1, side));
    let rows = (top..top + side).map(|y| &rgb[(y * size.0 + left) * 3..][..side * 3]);
    rows.flatten().copied().collect()
}

/// Half of what is cut off, rounded to even as Python rounds.
fn offset(length: usize, side: usize) -> usize {
    ((length - side) as f64 / 2.0).round_ties_even() as usize
}

/// `(byte / 255 − mean) / deviation`, channel by channel.
pub(super) fn normalised(rgb: &[u8]) -> Vec<f32> {
    let channel = |at: usize| {
        let values = rgb.iter().skip(at).step_by(3);
        values.map(move |byte| (f32::from(*byte) / 255.0 - MEAN[at]) / DEVIATION[at])
    };
    (0..3).flat_map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_longer_side_is_kept() {
        let mut wide = Image::filled(6, 2, [10; 3]);
        for y in 0..2 {
            for x in 2..4 {
                wide.rgb[(y * 6 + x) * 3..][..3].copy_from_slice(&[200, 100, 50]);
            }
        }
        assert_eq!(centre(&wide, 2), [200, 100, 50].repeat(4));
        assert_eq!(preprocess(&wide, 2)[0], (200.0f32 / 255.0 - MEAN[0]) / DEVIATION[0]);
        assert_eq!((offset(5, 2), offset(7, 2)), (2, 2));
    }
}
