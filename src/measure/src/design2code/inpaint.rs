//! Painting over: Telea's fast-marching inpainting with radius 3, bit for bit as OpenCV 5.0 computes it on 8-bit RGB.
//!
//! A. Telea, "An image inpainting technique based on the fast marching method" (2004). The unknown pixels are filled
//! from the rim inwards, in the order of their distance T from it; each becomes a weighted mean of the known pixels
//! around it plus a term from their gradients. Kept as in OpenCV: single precision where it is single, and gradients
//! that are taken one pixel further inwards at the border.

use super::{
    march::{March, distance},
    pixels::Raster,
};

/// `cv2.inpaint(page, mask, 3, INPAINT_TELEA)`: the RGB bytes of the page with the marked pixels painted over.
///
/// A page of a single row or column, where OpenCV reads outside the picture, stays as it is.
///
/// # Panics
/// If `mask` does not hold one flag per pixel.
pub fn inpaint(page: Raster<'_>, mask: &[bool]) -> Vec<u8> {
    assert_eq!(mask.len(), page.width * page.height, "a mask holds a flag per pixel");
    let mut rgb = page.rgb.to_vec();
    if page.width < 2 || page.height < 2 {
        return rgb;
    }
    let Some((mut march, mut front)) = March::around(mask, page.width, page.height) else {
        return rgb;
    };
    let canvas = Canvas { width: page.width, height: page.height };
    while let Some(at) = front.pop() {
        for next in march.neighbours(at) {
            if !march.inside[next] {
                continue;
            }
            let (row, column) = (next / march.columns, next % march.columns);
            march.t[next] = distance(&march.t, &march.inside, next, march.columns);
            let color = canvas.color(&rgb, &march, row, column);
            let pixel = ((row - 1) * page.width + column - 1) * 3;
            rgb[pixel..pixel + 3].copy_from_slice(&color);
            march.inside[next] = false;
            front.push(next, march.t[next]);
        }
    }
    rgb
}

/// The mask of boxes given as fractions of the page: left, top, width, height, each rounded down to pixels.
pub fn mask(width: usize, height: usize, boxes: &[[f64; 4]]) -> Vec<bool> {
    let mut mask = vec![false; width * height];
    for &[x, y, w, h] in boxes {
        let (left, top) = ((x * width as f64) as usize, (y * height as f64) as usize);
        let right = (left + (w * width as f64) as usize).min(width);
        let bottom = (top + (h * height as f64) as usize).min(height);
        for y in top..bottom {
            mask[y * width + left.min(right)..y * width + right].fill(true);
        }
    }
    mask
}

/// The reach of a fill, in pixels.
const RANGE: usize = 3;

/// The picture that is filled; the grid of the march is one pixel larger on each side.
struct Canvas {
    width: usize,
    height: usize,
}

impl Canvas {
    /// The colour of the unknown pixel at `(row, column)` of the grid.
    fn color(&self, rgb: &[u8], march: &March, row: usize, column: usize) -> [u8; 3] {
        let columns = march.columns;
        let center = row * columns + column;
        let slope = [march.slope(center, 1), march.slope(center, columns)];
        let mut sums = [Sums::default(); 3];
        for k in row.saturating_sub(RANGE).max(1)..=(row + RANGE).min(self.height) {
            for l in column.saturating_sub(RANGE).max(1)..=(column + RANGE).min(self.width) {
                let offset = [column as f32 - l as f32, row as f32 - k as f32];
                let at = k * columns + l;
                let length = offset[0] * offset[0] + offset[1] * offset[1];
                if march.inside[at] || length > (RANGE * RANGE) as f32 {
                    continue;
                }
                let weight = weight(offset, length, slope, march.t[at] - march.t[center]);
                let sample = self.sample(march, k, l);
                for (channel, sums) in sums.iter_mut().enumerate() {
                    sums.add(weight, offset, sample.read(&rgb[channel..]));
                }
            }
        }
        sums.map(|sums| sums.color())
    }

    /// Where to read the known pixel `(k, l)` of the grid and the pixels on both sides of it. In the first and last
    /// row and column the gradient is that of the next one inwards.
    fn sample(&self, march: &March, k: usize, l: usize) -> Sample {
        let (above, below) = (k - 1 + usize::from(k == 1), k - 1 - usize::from(k == self.height));
        let (before, after) = (l - 1 + usize::from(l == 1), l - 1 - usize::from(l == self.width));
        let pixel = |row: usize, column: usize| (row * self.width + column) * 3;
        let known = |at: usize| !march.inside[at];
        let at = k * march.columns + l;
        let here = pixel(above, before);
        let x = match (known(at + 1), known(at - 1)) {
            (true, true) => (pixel(above, after + 1), pixel(above, before - 1), 2.0),
            (true, false) => (pixel(above, after + 1), here, 1.0),
            (false, true) => (pixel(above, after), pixel(above, before - 1), 1.0),
            (false, false) => (here, here, 0.0),
        };
        let y = match (known(at + march.columns), known(at - march.columns)) {
            (true, true) => (pixel(below + 1, before), pixel(above - 1, before), 2.0),
            (true, false) => (pixel(below + 1, before), here, 1.0),
            (false, true) => (pixel(below, before), pixel(above - 1, before), 1.0),
            (false, false) => (here, here, 0.0),
        };
        Sample { value: pixel(k - 1, l - 1), gradient: [x, y] }
    }
}

