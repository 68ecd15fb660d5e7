//! Gaussian blur with the spread that OpenCV derives from the size of the kernel.

use super::{Border, Plane};

/// `GaussianBlur(plane, (size, size), 0)` with the border `REFLECT_101`: a pass along the rows from left to right, then one
/// along the columns from the middle outwards, every step one fused multiply-add.
///
/// # Panics
/// If `size` is even or below 11: smaller kernels are tables in OpenCV.
pub fn gaussian_blur(plane: &Plane, size: usize) -> Plane {
    let kernel = kernel(size);
    columns(&rows(plane, &kernel), &kernel)
}

/// The weights of one axis.
fn kernel(size: usize) -> Vec<f32> {
    assert!(size % 2 == 1 && size >= 11, "a kernel of {size} is none of this kind");
    let sigma = 0.15 * size as f64 + 0.35;
    let half = size / 2;
    let falling = |away: usize| (-0.5 * (away * away) as f64 / (sigma * sigma)).exp();
    let sum = 2.0 * (1..=half).rev().map(falling).sum::<f64>() + 1.0;
    (0..size).map(|at| (falling(at.abs_diff(half)) / sum) as f32).collect()
}

/// `a * b + c` with one rounding. The product of two float32 is exact in float64, and its sum with a third is rounded twice
/// only where it falls on the middle between two float32.
fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

fn rows(plane: &Plane, kernel: &[f32]) -> Plane {
    let places = Border::Reflect101.places(plane.width, kernel.len());
    let mut values = Vec::with_capacity(plane.values.len());
    let mut sum = vec![0.0; plane.width];
    for y in 0..plane.height {
        let row: Vec<f32> = places.iter().map(|&x| plane.row(y)[x]).collect();
        sum.iter_mut().zip(&row).for_each(|(sum, value)| *sum = value * kernel[0]);
        for (at, &weight) in kernel.iter().enumerate().skip(1) {
            sum.iter_mut().zip(&row[at..]).for_each(|(sum, &value)| *sum = fused(value, weight, *sum));
        }
        values.extend_from_slice(&sum);
    }
    Plane::new(plane.width, plane.height, values)
}

fn columns(plane: &Plane, kernel: &[f32]) -> Plane {
    let half = kernel.len() / 2;
    let places = Border::Reflect101.places(plane.height, kernel.len());
    let mut values = Vec::with_capacity(plane.values.len());
    let mut sum = vec![0.0; plane.width];
    for y in 0..plane.height {
        let row = |at: usize| plane.row(places[y + at]);
        sum.iter_mut().zip(row(half)).for_each(|(sum, value)| *sum = value * kernel[half]);
        for away in 1..=half {
            let weight = kernel[half + away];
            let pairs = row(half - away).iter().zip(row(half + away));
            sum.iter_mut()
                .zip(pairs)
                .for_each(|(sum, (above, below))| *sum = fused(above + below, weight, *sum));
        }
        values.extend_from_slice(&sum);
    }
    Plane::new(plane.width, plane.height, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_picture_stays_flat() {
        let flat = Plane::new(30, 3, vec![200.0; 90]);
        assert!(gaussian_blur(&flat, 21).values.iter().all(|value| (value - 200.0).abs() < 1e-4));
    }
}
