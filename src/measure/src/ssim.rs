//! Structural similarity of two grey pictures, equal to scikit-image's default.
//!
//! `skimage.metrics.structural_similarity(a, b)` on uint8: 7×7 uniform window, sample covariance, K1 = 0.01,
//! K2 = 0.03, data range 255, mean over the windows that lie wholly inside (Wang et al. 2004). Window sums are exact
//! integers here, so the result differs from skimage's only by the rounding of float64.
//!
//! Pages are mostly flat, and that is what makes it fast: a row of windows whose seven rows repeat the rows above has
//! the same sum, and one whose seven rows are equal in both pictures sums to its length.

mod helm;
mod vcoder;

pub use crate::pillow::luma;
pub use helm::helm;
pub use vcoder::{Vcoder, vcoder};

const WINDOW: usize = 7;

/// Mean SSIM in −1..=1 of two pictures of the same size, one byte a pixel; `None` where a side is below 7 pixels.
///
/// # Panics
/// If a slice does not hold `width * height` bytes.
pub fn gray(a: &[u8], b: &[u8], width: usize, height: usize) -> Option<f64> {
    assert_eq!((a.len(), b.len()), (width * height, width * height), "a grey picture holds one byte a pixel");
    if width < WINDOW || height < WINDOW {
        return None;
    }
    let rows: Vec<RowKind> = (0..height).map(|y| RowKind::of(a, b, width, y)).collect();
    let across = width - WINDOW + 1;
    let down = height - WINDOW + 1;
    let mut sums = ColumnSums::new(width);
    let (mut total, mut previous) = (0.0, 0.0);
    for top in 0..down {
        let window = &rows[top..top + WINDOW];
        if top == 0 || !window.iter().all(|row| row.repeats) {
            previous = if window.iter().all(|row| row.equal) {
                across as f64
            } else {
                sums.move_to(a, b, top);
                sums.row_total()
            };
        }
        total += previous;
    }
    Some(total / (across as f64 * down as f64))
}

/// What is known of one row of both pictures before any arithmetic.
struct RowKind {
    /// In each picture it is a copy of the row above.
    repeats: bool,
    /// It is the same in both pictures.
    equal: bool,
}

impl RowKind {
    fn of(a: &[u8], b: &[u8], width: usize, y: usize) -> Self {
        Self {
            repeats: y > 0
                && row(a, width, y) == row(a, width, y - 1)
                && row(b, width, y) == row(b, width, y - 1),
            equal: row(a, width, y) == row(b, width, y),
        }
    }
}

fn row(picture: &[u8], width: usize, y: usize) -> &[u8] {
    &picture[y * width..(y + 1) * width]
}

/// Sums over seven rows for every column of the two pictures: values, squares and products.
struct ColumnSums {
    width: usize,
    /// The first of the seven rows, once anything was summed.
    top: Option<usize>,
    x: Vec<u32>,
    y: Vec<u32>,
    /// `x² + y²`: SSIM needs the variances only as their sum.
    squares: Vec<u32>,
    products: Vec<u32>,
}

impl ColumnSums {
    fn new(width: usize) -> Self {
        let zeros = || vec![0; width];
        Self { width, top: None, x: zeros(), y: zeros(), squares: zeros(), products: zeros() }
    }

    /// Makes the sums those of rows `top..top + 7`: a step down adds one row and removes one.
    fn move_to(&mut self, a: &[u8], b: &[u8], top: usize) {
        match self.top {
            Some(at) if at + WINDOW > top => {
                for y in at..top {
                    self.add::<false>(a, b, y);
                    self.add::<true>(a, b, y + WINDOW);
                }
            }
            _ => {
                for sums in [&mut self.x, &mut self.y, &mut self.squares, &mut self.products] {
                    sums.fill(0);
                }
                for y in top..top + WINDOW {
                    self.add::<true>(a, b, y);
                }
            }
        }
        self.top = Some(top);
    }

    fn add<const PLUS: bool>(&mut self, a: &[u8], b: &[u8], y: usize) {
        let range = y * self.width..(y + 1) * self.width;
        let step = |sum: &mut u32, value: u32| {
            *sum = if PLUS { sum.wrapping_add(value) } else { sum.wrapping_sub(value) };
        };
        let sums = self.x.iter_mut().zip(&mut self.y).zip(&mut self.squares).zip(&mut self.products);
        for ((((x, y), square), product), (a, b)) in sums.zip(a[range.clone()].iter().zip(&b[range])) {
            let (a, b) = (u32::from(*a), u32::from(*b));
            step(x, a);
            step(y, b);
            step(square, a * a + b * b);
            step(product, a * b);
        }
    }

    /// Sum of the SSIM of every window of the row.
    fn row_total(&self) -> f64 {
        let windows = self
            .x
            .windows(WINDOW)
            .zip(self.y.windows(WINDOW))
            .zip(self.squares.windows(WINDOW).zip(self.products.windows(WINDOW)));
        windows.map(|((x, y), (squares, products))| ssim(sum(x), sum(y), sum(squares), sum(products))).sum()
    }
}

fn sum(values: &[u32]) -> f64 {
    f64::from(values.iter().sum::<u32>())
}

/// SSIM of one window of its sums.
fn ssim(x: f64, y: f64, squares: f64, products: f64) -> f64 {
    const COUNT: f64 = (WINDOW * WINDOW) as f64;
    const C1: f64 = (0.01 * 255.0) * (0.01 * 255.0);
    const C2: f64 = (0.03 * 255.0) * (0.03 * 255.0);
    // n·Σv² − (Σv)² is an exact integer; over n(n − 1) it is the sample covariance.
    let spread = COUNT * squares - x * x - y * y;
    let shared = COUNT * products - x * y;
    let scale = 1.0 / (COUNT * (COUNT - 1.0));
    let (mean, means) = (x * y / (COUNT * COUNT), (x * x + y * y) / (COUNT * COUNT));
    ((2.0 * mean + C1) * (2.0 * shared * scale + C2)) / ((means + C1) * (spread * scale + C2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pictures_score_one_and_small_ones_nothing() {
        let picture: Vec<u8> = (0..100u32).map(|at| (at * 37 % 251) as u8).collect();
        assert_eq!(gray(&picture, &picture, 10, 10), Some(1.0));
        assert_eq!(gray(&picture[..60], &picture[..60], 10, 6), None);
    }

    #[test]
    fn shortcuts_do_not_change_the_number() {
        let (width, height) = (20, 40);
        let flat = |y: usize, x: usize| if (8..30).contains(&y) && x > 5 { 200 } else { 10u8 };
        let a: Vec<u8> = (0..width * height).map(|at| flat(at / width, at % width)).collect();
        let mut b = a.clone();
        b[33 * width + 4] = 90;
        for y in 12..24 {
            b[y * width + 9] = 7;
        }
        let mut sums = ColumnSums::new(width);
        let mut total = 0.0;
        for top in 0..=height - WINDOW {
            sums.move_to(&a, &b, top);
            total += sums.row_total();
        }
        let plain = total / ((width - 6) * (height - 6)) as f64;
        assert!((gray(&a, &b, width, height).unwrap() - plain).abs() < 1e-12);
    }
}
