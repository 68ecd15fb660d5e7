//! What CLIP sees of a page: text painted over, squeezed into a square, 224 × 224 pixels.

use super::{
    inpaint::{inpaint, mask},
    pixels::Raster,
};
use crate::pillow::{Filter, resize};

/// A picture of [`View::SIDE`]² pixels of red, green, blue, before CLIP's normalisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub rgb: Vec<u8>,
}

impl View {
    /// Width and height in pixels.
    pub const SIDE: usize = 224;
}

/// `rescale_and_mask`, then openai-clip's own resize: the boxes (fractions of the page) are inpainted, the page is
/// resized to the square of its shorter side with Lanczos, whatever its shape, and that to 224 × 224 with bicubic.
pub fn clip_view(page: Raster<'_>, boxes: &[[f64; 4]]) -> View {
    let (width, height) = (page.width, page.height);
    let painted = (!boxes.is_empty()).then(|| inpaint(page, &mask(width, height, boxes)));
    let rgb = painted.as_deref().unwrap_or(page.rgb);
    let side = width.min(height);
    let square = resize::<3>(rgb, (width, height), (side, side), Filter::Lanczos);
    View { rgb: resize::<3>(&square, (side, side), (View::SIDE, View::SIDE), Filter::Bicubic) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_vanishes_from_a_plain_page() {
        let mut page = vec![200; 40 * 30 * 3];
        page[(15 * 40 + 12) * 3..][..30].fill(0);
        let page = Raster::new(40, 30, &page).unwrap();
        let near = |view: &View| view.rgb.iter().all(|channel| channel.abs_diff(200) < 4);
        let view = clip_view(page, &[[0.25, 0.25, 0.5, 0.5]]);
        assert!(view.rgb.len() == 224 * 224 * 3 && near(&view));
        assert!(!near(&clip_view(page, &[])));
    }
}