/// How much a known pixel counts: by its distance, by its level of T and by its direction.
fn weight(offset: [f32; 2], length: f32, slope: [f32; 2], rise: f32) -> f32 {
    let near = (1.0 / (f64::from(length) * f64::from(length).sqrt())) as f32;
    let level = (1.0 / (1.0 + f64::from(rise.abs()))) as f32;
    let along = offset[0] * slope[0] + offset[1] * slope[1];
    let along = if f64::from(along.abs()) <= 0.01 { 0.000_001 } else { along };
    (near * level * along).abs()
}

/// Byte positions of a pixel, and per axis of the two pixels whose difference, times a factor, is the gradient.
struct Sample {
    value: usize,
    gradient: [(usize, usize, f32); 2],
}

impl Sample {
    /// The value and the gradient in one channel.
    fn read(&self, channel: &[u8]) -> (f32, [f32; 2]) {
        let gradient = self
            .gradient
            .map(|(to, from, factor)| f32::from(i16::from(channel[to]) - i16::from(channel[from])) * factor);
        (f32::from(channel[self.value]), gradient)
    }
}

/// The weighted sums of one channel.
#[derive(Clone, Copy)]
struct Sums {
    value: f32,
    gradient: [f32; 2],
    weight: f32,
}

impl Default for Sums {
    fn default() -> Self {
        Self { value: 0.0, gradient: [0.0; 2], weight: 1.0e-20 }
    }
}

impl Sums {
    fn add(&mut self, weight: f32, offset: [f32; 2], (value, gradient): (f32, [f32; 2])) {
        self.value += weight * value;
        for axis in 0..2 {
            self.gradient[axis] -= weight * (gradient[axis] * offset[axis]);
        }
        self.weight += weight;
    }

    /// Mean plus normalised gradient plus one half, rounded to even.
    fn color(self) -> u8 {
        let [x, y] = self.gradient;
        let bend = (x + y) / ((x * x + y * y).sqrt() + 1.0e-20);
        (self.value / self.weight + bend + 0.5).round_ties_even() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_cut_to_whole_pixels_within_the_page() {
        let found = mask(4, 3, &[[0.3, 0.4, 0.5, 0.34], [0.75, 0.0, 1.0, 0.4]]);
        let expected = [0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0];
        assert_eq!(found, expected.map(|flag| flag == 1));
    }

    /// The columns 4..8 of the rows 0..6 of a 12 × 10 gradient, as OpenCV 5.0.0 fills them.
    const FILLED: [[u8; 12]; 6] = [
        [40, 56, 220, 44, 76, 218, 50, 136, 218, 51, 165, 220],
        [32, 55, 226, 44, 91, 218, 46, 111, 218, 42, 157, 226],
        [54, 54, 205, 60, 92, 204, 62, 112, 204, 66, 157, 205],
        [77, 54, 182, 83, 94, 180, 84, 112, 181, 89, 157, 180],
        [104, 58, 151, 120, 88, 140, 125, 120, 140, 116, 155, 153],
        [129, 63, 127, 136, 92, 125, 140, 124, 124, 139, 152, 128],
    ];

    #[test]
    fn a_hole_at_the_border_is_filled_as_opencv_fills_it() {
        let mut rgb: Vec<u8> = (0..120)
            .flat_map(|at| [at * 2, at % 12 * 20, 255 - at / 12 * 25].map(|c: usize| c as u8))
            .collect();
        let expected: Vec<u8> = (0..120)
            .flat_map(|at: usize| match (at / 12, at % 12) {
                (y @ 0..6, x @ 4..8) => FILLED[y][(x - 4) * 3..][..3].to_vec(),
                _ => rgb[at * 3..at * 3 + 3].to_vec(),
            })
            .collect();
        let mask: Vec<bool> = (0..120).map(|at| (4..8).contains(&(at % 12)) && at < 72).collect();
        for (at, _) in mask.iter().enumerate().filter(|(_, marked)| **marked) {
            rgb[at * 3..at * 3 + 3].fill(255);
        }
        assert_eq!(inpaint(Raster::new(12, 10, &rgb).unwrap(), &mask), expected);
    }

    #[test]
    fn nothing_marked_or_everything_marked_changes_nothing() {
        let rgb: Vec<u8> = (0..75).collect();
        let page = Raster::new(5, 5, &rgb).unwrap();
        assert_eq!(inpaint(page, &[false; 25]), rgb);
        assert_eq!(inpaint(page, &[true; 25]), rgb);
    }
}
