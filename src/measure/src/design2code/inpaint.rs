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
    if page.width < 2 || page.height < 2 {
        return page.rgb.to_vec();
    }
    let Some((mut march, mut front)) = March::around(mask, page.width, page.height) else {
        return page.rgb.to_vec();
    };
    let mut canvas = Canvas::new(page);
    while let Some(at) = front.pop() {
        for next in march.neighbours(at) {
            if march.inside[next] {
                march.t[next] = distance(&march.t, &march.inside, next, march.columns);
                canvas.fill(&march, next);
                march.inside[next] = false;
                front.push(next, march.t[next]);
            }
        }
    }
    canvas.rgb()
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
const RANGE: i32 = 3;

/// A value per channel; the fourth is unused.
type Channels = [f32; 4];

/// The picture that is filled; the grid of the march is one pixel larger on each side.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<[u8; 4]>,
    reach: Vec<Reach>,
}

/// A pixel near enough to count.
struct Reach {
    down: i32,
    right: i32,
    /// The weight of its distance.
    near: f32,
}

impl Canvas {
    fn new(page: Raster<'_>) -> Self {
        let pixels = page.rgb.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2], 0]).collect();
        let mut reach = Vec::new();
        for (down, right) in (-RANGE..=RANGE).flat_map(|y| (-RANGE..=RANGE).map(move |x| (y, x))) {
            let length = down * down + right * right;
            if (1..=RANGE * RANGE).contains(&length) {
                let length = f64::from(length);
                reach.push(Reach { down, right, near: (1.0 / (length * length.sqrt())) as f32 });
            }
        }
        Self { width: page.width, height: page.height, pixels, reach }
    }

    fn rgb(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()
    }

    /// Paints the unknown pixel at `center` of the grid.
    fn fill(&mut self, march: &March, center: usize) {
        let (row, column) = ((center / march.columns) as i32, (center % march.columns) as i32);
        let slope = [march.slope(center, 1), march.slope(center, march.columns)];
        let mut sums = Sums::default();
        for Reach { down, right, near } in &self.reach {
            let (k, l) = ((row + down) as usize, (column + right) as usize);
            // A negative row or column has become a huge one.
            if k.wrapping_sub(1) >= self.height || l.wrapping_sub(1) >= self.width {
                continue;
            }
            let at = k * march.columns + l;
            if !march.inside[at] {
                let offset = [-right as f32, -down as f32];
                let weight = weight(*near, offset, slope, march.t[at] - march.t[center]);
                sums.add(weight, self.pixels[(k - 1) * self.width + l - 1]);
                let sides = self.sides(march, at, k - 1, l - 1);
                sides.iter().zip(offset).enumerate().for_each(|(axis, (side, offset))| {
                    sums.bend(axis, weight, offset, side);
                });
            }
        }
        self.pixels[(row as usize - 1) * self.width + column as usize - 1] = sums.color();
    }

    /// What the gradient at the known pixel `at` of the grid, which is `(y, x)` of the picture, is made of. In the
    /// first and last row and column it is that of one pixel further inwards.
    fn sides(&self, march: &March, at: usize, y: usize, x: usize) -> [Sides; 2] {
        let (above, below) = (y + usize::from(y == 0), y - usize::from(y + 1 == self.height));
        let (before, after) = (x + usize::from(x == 0), x - usize::from(x + 1 == self.width));
        let known = |at: usize| usize::from(!march.inside[at]);
        let (left, right) = (known(at - 1), known(at + 1));
        let (up, down) = (known(at - march.columns), known(at + march.columns));
        let pixel = |y: usize, x: usize| self.pixels[y * self.width + x];
        [
            Sides { to: pixel(above, after + right), from: pixel(above, before - left), known: left + right },
            Sides { to: pixel(below + down, before), from: pixel(above - up, before), known: up + down },
        ]
    }
}

/// The pixels between which a gradient is taken, and how many of the two neighbours are known: the gradient is that
/// many times the difference.
struct Sides {
    to: [u8; 4],
    from: [u8; 4],
    known: usize,
}

/// How much a known pixel counts: by its distance, by its level of T and by its direction.
fn weight(near: f32, offset: [f32; 2], slope: [f32; 2], rise: f32) -> f32 {
    let level = (1.0 / (1.0 + f64::from(rise.abs()))) as f32;
    let along = offset[0] * slope[0] + offset[1] * slope[1];
    let along = if f64::from(along.abs()) <= 0.01 { 0.000_001 } else { along };
    (near * level * along).abs()
}

/// The weighted sums of a fill.
struct Sums {
    value: Channels,
    gradient: [Channels; 2],
    weight: f32,
}

impl Default for Sums {
    fn default() -> Self {
        Self { value: [0.0; 4], gradient: [[0.0; 4]; 2], weight: 1.0e-20 }
    }
}

impl Sums {
    fn add(&mut self, weight: f32, value: [u8; 4]) {
        let value = value.map(f32::from);
        (0..4).for_each(|c| self.value[c] += weight * value[c]);
        self.weight += weight;
    }

    fn bend(&mut self, axis: usize, weight: f32, offset: f32, sides: &Sides) {
        if sides.to == sides.from {
            return;
        }
        let (to, from) = (sides.to.map(f32::from), sides.from.map(f32::from));
        for c in 0..4 {
            self.gradient[axis][c] -= weight * ((to[c] - from[c]) * sides.known as f32 * offset);
        }
    }

    /// Mean plus normalised gradient plus one half, rounded to even.
    fn color(&self) -> [u8; 4] {
        std::array::from_fn(|c| {
            let [x, y] = self.gradient.map(|gradient| gradient[c]);
            let bend = (x + y) / ((x * x + y * y).sqrt() + 1.0e-20);
            (self.value[c] / self.weight + bend + 0.5).round_ties_even() as u8
        })
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
