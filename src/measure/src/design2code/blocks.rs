//! Text blocks: where each text colour shows among the text pixels, and the colour the text really has there.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pixels::{PixelSet, Raster};

/// A piece of text on a page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Block {
    /// In lower case.
    pub text: String,
    /// Left, top, width, height, as fractions of the picture's width and height.
    pub bbox: [f64; 4],
    /// Mean red, green, blue, 0..=255: whole numbers until blocks of one box are averaged.
    pub color: [f64; 3],
}

impl Block {
    /// Width times height of the box.
    pub fn area(&self) -> f64 {
        self.bbox[2] * self.bbox[3]
    }
}

/// How far a channel may be from the text's colour.
const TOLERANCE: u8 = 4;

/// `get_blocks_from_image_diff_pixels`: one block per text whose colour shows, in the order of the texts.
///
/// `recolored` is the first recoloured picture, `original` the page as it is. Texts are dropped whose colour is no
/// hexadecimal number or less than 4 away from 0 or 255 in a channel (the original's bounds wrap around: nothing is
/// between them).
/// Where a text pixel lies outside `original` there is no block at all: the original's exception ends the search.
pub fn find_blocks(
    texts: &[(String, String)],
    recolored: Raster<'_>,
    original: Raster<'_>,
    pixels: &PixelSet,
) -> Vec<Block> {
    let colors: Vec<Option<[u8; 3]>> = texts.iter().map(|(_, color)| rgb(color)).collect();
    let mut spots: BTreeMap<[u8; 3], Spot> = BTreeMap::new();
    for color in colors.iter().flatten().filter(|color| color.iter().all(|c| (4..=251).contains(c))) {
        spots.entry(*color).or_default();
    }
    if !collect(&mut spots, recolored, original, pixels) {
        return Vec::new();
    }
    let block = |(text, _): &(String, String), color: &Option<[u8; 3]>| {
        let spot = spots.get(color.as_ref()?).filter(|spot| spot.count > 0)?;
        Some(spot.block(text.to_lowercase(), recolored.width, recolored.height))
    };
    texts.iter().zip(&colors).filter_map(|(text, color)| block(text, color)).collect()
}

/// Adds each pixel to the colours it is near to. False if one of them lies outside `original`.
fn collect(
    spots: &mut BTreeMap<[u8; 3], Spot>,
    recolored: Raster<'_>,
    original: Raster<'_>,
    pixels: &PixelSet,
) -> bool {
    let colors: Vec<[u8; 3]> = spots.keys().copied().collect();
    let cells = Cells::new(&colors);
    let mut found = vec![Spot::default(); colors.len()];
    for (x, y) in pixels.iter() {
        let shown = recolored.pixel(x, y);
        for &index in cells.at(shown) {
            if (0..3).all(|c| colors[index][c].abs_diff(shown[c]) <= TOLERANCE) {
                if x >= original.width || y >= original.height {
                    return false;
                }
                found[index].add(x, y, original.pixel(x, y));
            }
        }
    }
    spots.values_mut().zip(found).for_each(|(spot, found)| *spot = found);
    true
}

/// Which colours can be near a given one: a grid of 32 × 32 × 32 cells of 8 × 8 × 8 colours.
struct Cells(Vec<Vec<usize>>);

impl Cells {
    fn new(colors: &[[u8; 3]]) -> Self {
        let mut cells = vec![Vec::new(); 1 << 15];
        for (index, color) in colors.iter().enumerate() {
            let [r, g, b] = color.map(|c| (c - TOLERANCE) >> 3..=(c + TOLERANCE) >> 3);
            for cell in r.flat_map(|r| g.clone().map(move |g| (r, g))) {
                b.clone().for_each(|b| cells[Self::cell([cell.0, cell.1, b])].push(index));
            }
        }
        Self(cells)
    }

    fn cell([r, g, b]: [u8; 3]) -> usize {
        usize::from(r) << 10 | usize::from(g) << 5 | usize::from(b)
    }

    fn at(&self, color: [u8; 3]) -> &[usize] {
        &self.0[Self::cell(color.map(|c| c >> 3))]
    }
}

/// The pixels of one text colour.
#[derive(Clone, Copy, Default)]
struct Spot {
    count: u64,
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
    sum: [u64; 3],
}

