//! Which pixels are text: those whose colour moved by 50 when the text colours did.

/// A picture: `height * width` pixels of red, green, blue, row by row.
#[derive(Clone, Copy, Debug)]
pub struct Raster<'a> {
    pub width: usize,
    pub height: usize,
    pub rgb: &'a [u8],
}

impl<'a> Raster<'a> {
    /// `None` unless there are `width * height * 3` bytes and at least one pixel.
    pub fn new(width: usize, height: usize, rgb: &'a [u8]) -> Option<Self> {
        (!rgb.is_empty() && width.checked_mul(height)?.checked_mul(3)? == rgb.len()).then_some(Self {
            width,
            height,
            rgb,
        })
    }

    pub(super) fn pixel(&self, x: usize, y: usize) -> [u8; 3] {
        let at = (y * self.width + x) * 3;
        [self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]]
    }
}

/// Pixels of one picture, as `(x, y)` in the order of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PixelSet {
    pixels: Vec<(u32, u32)>,
}

impl PixelSet {
    /// How many.
    pub fn len(&self) -> usize {
        self.pixels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// `(x, y)` of each, row by row.
    pub fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pixels.iter().map(|&(x, y)| (x as usize, y as usize))
    }
}

/// What the colours are moved by between the two recoloured pages (modulo 256).
const SHIFT: u8 = 50;
/// How far a channel may be from the moved one. The distance does not wrap around.
const TOLERANCE: u8 = 8;

/// `find_different_pixels`: the pixels of `moved` that are those of `first` plus 50 within 8, in every channel.
///
/// `None` where the original gives none: pictures of different sizes, or no such pixel.
pub fn find_different_pixels(first: Raster<'_>, moved: Raster<'_>) -> Option<PixelSet> {
    if (first.width, first.height) != (moved.width, moved.height) {
        return None;
    }
    let stride = first.width * 3;
    let mut near = vec![0u8; stride];
    let mut pixels = Vec::new();
    for (y, (a, b)) in first.rgb.chunks_exact(stride).zip(moved.rgb.chunks_exact(stride)).enumerate() {
        for ((flag, a), b) in near.iter_mut().zip(a).zip(b) {
            *flag = u8::from(a.wrapping_add(SHIFT).abs_diff(*b) <= TOLERANCE);
        }
        let hits = near.chunks_exact(3).enumerate().filter(|(_, flags)| flags[0] & flags[1] & flags[2] == 1);
        pixels.extend(hits.map(|(x, _)| (x as u32, y as u32)));
    }
    (!pixels.is_empty()).then_some(PixelSet { pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_wraps_and_the_distance_does_not() {
        let first = [250, 250, 250, 250, 250, 250, 0, 0, 0, 206, 206, 206];
        let moved = [44, 44, 44, 52, 36, 44, 50, 59, 50, 255, 255, 255];
        let raster = |rgb| Raster::new(2, 2, rgb).unwrap();
        let found = find_different_pixels(raster(&first), raster(&moved)).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), [(0, 0), (1, 0)], "0 and 255 are far apart");
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn nothing_moved_or_other_sizes_give_nothing() {
        let white = [255; 12];
        let (square, row) = (Raster::new(2, 2, &white).unwrap(), Raster::new(4, 1, &white).unwrap());
        assert_eq!(find_different_pixels(square, square), None);
        assert_eq!(find_different_pixels(square, row), None);
        assert!(Raster::new(2, 3, &white).is_none());
    }
}