impl Spot {
    fn add(&mut self, x: usize, y: usize, color: [u8; 3]) {
        if self.count == 0 {
            (self.left, self.right, self.top, self.bottom) = (x, x, y, y);
        }
        (self.left, self.right) = (self.left.min(x), self.right.max(x));
        (self.top, self.bottom) = (self.top.min(y), self.bottom.max(y));
        self.count += 1;
        (0..3).for_each(|c| self.sum[c] += u64::from(color[c]));
    }

    fn block(&self, text: String, width: usize, height: usize) -> Block {
        let (width, height) = (width as f64, height as f64);
        let bbox = [
            self.left as f64 / width,
            self.top as f64 / height,
            (self.right - self.left + 1) as f64 / width,
            (self.bottom - self.top + 1) as f64 / height,
        ];
        Block { text, bbox, color: self.sum.map(|sum| (sum / self.count) as f64) }
    }
}

/// The colour of six hexadecimal digits after any number of `#`; what follows them is ignored. As Python's `int`, each
/// pair may have white space around one digit or a plus before it.
fn rgb(color: &str) -> Option<[u8; 3]> {
    let digits: Vec<char> = color.trim_start_matches('#').chars().take(6).collect();
    let pair = |at: usize| {
        let pair: String = digits.get(at..(at + 2).min(digits.len()))?.iter().collect();
        u8::from_str_radix(pair.trim(), 16).ok()
    };
    Some([pair(0)?, pair(2)?, pair(4)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design2code::find_different_pixels;

    #[test]
    fn colours_are_read_as_python_reads_them() {
        assert_eq!(rgb("#FAFA8A"), Some([250, 250, 138]));
        assert_eq!(rgb("##0a0B0c99"), Some([10, 11, 12]));
        assert_eq!(rgb("#a +b c"), Some([10, 11, 12]));
        assert_eq!(rgb("#FAFA8"), Some([250, 250, 8]), "a single digit is a number, too");
        assert_eq!(rgb("#fff"), None);
        assert_eq!(rgb("#ggffff"), None);
    }

    /// Six pixels of text in two colours of the pool and one near black.
    fn shots() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let text = [[250; 3], [250, 248, 252], [10, 26, 42], [0, 0, 0], [90, 90, 90], [250, 250, 244]];
        let first: Vec<u8> = text.concat();
        let moved = first.iter().map(|c: &u8| c.wrapping_add(50)).collect();
        let original = [[1, 2, 3], [2, 3, 5], [9, 9, 9], [0; 3], [0; 3], [0; 3]].concat();
        (first, moved, original)
    }

    fn texts() -> Vec<(String, String)> {
        [
            ("One", "#FAFAFA"),
            ("Black", "#000000"),
            ("Two", "#0A1A2A"),
            ("Again", "#FAFAFA"),
            ("Absent", "#FA0A0A"),
        ]
        .map(|(text, color)| (text.to_owned(), color.to_owned()))
        .into()
    }

    #[test]
    fn a_block_is_the_box_and_the_truncated_mean_of_its_pixels() {
        let (first, moved, original) = shots();
        let [first, moved, original] = [&first, &moved, &original].map(|rgb| Raster::new(3, 2, rgb).unwrap());
        let pixels = find_different_pixels(first, moved).unwrap();
        let blocks = find_blocks(&texts(), first, original, &pixels);
        let names: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(names, ["one", "two", "again"], "black wraps around and is dropped");
        assert_eq!(blocks[0].bbox, [0.0, 0.0, 2.0 / 3.0, 0.5]);
        assert_eq!(blocks[0].color, [1.0, 2.0, 4.0]);
        assert_eq!(blocks[2].bbox, blocks[0].bbox);
    }

    #[test]
    fn a_text_pixel_outside_the_original_ends_the_search() {
        let (first, moved, original) = shots();
        let [first, moved] = [&first, &moved].map(|rgb| Raster::new(3, 2, rgb).unwrap());
        let pixels = find_different_pixels(first, moved).unwrap();
        let narrow = Raster::new(2, 3, &original).unwrap();
        assert_eq!(find_blocks(&texts(), first, narrow, &pixels), []);
    }
}
